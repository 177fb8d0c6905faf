import { chown, copyFile, chmod, appendFile, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import type { Ran } from './docker.ts';
import { root } from './host.ts';
import { temporaryDirectory } from './temporary.ts';

const uid = 4242;
const firstSubordinate = 1_000_000;

export interface RootlessUser extends AsyncDisposable {
  readonly home: string;
  /** The words that run our program and the devcontainer CLI, from a copy: this user may not see into the project's folder. */
  readonly program: readonly string[];
  readonly devcontainer: readonly string[];
  /** Runs a command as this user, with these variables besides the few that a login sets. */
  run(
    command: readonly string[],
    options?: { readonly env?: Readonly<Record<string, string>>; readonly timeoutMs?: number },
  ): Promise<Ran & { readonly stdout: string }>;
  /** Gives what was written below the home to the user. */
  own(): Promise<void>;
}

/**
 * A user with a home and subordinate ids for rootless podman, who exists in a mount and process namespace only: /etc stays as it is, and
 * every process of the user ends with the scope. Containers use the machine's network.
 */
export async function rootlessUser(): Promise<RootlessUser> {
  const folder = await temporaryDirectory();
  const at = (name: string): string => path.join(folder.path, name);
  const home = at('home');
  const lines = {
    passwd: `rootless:x:${uid}:${uid}::${home}:/bin/sh`,
    group: `rootless:x:${uid}:`,
    subuid: `rootless:${firstSubordinate}:65536`,
    subgid: `rootless:${firstSubordinate}:65536`,
  };
  await chmod(folder.path, 0o755);
  for (const [name, line] of Object.entries(lines)) {
    await copyFile(`/etc/${name}`, at(name));
    await appendFile(at(name), `${line}\n`);
  }
  const containers = path.join(home, '.config/containers');
  await mkdir(containers, { recursive: true });
  await writeFile(path.join(containers, 'storage.conf'), '[storage]\ndriver="overlay"\n');
  await writeFile(path.join(containers, 'containers.conf'), '[containers]\nnetns="host"\n');
  await mkdir(at('runtime'));
  const node = at('node');
  await copyFile(process.execPath, node);
  for (const part of ['package.json', 'dist', 'node_modules/@devcontainers/cli']) {
    await cp(path.join(root, part), path.join(folder.path, 'project', part), { recursive: true });
  }
  await execa('chmod', ['-R', 'a+rX', at('project')]);
  await chmod(node, 0o755);
  const own = async (): Promise<void> => {
    await execa('chown', ['-R', `${uid}:${uid}`, home]);
  };
  await own();
  await chown(at('runtime'), uid, uid);

  const mounts = Object.keys(lines).map((name) => `mount --bind "$1/${name}" /etc/${name}`);
  const holder = execa(
    'unshare',
    [
      ...['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--propagation', 'private'],
      ...['sh', '-c', `${mounts.join(' && ')} && echo ready && exec sleep infinity`, 'sh', folder.path],
    ],
    { reject: false, stdin: 'ignore', buffer: { stdout: false } },
  );
  const stop = async (): Promise<void> => {
    holder.kill('SIGKILL');
    await holder;
    await folder[Symbol.asyncDispose]();
  };
  try {
    await new Promise<void>((resolve, reject) => {
      holder.stdout.once('data', () => resolve());
      void holder.then(({ stderr }) => reject(new Error(`no namespaces for a rootless user: ${stderr}`)));
    });
    const inside = (await readFile(`/proc/${holder.pid}/task/${holder.pid}/children`, 'utf8')).trim();
    return {
      home,
      program: [node, at('project/dist/registry-login.js')],
      devcontainer: [node, at('project/node_modules/@devcontainers/cli/devcontainer.js')],
      async run([...command], { env = {}, timeoutMs = 120_000 } = {}) {
        const { all, stdout, exitCode } = await execa(
          'nsenter',
          [
            ...[`--target=${inside}`, '--mount', '--pid', `--wd=${home}`],
            ...['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', ...command],
          ],
          {
            all: true,
            reject: false,
            stdin: 'ignore',
            extendEnv: false,
            env: {
              HOME: home,
              USER: 'rootless',
              XDG_RUNTIME_DIR: at('runtime'),
              TMPDIR: at('runtime'),
              PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
              ...env,
            },
            timeout: timeoutMs,
          },
        );
        return { output: all, stdout, exitCode };
      },
      own,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
