import path from 'node:path';
import { docker, dockerOk, type Ran } from './docker.ts';
import { collection, nodeMirror } from './host.ts';

export interface Container extends AsyncDisposable {
  /** Runs a script of `sh`, as root where no user is named. */
  sh(script: string, options?: ShellOptions): Promise<Ran>;
  /** Runs the Feature's install.sh with these variables, as the devcontainer CLI does. */
  install(env?: Readonly<Record<string, string>>): Promise<Ran>;
}

export interface ShellOptions {
  /** A name of the container, or `uid:gid` of somebody unknown there. */
  readonly user?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Starts a container that does nothing, with the staged Feature in /feature and a Node.js mirror in /opt/node-mirror.
 *
 * @param network `none`, or the host's, on which the loopback is this machine's
 */
export async function startContainer(
  image: string,
  { network = 'none' }: { readonly network?: 'none' | 'host' } = {},
): Promise<Container> {
  const id = (
    await dockerOk([
      'run',
      '--detach',
      `--network=${network}`,
      `--volume=${nodeMirror}:/opt/node-mirror:ro`,
      image,
      'sleep',
      '3600',
    ])
  ).trim();
  await dockerOk(['cp', path.join(collection, 'src/registry-login'), `${id}:/feature`]);
  const sh: Container['sh'] = (script, { user = 'root', env = {} } = {}) =>
    docker([
      'exec',
      `--user=${user}`,
      ...Object.entries(env).map(([name, value]) => `--env=${name}=${value}`),
      id,
      'sh',
      '-c',
      script,
    ]);
  // Whatever changes from here on is newer than this file, however old base image and Feature are.
  await sh('touch /started');
  return {
    sh,
    install: (env = {}) => sh('cd /feature && chmod -R 0755 . && ./install.sh', { env }),
    [Symbol.asyncDispose]: async () => {
      await docker(['rm', '--force', id]);
    },
  };
}
