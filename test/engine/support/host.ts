import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';

/** The top of the project. */
export const root = new URL('../../../', import.meta.url).pathname;
/** What `devcontainer features test`, `package` and `publish` take: `src/` and `test/`, staged by the build. */
export const collection = path.join(root, 'dist/collection');

/** Where scripts/host/setup.sh keeps its things; the same rule as in scripts/host/common.sh. */
const state = path.join(
  process.env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache'),
  'registry-login-host',
);

/** The docker client that fits the engine, whatever else is installed. */
export const dockerProgram = path.join(state, 'bin/docker');
/** For PATH: programs that call `docker` find the one above. */
export const hostPath = `${path.dirname(dockerProgram)}:${process.env['PATH'] ?? ''}`;

/** Base images that scripts/host/images.sh makes. Both have a docker client and a user `vscode`. */
export const images = {
  debian: 'local/debian:bookworm',
  node: 'local/devcontainer-node',
  /** No Node; a mirror of the official distribution in /opt/node-mirror. */
  plain: 'local/devcontainer-plain',
} as const;

/** Node.js in the layout of the official distribution, made by scripts/host/images.sh of the Node that npm brings. */
export const nodeMirror = path.join(state, 'node-mirror');

export const dockerSocket = '/var/run/docker.sock';

/** The group that may use an engine's socket, for `--group-add`. */
export async function dockerSocketGroup(socket = dockerSocket): Promise<number> {
  return (await stat(socket)).gid;
}
