import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import feature from '../../features/registry-login/devcontainer-feature.json' with { type: 'json' };
import { builtImages, devcontainer, removeImages } from './support/devcontainer.ts';
import { docker, type Ran } from './support/docker.ts';
import { collection, images, root } from './support/host.ts';
import { startPrivateRegistry, type PrivateRegistry } from './support/private-registry.ts';
import { temporaryDirectory } from './support/temporary.ts';

const login = { username: 'publisher', password: 'planted publishing password' };

interface Publication {
  readonly 'registry-login'?: { readonly publishedTags: readonly string[] };
}

interface Manifest {
  readonly layers: readonly { readonly digest: string; readonly mediaType: string }[];
  readonly annotations: Readonly<Record<string, string>>;
}

/** What the CLI prints to stdout as JSON. */
function parsed(ran: Ran & { readonly stdout: string }): unknown {
  if (ran.exitCode !== 0) throw new Error(`devcontainer ended with ${ran.exitCode}:\n${ran.output}`);
  return JSON.parse(ran.stdout);
}

describe('devcontainer features publish', () => {
  let registry: PrivateRegistry;
  /** The devcontainer CLI speaks plain HTTP with `localhost` alone. */
  let server: string;
  let name: string;
  let home: Awaited<ReturnType<typeof temporaryDirectory>>;
  let env: Record<string, string>;
  let released: string;

  const publish = (environment: Record<string, string> = {}) =>
    devcontainer(
      ['features', 'publish', '-r', server, '-n', 'somebody/registry-login', path.join(collection, 'src')],
      { env: environment },
    );

  const publishByScript = () =>
    execa(
      'sh',
      [
        'scripts/publish-feature.sh',
        server,
        'Somebody/Registry-Login',
        'dist/devcontainer-feature-registry-login.tgz',
      ],
      { cwd: root, all: true, reject: false, stdin: 'ignore', env },
    );

  beforeAll(async () => {
    registry = await startPrivateRegistry(login);
    server = registry.server.replace('127.0.0.1', 'localhost');
    name = `${server}/somebody/registry-login/registry-login`;
    home = await temporaryDirectory();
    env = { DOCKER_CONFIG: path.join(home.path, '.docker') };
  });

  afterAll(async () => {
    await registry[Symbol.asyncDispose]();
    await home[Symbol.asyncDispose]();
  });

  it('is refused by the private registry without a login', async () => {
    expect((await publish()).exitCode).not.toBe(0);
  });

  it('logs in with the program itself, on the host', async () => {
    const { exitCode, all } = await execa(process.execPath, [path.join(root, 'dist/registry-login.js')], {
      all: true,
      reject: false,
      stdin: 'ignore',
      extendEnv: false,
      env: {
        PATH: process.env['PATH'],
        HOME: home.path,
        LOCAL_CONTAINER_REGISTRY_SERVER: server,
        LOCAL_CONTAINER_REGISTRY_USER: login.username,
        LOCAL_CONTAINER_REGISTRY_PASSWORD: login.password,
      },
    });
    expect({ exitCode, all }).toMatchObject({ exitCode: 0 });
    expect(await readFile(path.join(home.path, '.docker/config.json'), 'utf8')).toContain(server);
  });

  it('publishes the packaged Feature by the script of a release, and says what is there then', async () => {
    const { exitCode, stdout, all } = await publishByScript();
    expect({ exitCode, all }).toMatchObject({ exitCode: 0 });
    expect(stdout).toMatch(/^name=\S+\ndigest=sha256:[0-9a-f]{64}$/);
    expect(stdout.split('\n')[0]).toBe(`name=${name}`);
    released = stdout;
  });

  it('publishes a version once and for all', async () => {
    const { 'registry-login': published } = parsed(await publish(env)) as Publication;
    expect(published?.publishedTags ?? []).toEqual([]);
    expect((await publishByScript()).stdout).toBe(released);
  });

  it('shows its tags and, in the manifest, its options', async () => {
    const info = async (mode: string): Promise<unknown> =>
      parsed(await devcontainer(['features', 'info', mode, name, '--output-format', 'json'], { env }));
    const [major, minor] = feature.version.split('.');
    expect(await info('tags')).toEqual({
      publishedTags: expect.arrayContaining([
        major,
        `${major}.${minor}`,
        feature.version,
        'latest',
      ]) as string[],
    });
    const { manifest } = (await info('manifest')) as { readonly manifest: Manifest };
    const metadata = JSON.parse(manifest.annotations['dev.containers.metadata'] ?? '{}') as typeof feature;
    expect(metadata).toMatchObject({ id: feature.id, version: feature.version, options: feature.options });
    expect(manifest.layers).toHaveLength(1);
  });

  it('comes up in a dev container that names the published Feature, and runs there', async () => {
    await using folder = await temporaryDirectory();
    const settings = path.join(folder.path, '.devcontainer');
    await mkdir(settings);
    await writeFile(
      path.join(settings, 'devcontainer.json'),
      JSON.stringify({ image: images.node, remoteUser: 'vscode', features: { [`${name}:1`]: {} } }),
    );
    const where = ['--workspace-folder', folder.path];
    const started = await devcontainer(['up', ...where], { env });
    try {
      expect(started).toMatchObject({ exitCode: 0 });
      expect(started.output).toContain('postCreateCommand from Feature');
      expect(await devcontainer(['exec', ...where, 'registry-login', '--version'], { env })).toMatchObject({
        exitCode: 0,
        stdout: feature.version,
      });
      const lock = await readFile(path.join(settings, 'devcontainer-lock.json'), 'utf8').catch(() => '');
      expect(`${started.output}${lock}`).not.toContain('planted');
    } finally {
      const id = /"containerId":"([0-9a-f]+)"/.exec(started.stdout)?.[1];
      if (id !== undefined) await docker(['rm', '--force', '--volumes', id]);
      await removeImages(builtImages(started.output));
    }
  });
});
