import { join } from 'node:path';
import { createAuthority } from './certificates.ts';
import { type EcrStandIn, startEcrStandIn } from './ecr-stand-in.ts';
import { buildImage, buildIndex } from './image.ts';
import { startProxy } from './proxy.ts';
import { startRegistry } from './registry.ts';
import type { TemporaryHome } from './temporary-home.ts';

export interface TypicalRegistries extends AsyncDisposable {
  /** Leads every client to the stand-ins under the real hosts' names, with nothing looked up. */
  readonly env: Readonly<Record<string, string>>;
  readonly aws: EcrStandIn;
}

const ecrHost = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';
const accessKeyId = 'AKIAIOSFODNN7EXAMPLE';
const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const ecrToken = 'token-of-ecr';

/** Sets that log in to them, by name. */
export const typicalSets = {
  ACR: { server: 'mycompany.azurecr.io', user: 'acr-user', password: 'acr-password' },
  DOCKERHUB: { server: 'docker.io', user: 'someone', password: 'hub-password' },
  ECR: { server: ecrHost, user: accessKeyId, password: secretAccessKey },
  GHCR: { server: 'ghcr.io', user: 'octocat', password: 'ghp-password' },
} as const;

/** ACR, Docker Hub, GHCR and an ECR registry as one server behind a proxy, and AWS. `now` is AWS's clock. */
export async function startTypicalRegistries(
  home: TemporaryHome,
  now: () => number = Date.now,
): Promise<TypicalRegistries> {
  const authority = await createAuthority('Stand-in CA');
  const names = ['mycompany.azurecr.io', 'registry-1.docker.io', 'ghcr.io', ecrHost].map(
    (name) => `DNS:${name}`,
  );
  const { ACR, DOCKERHUB, GHCR } = typicalSets;
  const [registry, aws] = await Promise.all([
    startRegistry({
      tls: await authority.issue(names),
      users: {
        [ACR.user]: ACR.password,
        [DOCKERHUB.user]: DOCKERHUB.password,
        [GHCR.user]: GHCR.password,
        AWS: ecrToken,
      },
      repositories: {
        'team/app': { tags: { '1.2': buildIndex(['amd64', 'arm64']) } },
        'octo-org/private': { tags: { '1': buildImage() }, readers: [] },
      },
    }),
    startEcrStandIn({ keys: [{ accessKeyId, secretAccessKey }], password: ecrToken, now }),
  ]);
  const proxy = await startProxy({ target: registry.host });
  const ca = home.write('ca.crt', authority.cert);
  return {
    env: {
      HTTPS_PROXY: `http://${proxy.host}`,
      NO_PROXY: '.corp.example',
      NODE_EXTRA_CA_CERTS: ca,
      AWS_ENDPOINT_URL_ECR: aws.url,
      REGISTRY_LOGIN_SECRETS_DIR: join(home.path, 'no-secrets'),
    },
    aws,
    async [Symbol.asyncDispose]() {
      await Promise.all([proxy.close(), registry.close(), aws.close(), authority.remove()]);
    },
  };
}

/** The variables of typical sets, and of others. */
export function variablesOf(
  sets: Readonly<Record<string, { server: string; user: string; password: string }>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(sets).flatMap(([name, { server, user, password }]) => [
      [`${name}_CONTAINER_REGISTRY_SERVER`, server],
      [`${name}_CONTAINER_REGISTRY_USER`, user],
      [`${name}_CONTAINER_REGISTRY_PASSWORD`, password],
    ]),
  );
}
