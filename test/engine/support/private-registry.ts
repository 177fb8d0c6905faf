import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { execa } from 'execa';
import { dockerOk } from './docker.ts';
import { temporaryDirectory } from './temporary.ts';

export interface PrivateRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly server: string;
  readonly username: string;
  readonly password: string;
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
    const server = await listeningAddress(process.all);
    return {
      server,
      ...login,
      pushHello: () => pushHello({ server, ...login }),
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Waits for the log line that names the port, and keeps emptying the pipe afterwards. */
function listeningAddress(log: Readable): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    log.setEncoding('utf8').on('data', (chunk: string) => {
      if (text.length < 64 * 1024) text += chunk;
      const address = /listening on (127\.0\.0\.1:\d+)/.exec(text)?.[1];
      if (address !== undefined) resolve(address);
    });
    log.once('end', () => {
      reject(new Error(`docker-registry did not start:\n${text}`));
    });
  });
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
