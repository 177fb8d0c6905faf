/**
 * Runs registry-login in the situations that the documentation shows, and gives what it printed.
 *
 * The program is real, and so is every byte that it sends; the registries, AWS and GitHub are the tests' own on loopback. A proxy leads every
 * registry's name to them, so nothing leaves this machine.
 */
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { createAuthority } from '../test/support/certificates.ts';
import { startEcrStandIn } from '../test/support/ecr-stand-in.ts';
import { startGithubStandIn } from '../test/support/github-stand-in.ts';
import { buildImage } from '../test/support/image.ts';
import { startProxy } from '../test/support/proxy.ts';
import { startRegistry } from '../test/support/registry.ts';

const ecrHost = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const key = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const passwords = { 'acr-user': 'acr-password', octocat: 'ghcr-token', AWS: 'ecr-token' };

type Environment = Readonly<Record<string, string>>;

function set(name: string, server: string, user: string, password?: string): Record<string, string> {
  return {
    [`${name}_CONTAINER_REGISTRY_SERVER`]: server,
    [`${name}_CONTAINER_REGISTRY_USER`]: user,
    ...(password === undefined ? {} : { [`${name}_CONTAINER_REGISTRY_PASSWORD`]: password }),
  };
}

const acr = set('ACR', 'mycompany.azurecr.io', 'acr-user', passwords['acr-user']);
const ghcr = set('GHCR', 'ghcr.io', 'octocat', passwords.octocat);
const ecr = set('ECR', ecrHost, key.accessKeyId, key.secretAccessKey);

/** Credential helpers on PATH. The second one says what it says on a machine without a desktop. */
const helpers = { 'registry-login': '', secretservice: 'Cannot autolaunch D-Bus without X11 $DISPLAY' };

function homeRemoval(home: string): () => Promise<void> {
  return () => rm(home, { recursive: true, force: true });
}

/** What each example of the documentation prints, by its name: the command, then its output. */
export async function runExamples(): Promise<Map<string, string>> {
  const cleanUps: (() => Promise<void>)[] = [];
  try {
    return await runAll((cleanUp) => cleanUps.push(cleanUp));
  } finally {
    for (const cleanUp of cleanUps.toReversed()) await cleanUp();
  }
}

