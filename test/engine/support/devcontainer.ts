import { cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { execa } from 'execa';
import { docker, type Ran } from './docker.ts';
import { collection, hostPath, root } from './host.ts';
import { temporaryDirectory } from './temporary.ts';

const program = path.join(root, 'node_modules/.bin/devcontainer');

/** Runs the devcontainer CLI with the docker client of the engine. Nothing of a registry login comes from this machine. */
export async function devcontainer(
  args: readonly string[],
  { env = {}, timeoutMs = 300_000 }: { env?: Readonly<Record<string, string>>; timeoutMs?: number } = {},
): Promise<Ran & { readonly stdout: string }> {
  await using dockerConfig = await temporaryDirectory();
  await writeFile(path.join(dockerConfig.path, 'config.json'), '{"auths":{"nobody.invalid":{}}}');
  const { all, stdout, exitCode } = await execa(program, args, {
    all: true,
    reject: false,
    stdin: 'ignore',
    cwd: dockerConfig.path,
    env: { PATH: hostPath, DOCKER_CONFIG: dockerConfig.path, ...env },
    timeout: timeoutMs,
    maxBuffer: 64 * 1024 * 1024,
  });
  return { output: all, stdout, exitCode };
}

/**
 * The images that the devcontainer CLI has made, according to the classic builder's words in its output; parents before children.
 * Of the image with the remote user's changed uid, its child, the output says nothing.
 */
export function builtImages(output: string): string[] {
  return [...output.matchAll(/Successfully tagged (vsc-[^\s:]+)/g)].flatMap(([, image = '']) => [
    image,
    `${image}-uid`,
  ]);
}

/** Removes images, children before parents; what is not there is no error. */
export async function removeImages(images: readonly string[]): Promise<void> {
  for (const image of images.toReversed()) {
    // The CLI does not wait for the end of its last container.
    for (let tries = 0; tries < 10; tries += 1) {
      const { output } = await docker(['image', 'rm', image]);
      if (!output.includes('conflict')) break;
      await setTimeout(500);
    }
  }
}

export interface DevContainer extends AsyncDisposable {
  readonly id: string;
  /** Everything that `devcontainer up` has printed, the hooks' output included. */
  readonly log: string;
  /** Runs a command as the remote user, with the environment that a terminal has there. */
  exec(...command: readonly string[]): Promise<Ran>;
  /** Stops the container and brings it up again, with these secrets or with none. */
  restart(secrets?: Readonly<Record<string, string>>): Promise<string>;
}

/** Makes a workspace of a dev container that has the staged Feature at a local path. */
export async function configure(
  workspace: string,
  configuration: Readonly<Record<string, unknown>>,
  options: Readonly<Record<string, string | boolean>> = {},
): Promise<void> {
  const settings = path.join(workspace, '.devcontainer');
  await mkdir(settings, { recursive: true });
  await cp(path.join(collection, 'src/registry-login'), path.join(settings, 'registry-login'), {
    recursive: true,
  });
  await writeFile(
    path.join(settings, 'devcontainer.json'),
    JSON.stringify({ ...configuration, features: { './registry-login': options } }),
  );
}

/**
 * `devcontainer up` in a workspace of its own with the staged Feature at a local path and with a secrets file.
 * Container, workspace and secrets are gone when the scope ends.
 */
export async function up(
  configuration: Readonly<Record<string, unknown>>,
  {
    options = {},
    secrets = {},
  }: {
    options?: Readonly<Record<string, string | boolean>>;
    secrets?: Readonly<Record<string, string>>;
  } = {},
): Promise<DevContainer> {
  const folder = await temporaryDirectory();
  const workspace = path.join(folder.path, 'workspace');
  const secretsFile = path.join(folder.path, 'secrets.json');
  let images: string[] = [];
  const where = ['--workspace-folder', workspace];
  await configure(workspace, configuration, options);

  const start = async (values: Readonly<Record<string, string>>): Promise<{ id: string; log: string }> => {
    await writeFile(secretsFile, JSON.stringify(values), { mode: 0o600 });
    const { output, stdout, exitCode } = await devcontainer(['up', ...where, '--secrets-file', secretsFile]);
    const id = /"containerId":"([0-9a-f]+)"/.exec(stdout)?.[1];
    images = [...images, ...builtImages(output)];
    if (exitCode !== 0 || id === undefined)
      throw new Error(`devcontainer up ended with ${exitCode}:\n${output}`);
    return { id, log: output };
  };

  const remove = async (): Promise<void> => {
    const label = `label=devcontainer.local_folder=${workspace}`;
    const { output } = await docker(['ps', '--all', '--quiet', '--filter', label]);
    for (const container of output.split('\n').filter((line) => line !== '')) {
      await docker(['rm', '--force', '--volumes', container]);
    }
    await removeImages(images);
    await folder[Symbol.asyncDispose]();
  };

  try {
    const { id, log } = await start(secrets);
    return {
      id,
      log,
      exec: (...command) => devcontainer(['exec', ...where, ...command]),
      async restart(values = {}) {
        await docker(['stop', '--time', '1', id]);
        return (await start(values)).log;
      },
      [Symbol.asyncDispose]: remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
