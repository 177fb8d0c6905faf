import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { devcontainer, up } from './support/devcontainer.ts';
import { docker, dockerOk } from './support/docker.ts';
import { dockerSocket, dockerSocketGroup, images, root } from './support/host.ts';
import { imageToRemove, ownUntilTheEnd } from './support/owned.ts';
import { startPrivateRegistry, type PrivateRegistry } from './support/private-registry.ts';
import { secretVariables } from './support/secret-variables.ts';
import { temporaryDirectory } from './support/temporary.ts';

const password = 'planted-Pa55:w"0rd$(x)';
const succeeds = { exitCode: 0 };
const isRefused = { exitCode: 1, output: expect.stringContaining('no basic auth credentials') as string };

const own = ownUntilTheEnd();
let registry: PrivateRegistry;
let image: string;
let secrets: Record<string, string>;
let configuration: { image: string; remoteUser: string; runArgs: string[]; mounts: string[] };

beforeAll(async () => {
  registry = own(await startPrivateRegistry({ username: 'private-user', password }));
  image = await registry.pushHello();
  own(imageToRemove(image));
  secrets = secretVariables('ACR', registry);
  configuration = {
    image: images.node,
    remoteUser: 'vscode',
    runArgs: ['--network=host', `--group-add=${await dockerSocketGroup()}`],
    mounts: [`type=bind,source=${dockerSocket},target=${dockerSocket}`],
  };
});

describe('DOCKER_CONFIG in containerEnv', () => {
  it('is where the login is written, and where docker finds it', async () => {
    const folder = '/home/vscode/elsewhere/docker';
    await using container = await up(
      { ...configuration, containerEnv: { DOCKER_CONFIG: folder } },
      { secrets },
    );
    expect(await container.exec('docker', 'pull', image)).toMatchObject(succeeds);
    expect((await container.exec('stat', '-c', '%U %a', folder, `${folder}/config.json`)).output).toMatch(
      /vscode 700\s+vscode 600/,
    );
    expect(await container.exec('test', '-e', '/home/vscode/.docker')).toMatchObject({ exitCode: 1 });
  });
});

describe('root beside the remote user', () => {
  it('has no login of its own, shares the user’s with the user’s HOME, and leaves the user’s files the user’s', async () => {
    await using container = await up({ ...configuration, containerEnv: secrets });
    const as = (user: string, home: string, ...command: readonly string[]): ReturnType<typeof docker> =>
      docker(['exec', '--user', user, '--env', `HOME=${home}`, container.id, ...command]);
    const files = async (): Promise<string> =>
      (
        await as(
          'root',
          '/root',
          'find',
          '/home/vscode/.docker',
          '/home/vscode/.local',
          '!',
          '-user',
          'vscode',
        )
      ).output;
    // sudo docker
    expect(await as('root', '/root', 'docker', 'pull', image)).toMatchObject(isRefused);
    // sudo -E docker
    expect(await as('root', '/home/vscode', 'docker', 'pull', image)).toMatchObject(succeeds);
    // sudo -E registry-login
    expect(await as('root', '/home/vscode', 'registry-login', 'login')).toMatchObject(succeeds);
    expect(await files()).toBe('');
    // The same in a home that has nothing yet.
    await as('root', '/root', 'rm', '-rf', '/home/vscode/.docker', '/home/vscode/.local');
    expect(await as('root', '/home/vscode', 'registry-login', 'login')).toMatchObject(succeeds);
    expect(await files()).toBe('');
    expect(await as('vscode', '/home/vscode', 'docker', 'pull', image)).toMatchObject(succeeds);
    // sudo with the secrets: a login for root
    expect(await as('root', '/root', 'registry-login', 'login')).toMatchObject(succeeds);
    expect(await as('root', '/root', 'docker', 'pull', image)).toMatchObject(succeeds);
  });
});

describe('a dev container of docker-compose', () => {
  it('logs in at its start', async () => {
    await using folder = await temporaryDirectory();
    const file = path.join(folder.path, 'docker-compose.yml');
    const service = {
      image: images.node,
      command: 'sleep infinity',
      init: true,
      network_mode: 'host',
      group_add: [await dockerSocketGroup()],
      volumes: [`${dockerSocket}:${dockerSocket}`],
    };
    await writeFile(file, JSON.stringify({ version: '3.7', services: { app: service } }));
    await using container = await up(
      { dockerComposeFile: file, service: 'app', workspaceFolder: '/', remoteUser: 'vscode' },
      { secrets },
    );
    expect(container.log).toMatch(/\bACR\b/);
    expect(await container.exec('docker', 'pull', image)).toMatchObject(succeeds);
  });
});

describe('a private base image', () => {
  let base: string;

  beforeAll(async () => {
    base = `${registry.server}/private/base`;
    await dockerOk(['tag', images.debian, base]);
    await dockerOk(['push', base], [registry]);
    await dockerOk(['image', 'rm', base]);
  });

  /** Brings up a dev container of the private image on a host with the secrets in its environment. */
  async function start(settings: Record<string, unknown>): ReturnType<typeof devcontainer> {
    await using folder = await temporaryDirectory();
    await mkdir(path.join(folder.path, '.devcontainer'));
    await writeFile(
      path.join(folder.path, '.devcontainer/devcontainer.json'),
      JSON.stringify({ image: base, ...settings }),
    );
    const ran = await devcontainer(['up', '--workspace-folder', folder.path], { env: secrets });
    const id = /"containerId":"([0-9a-f]+)"/.exec(ran.stdout)?.[1];
    if (id !== undefined) await docker(['rm', '--force', '--volumes', id]);
    await docker(['image', 'rm', base]);
    return ran;
  }

  it('cannot be pulled by the host without a login', async () => {
    expect(await start({})).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining(`Command failed: docker pull ${base}`) as string,
    });
  });

  it('is pulled after initializeCommand has logged the host in', async () => {
    const program = path.join(root, 'dist/registry-login.js');
    expect(await start({ initializeCommand: [process.execPath, program, 'login'] })).toMatchObject(succeeds);
  });
});
