import { execFile } from 'node:child_process';
import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

const feature = join(import.meta.dirname, '../../../features/registry-login');

export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Programs of the machine that the installer may count on in any image. */
const basics =
  'cat chmod cp dirname env find grep gzip ln ls mkdir mktemp mv readlink rm sed sha256sum sh tar touch'.split(
    ' ',
  );

/**
 * The Feature, relocated below a temporary folder so that it installs without root: `/usr`, `/etc`, `/lib`, `/sbin` and `/vscode` in its
 * scripts are the folder's own. Its PATH holds the basics and the stand-ins that a test adds, nothing else.
 */
export class Sandbox implements AsyncDisposable {
  readonly path: string;
  readonly home: string;
  readonly bin: string;

  private constructor(path: string) {
    this.path = path;
    this.home = join(path, 'usr/local/share/registry-login');
    this.bin = join(path, 'bin');
  }

  static async create(): Promise<Sandbox> {
    const sandbox = new Sandbox(await mkdtemp(join(tmpdir(), 'registry-login-install-')));
    await cp(feature, join(sandbox.path, 'feature'), { recursive: true });
    for (const name of await readdir(join(sandbox.path, 'feature'), {
      recursive: true,
      withFileTypes: true,
    })) {
      if (!name.isFile()) continue;
      await sandbox.edit(join(name.parentPath, name.name), (text) =>
        text.replaceAll(/(?<![\w.}/])\/(?=(?:usr|etc|lib|sbin|vscode)\/)/g, `${sandbox.path}/`),
      );
    }
    for (const program of ['registry-login.js', 'docker-credential-registry-login.js']) {
      await writeFile(join(sandbox.path, 'feature', program), '// a bundle\n');
    }
    await mkdir(join(sandbox.path, 'tmp'));
    await mkdir(sandbox.bin);
    await sandbox.link(basics);
    await sandbox.tool('uname', 'echo x86_64');
    await sandbox.tool('getconf', 'echo "glibc 2.36"');
    return sandbox;
  }

  async edit(file: string, change: (text: string) => string): Promise<void> {
    await writeFile(file, change(await readFile(file, 'utf8')));
  }

  /** Puts programs of this machine on the sandbox's PATH. */
  private async link(names: readonly string[]): Promise<void> {
    const { stdout } = await execute(
      '/bin/sh',
      ['-c', 'for name in "$@"; do command -v "$name"; done', 'sh', ...names],
      {
        env: process.env,
      },
    );
    await Promise.all(
      stdout
        .trim()
        .split('\n')
        .map((path) => symlink(path, join(this.bin, basename(path)))),
    );
  }

  /** Lets the sandbox call one program of this machine, which may itself need others of its PATH. */
  borrow(name: string): Promise<string> {
    return this.tool(name, `PATH='${process.env['PATH'] ?? ''}' exec ${name} "$@"`);
  }

  /** Makes a stand-in, a script of `sh`, on PATH or at a path below the sandbox. */
  async tool(file: string, script: string): Promise<string> {
    const path = file.includes('/') ? join(this.path, file) : join(this.bin, file);
    await mkdir(dirname(path), { recursive: true });
    await rm(path, { force: true });
    await writeFile(path, `#!/bin/sh\n${script}\n`);
    await chmod(path, 0o755);
    return path;
  }

  /** Makes something that behaves like Node.js as far as the installer looks: it prints a version, its own path, or what it was asked to run. */
  node(file: string, version: string): Promise<string> {
    return this.tool(file, fakeNode(version));
  }

  /** Installs as for the remote user root, who may run a Node.js wherever it lies, unless `env` says otherwise. */
  install(
    env: Readonly<Record<string, string>> = {},
    shell: readonly string[] = ['/bin/sh'],
  ): Promise<Output> {
    const [program = '/bin/sh', ...args] = shell;
    return this.run(program, [...args, join(this.path, 'feature/install.sh')], {
      _REMOTE_USER: 'root',
      ...env,
    });
  }

  run(
    program: string,
    args: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Output> {
    return execute(program, args, {
      cwd: this.path,
      env: { PATH: this.bin, TMPDIR: join(this.path, 'tmp'), ...env },
    });
  }

  /** Runs one of the two commands by its link, with nothing on PATH unless `env` says otherwise. */
  command(
    name: string,
    args: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Output> {
    return this.run(join(this.path, 'usr/local/bin', name), args, { PATH: '', ...env });
  }

  read(file: string): Promise<string> {
    return readFile(join(this.home, file), 'utf8');
  }

  /** The path of the Node.js that the installation has recorded. */
  async recordedNode(): Promise<string> {
    return (await this.read('node-path')).trimEnd();
  }

  /** All that lies below the installation's and the temporary folders, sorted: what an installation leaves behind. */
  async leftovers(): Promise<string[]> {
    const below = async (folder: string): Promise<string[]> =>
      (await readdir(join(this.path, folder), { recursive: true })).map((name) => join(folder, name));
    return [...(await below('usr')), ...(await below('tmp'))].toSorted();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return rm(this.path, { recursive: true, force: true });
  }
}

export function fakeNode(version: string): string {
  return `case $1 in
  --version) echo ${version} ;;
  -p) echo "$0" ;;
  *) echo "${version} runs $*" ;;
esac`;
}

/** Makes a stand-in as old as a Node.js that was there before the installation. */
export async function age(file: string): Promise<void> {
  await utimes(file, new Date(0), new Date(0));
}

/** What an installation without a private Node.js consists of. */
export const plainInstallation = [
  'bin/docker-credential-registry-login',
  'bin/registry-login',
  'docker-credential-registry-login.js',
  'hooks/post-attach.sh',
  'hooks/post-create.sh',
  'hooks/post-start.sh',
  'hooks/read-option.sh',
  'lib/find-node.sh',
  'lib/recorded-node.sh',
  'node-path',
  'options',
  'package.json',
  'registry-login.js',
];

/** Runs a program to its end; a failure is an output like any other. */
function execute(
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env: NodeJS.ProcessEnv },
): Promise<Output> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, [...args], { ...options, timeout: 60_000 }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') {
        reject(new Error(`${program} could not be run.`, { cause: error }));
      } else {
        resolve({ code: Number(error?.code ?? 0), stdout, stderr });
      }
    });
    child.stdin?.end();
  });
}
