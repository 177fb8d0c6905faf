import { createAuthority } from '../../support/certificates.ts';
import { startEcrStandIn, type EcrStandIn, type StandInKey } from '../../support/ecr-stand-in.ts';
import { startIsolatedEngine, type IsolatedEngine } from './isolated-engine.ts';
import { startPrivateRegistry, type PrivateRegistry } from './private-registry.ts';
import { secretVariables } from './secret-variables.ts';

const region = 'eu-central-1';
const account = '123456789012';

export interface EcrAccount extends AsyncDisposable {
  readonly server: string;
  /** `AKIA…` and its secret key. */
  readonly key: StandInKey;
  readonly registry: PrivateRegistry;
  readonly engine: IsolatedEngine;
  readonly api: EcrStandIn;
  /** A private image, as every client names it. */
  readonly image: string;
  /** The set of secrets `ECR`, and what is needed to find the API and to trust it. */
  readonly variables: Readonly<Record<string, string>>;
  /** From now on tokens have another password, which lives so long; the registry accepts no older one. Milliseconds. */
  rotate(password: string, lifeMs?: number): Promise<void>;
}

/**
 * An account of Amazon ECR on this machine: docker-registry with TLS under the registry's real name, the API that issues its passwords,
 * and an engine that knows the name and trusts the CA.
 */
export async function startEcrAccount(password: string): Promise<EcrAccount> {
  const server = `${account}.dkr.ecr.${region}.amazonaws.com`;
  const key = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'planted/secret+key', account };
  const started: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const close of started.toReversed()) await close();
  };
  try {
    const authority = await createAuthority();
    started.push(() => authority.remove());
    const engine = await startIsolatedEngine({ hosts: [server], authority: authority.cert });
    started.push(async () => await engine[Symbol.asyncDispose]());
    const registry = await startPrivateRegistry(
      { username: 'AWS', password },
      {
        server,
        address: `${engine.address}:443`,
        certificate: await authority.issue([`DNS:${server}`]),
        enter: engine.enter,
        engineSocket: engine.socket,
      },
    );
    started.push(async () => await registry[Symbol.asyncDispose]());
    const tls = await authority.issue([`IP:${engine.gateway}`]);
    const api = await startEcrStandIn({
      keys: [key],
      region,
      accounts: [account],
      password,
      host: engine.gateway,
      tls,
    });
    started.push(() => api.close());
    return {
      server,
      key,
      registry,
      engine,
      api,
      image: await registry.pushHello(),
      variables: {
        AWS_ENDPOINT_URL_ECR: api.url,
        NODE_EXTRA_CA_CERTS: `/etc/docker/certs.d/${server}/ca.crt`,
        ...secretVariables('ECR', { server, username: key.accessKeyId, password: key.secretAccessKey }),
      },
      async rotate(next, lifeMs = 12 * 3600 * 1000) {
        await registry.setPassword(next);
        api.setPassword(next);
        api.setTokenLife(lifeMs);
      },
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