async function runAll(defer: (cleanUp: () => Promise<void>) => void): Promise<Map<string, string>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'registry-login-docs-'));
  defer(() => rm(folder, { recursive: true, force: true }));
  const authority = await createAuthority('Example CA');
  defer(() => authority.remove());
  const names = ['mycompany.azurecr.io', 'ghcr.io', 'harbor.example.com', ecrHost];
  const registry = await startRegistry({
    auth: 'basic',
    users: passwords,
    tls: await authority.issue(names.map((name) => `DNS:${name}`)),
    repositories: {
      'team/app': { tags: { '1.2': buildImage() } },
      'team/secret': { tags: { latest: buildImage() }, readers: ['somebody-else'] },
    },
  });
  defer(() => registry.close());
  const apiHost = 'api.ecr.eu-west-1.amazonaws.com';
  const aws = await startEcrStandIn({
    keys: [key],
    password: passwords.AWS,
    tls: await authority.issue([`DNS:${apiHost}`]),
  });
  defer(() => aws.close());
  const proxy = await startProxy({
    target: (host) => (host === `${apiHost}:443` ? `127.0.0.1:${aws.port}` : registry.host),
  });
  defer(() => proxy.close());
  const github = await startGithubStandIn({
    token: 'ghp_example',
    repository: 'octocat/project',
    user: { secrets: [] },
    repositorySecrets: {
      secrets: ['SERVER', 'USER', 'PASSWORD'].map((part) => ({
        name: `HARBOR_CONTAINER_REGISTRY_${part}`,
        updatedAt: '2026-01-05T09:00:00Z',
      })),
    },
  });
  defer(() => github.close());
  const certificate = path.join(folder, 'ca.crt');
  await writeFile(certificate, authority.cert);

  const network: Environment = {
    HTTPS_PROXY: `http://${proxy.host}`,
    NO_PROXY: '127.0.0.1',
    NODE_EXTRA_CA_CERTS: certificate,
  };
  const bin = path.join(folder, 'bin');
  await mkdir(bin);
  for (const [helper, says] of Object.entries(helpers)) {
    const file = path.join(bin, `docker-credential-${helper}`);
    await writeFile(file, `#!/bin/sh\necho '${says}'\nexit 1\n`);
    await chmod(file, 0o755);
  }

  const printed = new Map<string, string>();
  let home = '';
  const newHome = async (config?: unknown): Promise<void> => {
    // As long as the name that is shown, so that lines break where they would.
    home = await mkdtemp('/tmp/v');
    defer(homeRemoval(home));
    if (config === undefined) return;
    await mkdir(path.join(home, '.docker'));
    const text = typeof config === 'string' ? config : JSON.stringify(config);
    await writeFile(path.join(home, '.docker/config.json'), text, { mode: 0o600 });
  };
  const run = async (command: string, env: Environment): Promise<string> => {
    const [, ...args] = command.split(' ');
    const { all, exitCode } = await execa(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', path.join(import.meta.dirname, '../src/main.ts'), ...args],
      {
        all: true,
        reject: false,
        stdin: 'ignore',
        extendEnv: false,
        env: {
          ...network,
          HOME: home,
          PATH: bin,
          REGISTRY_LOGIN_SECRETS_DIR: path.join(folder, 'none'),
          ...env,
        },
        timeout: 60_000,
      },
    );
    const text = all
      .replaceAll(home, '/home/vscode')
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '2026-11-23T09:00:00.000Z');
    if (exitCode === undefined) throw new Error(`${command} did not end:\n${text}`);
    return `$ ${command}\n${text.trimEnd()}`;
  };
  const show = async (name: string, command: string, env: Environment): Promise<void> => {
    printed.set(name, await run(command, env));
  };

  await newHome();
  await show('login', 'registry-login', {
    ...acr,
    ...ecr,
    ...set('GHCR', 'ghcr.io', 'octocat', 'an old token'),
    ...set('HARBOR', 'harbor.example.com', 'robot$ci'),
  });
  const config = await readFile(path.join(home, '.docker/config.json'), 'utf8');
  printed.set('config', config.trimEnd().replaceAll(/("auth": )"[^"]*"/g, '$1"…"'));
  await show('status', 'registry-login status', { ...acr, ...ecr });
  await show('logout', 'registry-login logout', {});

  await newHome();
  await run('registry-login', acr);
  await show('restart', 'registry-login status', {
    ...acr,
    CODESPACES: 'true',
    CODESPACE_NAME: 'octocat-literate-waffle-4xq7',
    GITHUB_REPOSITORY: 'octocat/project',
    GITHUB_API_URL: github.url,
    REGISTRY_LOGIN_GITHUB_TOKEN: 'ghp_example',
    REGISTRY_LOGIN_GITHUB: 'off',
  });
  await show('expect', 'registry-login status', { ...acr, REGISTRY_LOGIN_EXPECT: 'ACR,HARBOR' });
  await show(
    'doctor',
    'registry-login doctor mycompany.azurecr.io/team/app:1.2 mycompany.azurecr.io/team/secret',
    acr,
  );
  await newHome();
  await show('near-miss', 'registry-login', {
    HARBOR_CONTAINER_REGISTRY_URL: 'harbor.example.com',
    HARBOR_CONTAINER_REGISTRY_USERNAME: 'robot$ci',
    HARBOR_CONTAINER_REGISTRY_PASSWORD: 'x',
  });

  await newHome();
  await show('untrusted', 'registry-login', {
    ...set('HARBOR', 'harbor.example.com', 'acr-user', 'acr-password'),
    NODE_EXTRA_CA_CERTS: '',
  });
  await newHome();
  aws.fail('expired-session-token');
  await show('expired', 'registry-login', {
    ...set('ECR', ecrHost, 'ASIAIOSFODNN7EXAMPLE', key.secretAccessKey),
    ECR_CONTAINER_REGISTRY_SESSION_TOKEN: 'IQoJb3JpZ2luX2VjEXAMPLE',
  });
  aws.fail(null);
  await newHome({ auths: {}, credsStore: 'secretservice' });
  await show('shadowed', 'registry-login doctor', acr);
  await newHome({ auths: {}, credsStore: 'desktop' });
  await show('missing-helper', 'registry-login doctor', acr);
  await newHome('{ "auths": { }, }\n');
  await show('broken', 'registry-login', acr);
  await newHome();
  await run('registry-login', ghcr);
  await show('variable', 'registry-login doctor', {
    ...ghcr,
    DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { 'ghcr.io': { auth: 'bm9ib2R5Om5vdGhpbmc=' } } }),
  });
  return printed;
}

if (import.meta.main) for (const [name, text] of await runExamples()) console.log(`=== ${name}\n${text}\n`);
