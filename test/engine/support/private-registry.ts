import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { execa } from 'execa';
import { dockerOk } from './docker.ts';
import { temporaryDirectory } from './temporary.ts';

export interface PrivateRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly server: string;
  readonly username: string;
  readonly password: string;
  /** How often `/v2/` has been answered with 200, that is, how many logins were verified here. */
  verifiedLogins(): number;
  /** Pushes a tiny new image as `private/hello` and returns its name; the engine keeps no copy. */
  pushHello(): Promise<string>;
}

/** Debian's docker-registry on loopback, plain HTTP, behind one user and password: not even `/v2/` answers without. */
export async function startPrivateRegistry(login: {
  readonly username: string;
  readonly password: string;
}): Promise<PrivateRegistry> {
  const folder = await temporaryDirectory();
  const configuration = path.join(folder.path, 'registry.yml');
  const htpasswd = await execa('htpasswd', ['-niB', login.username], { input: login.password });
  await writeFile(path.join(folder.path, 'htpasswd'), htpasswd.stdout);
  await writeFile(
    configuration,
    JSON.stringify({
      version: '0.1',
      log: { level: 'info' },
      storage: { filesystem: { rootdirectory: path.join(folder.path, 'storage') } },
      http: { addr: '127.0.0.1:0', secret: randomUUID() },
      auth: { htpasswd: { realm: 'private', path: path.join(folder.path, 'htpasswd') } },
    }),
  );
  const process = execa('docker-registry', ['serve', configuration], {
    all: true,
    buffer: false,
    reject: false,
    stdin: 'ignore',
    forceKillAfterDelay: 5_000,
  });
  const stop = async (): Promise<void> => {
    process.kill();
    await process;
    await folder[Symbol.asyncDispose]();
  };
  try {
    const log = new RegistryLog(process.all);
    const server = await log.server;
    return {
      server,
      ...login,
      verifiedLogins: () => log.count(/"GET \/v2\/ HTTP\/1\.1" 200 /),
      pushHello: () => pushHello({ server, ...login }),
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What docker-registry prints, line by line; the pipe is emptied as long as the registry runs. */
class RegistryLog {
  /** `127.0.0.1:PORT`; rejected where the registry ends without listening. */
  readonly server: Promise<string>;
  readonly #lines: string[] = [];

  constructor(output: Readable) {
    const lines = createInterface(output);
    this.server = new Promise((resolve, reject) => {
      lines.on('line', (line) => {
        this.#lines.push(line);
        const address = /listening on (127\.0\.0\.1:\d+)/.exec(line)?.[1];
        if (address !== undefined) resolve(address);
      });
      lines.once('close', () => {
        reject(new Error(`docker-registry did not start:\n${this.#lines.join('\n')}`));
      });
    });
  }

  count(wanted: RegExp): number {
    return this.#lines.filter((line) => wanted.test(line)).length;
  }
}

async function pushHello(registry: { server: string; username: string; password: string }): Promise<string> {
  const image = `${registry.server}/private/hello`;
  await using folder = await temporaryDirectory();
  const archive = path.join(folder.path, 'image.tar');
  await writeFile(path.join(folder.path, 'hello.txt'), `a private image, ${randomUUID()}\n`);
  await execa('tar', ['-C', folder.path, '-cf', archive, 'hello.txt']);
  await dockerOk(['import', archive, image]);
  await dockerOk(['push', image], [registry]);
  await dockerOk(['image', 'rm', image]);
  return image;
}
