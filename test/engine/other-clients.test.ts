import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Ran } from './support/docker.ts';
import { startEcrAccount, type EcrAccount } from './support/ecr-account.ts';
import { installProgram, type InstalledProgram } from './support/installed-program.ts';
import { ownUntilTheEnd } from './support/owned.ts';
import { startPrivateRegistry, type PrivateRegistry } from './support/private-registry.ts';
import { secretVariables } from './support/secret-variables.ts';
import { temporaryDirectory } from './support/temporary.ts';

type Variables = Readonly<Record<string, string>>;

const systemPath = '/usr/sbin:/usr/bin:/sbin:/bin';

const own = ownUntilTheEnd();
let program: InstalledProgram;
let home: { readonly path: string } & AsyncDisposable;
let config: string;
let environment: Variables;

beforeAll(async () => {
  program = own(await installProgram());
  home = own(await temporaryDirectory());
  await mkdir(path.join(home.path, 'runtime'));
  config = path.join(home.path, '.docker/config.json');
  environment = {
    HOME: home.path,
    // Where podman and skopeo look before the Docker config, and where nothing is.
    XDG_RUNTIME_DIR: path.join(home.path, 'runtime'),
    PATH: `${program.folder}:${systemPath}`,
  };
});

/** Podman and buildah keep what they pull below the home, and touch nothing of the machine's own. */
function storage(): string[] {
  return ['--root', `${home.path}/storage`, '--runroot', `${home.path}/run`, '--storage-driver', 'vfs'];
}

const clients = [
  { client: 'skopeo inspect', command: (image: string) => ['skopeo', 'inspect', `docker://${image}`] },
  {
    client: 'skopeo copy',
    command: (image: string) => ['skopeo', 'copy', `docker://${image}`, `dir:${home.path}/copy`],
  },
  { client: 'podman pull', command: (image: string) => ['podman', ...storage(), 'pull', image] },
  {
    client: 'buildah pull',
    command: (image: string) => ['buildah', ...storage(), 'pull', '--policy', 'always', image],
  },
];

/** Flags stand after the subcommand's name; `skopeo copy` has another name for the source's TLS. */
function withFlags(command: readonly string[], flags: readonly string[]): string[] {
  const after = command.findIndex((word) => /^(?:inspect|copy|pull)$/.test(word)) + 1;
  const named = flags.map((flag) =>
    command[after - 1] === 'copy' ? flag.replace('--tls', '--src-tls') : flag,
  );
  return command.toSpliced(after, 0, ...named);
}

describe('a static login on a plain HTTP registry', () => {
  const ownHere = ownUntilTheEnd();
  let registry: PrivateRegistry;
  let image: string;

  beforeAll(async () => {
    registry = ownHere(
      await startPrivateRegistry({ username: 'private-user', password: 'planted-Pa55:w"0rd$(x)' }),
    );
    image = await registry.pushHello();
    await execa(path.join(program.folder, 'registry-login'), ['login'], {
      env: { ...environment, ...secretVariables('ACR', registry) },
      extendEnv: false,
    });
  });

  async function run([file = '', ...args]: readonly string[], variables: Variables = {}): Promise<Ran> {
    const { all, exitCode } = await execa(file, args, {
      all: true,
      reject: false,
      stdin: 'ignore',
      extendEnv: false,
      env: { ...environment, ...variables },
    });
    return { output: all, exitCode };
  }

  it.each(clients)('$client finds it', async ({ command }) => {
    expect(await run(withFlags(command(image), ['--tls-verify=false']))).toMatchObject({ exitCode: 0 });
  });

  it.each(clients)('$client finds it by --authfile', async ({ command }) => {
    const flags = ['--tls-verify=false', '--authfile', config];
    expect(
      await run(withFlags(command(image), flags), { HOME: '/nowhere', XDG_CONFIG_HOME: home.path }),
    ).toMatchObject({ exitCode: 0 });
  });

  it.each(clients)('$client is refused without it', async ({ command }) => {
    await using elsewhere = await temporaryDirectory();
    expect(
      await run(withFlags(command(image), ['--tls-verify=false']), { HOME: elsewhere.path }),
    ).toMatchObject({
      output: expect.stringMatching(/authentication required|unauthorized/) as string,
    });
  });
});

describe('ECR with keys', () => {
  const ownHere = ownUntilTheEnd();
  let ecr: EcrAccount;
  let serial = 0;

  beforeAll(async () => {
    ecr = ownHere(await startEcrAccount('planted-first-token'));
    expect(await run(['registry-login', 'login'])).toMatchObject({ exitCode: 0 });
  });

  const run = (command: readonly string[], variables: Variables = {}): Promise<Ran> =>
    ecr.engine.run(command, { ...environment, ...ecr.variables, ...variables });

  /** A token that has had more than half of its life, and that the registry refuses. */
  async function age(): Promise<void> {
    await ecr.rotate(`planted-old-token-${(serial += 1)}`, 0);
    expect(await run(['registry-login', 'login'])).toMatchObject({ exitCode: 0 });
    await ecr.rotate(`planted-new-token-${serial}`);
  }

  it.each(clients)('$client asks the helper, which exchanges the keys anew', async ({ command }) => {
    await age();
    const before = ecr.api.exchanges;
    expect(await run(command(ecr.image))).toMatchObject({ exitCode: 0 });
    expect(ecr.api.exchanges - before).toBe(1);
  });

  it.each(clients)('$client needs no helper where the option says so', async ({ command }) => {
    await using elsewhere = await temporaryDirectory();
    const variables = { HOME: elsewhere.path, REGISTRY_LOGIN_CREDENTIAL_STORE: 'config' };
    expect(await run(['registry-login', 'login'], variables)).toMatchObject({ exitCode: 0 });
    expect(await run(command(ecr.image), { ...variables, PATH: systemPath })).toMatchObject({ exitCode: 0 });
  });

  it('skopeo inspect tells of the name when the helper that the config names is not on PATH', async () => {
    expect(await run(['skopeo', 'inspect', `docker://${ecr.image}`], { PATH: systemPath })).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining('docker-credential-registry-login') as string,
    });
  });
});
