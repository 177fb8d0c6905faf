import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { execa } from 'execa';
import { dockerOk } from './docker.ts';
import { temporaryDirectory } from './temporary.ts';

export interface PrivateRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT`, or the name that was asked for. */
  readonly server: string;
  readonly username: string;
  readonly password: string;
  /** How often `/v2/` has been answered with 200, that is, how many logins were verified here. */
  verifiedLogins(): number;
  /** Pushes a tiny new image as `private/hello` and returns its name; the engine keeps no copy. */
  pushHello(): Promise<string>;
  /** From now on this password is accepted, and no other. */
  setPassword(password: string): Promise<void>;
}

/** For a registry with TLS under a name of its own, in the network of another engine than this machine's. */
export interface RegistryPlace {
  readonly server: string;
  /** `ADDRESS:PORT` to listen on. */
  readonly address: string;
  readonly certificate: { readonly cert: string; readonly key: string };
  /** The words before the command that starts it. */
  readonly enter: readonly string[];
  /** The engine that images are pushed with. */
  readonly engineSocket: string;
}

/**
 * Debian's docker-registry behind one user and password: not even `/v2/` answers without. On loopback and plain HTTP, unless a place is given.
 */
export async function startPrivateRegistry(
  login: { readonly username: string; readonly password: string },
  place: RegistryPlace | null = null,
): Promise<PrivateRegistry> {
  const folder = await temporaryDirectory();
  const at = (name: string): string => path.join(folder.path, name);
  const setPassword = async (password: string): Promise<void> => {
    const htpasswd = await execa('htpasswd', ['-niB', login.username], { input: password });
    await writeFile(at('htpasswd'), htpasswd.stdout);
  };
  await setPassword(login.password);
  if (place !== null) {
    await writeFile(at('cert.pem'), place.certificate.cert);
    await writeFile(at('key.pem'), place.certificate.key);
  }
  const tls = place === null ? {} : { tls: { certificate: at('cert.pem'), key: at('key.pem') } };
  await writeFile(
    at('registry.yml'),
    JSON.stringify({
      version: '0.1',
      log: { level: 'info' },
      storage: { filesystem: { rootdirectory: at('storage') } },
      http: { addr: place?.address ?? '127.0.0.1:0', secret: randomUUID(), ...tls },
      auth: { htpasswd: { realm: 'private', path: at('htpasswd') } },
    }),
  );
  const [program, ...words] = [...(place?.enter ?? []), 'docker-registry', 'serve', at('registry.yml')];
  const process = execa(program, words, {
    all: true,
    buffer: false,
    reject: false,
    stdin: 'ignore',
    forceKillAfterDelay: 5_000,
  });
  const stop = async (): Promise<void> => {
    // Namespaces of its own end with the first of their processes, which minds no other signal.
    process.kill(place === null ? 'SIGTERM' : 'SIGKILL');
    await process;
    await folder[Symbol.asyncDispose]();
  };
  try {
    const log = new RegistryLog(process.all);
    const address = await log.server;
    const server = place?.server ?? address;
    const engine = place === null ? [] : ['--host', `unix://${place.engineSocket}`];
    return {
      server,
      ...login,
      verifiedLogins: () => log.count(/"GET \/v2\/ HTTP\/1\.1" 200 /),
      pushHello: () => pushHello({ server, ...login }, engine),
      setPassword,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What docker-registry prints, line by line; the pipe is emptied as long as the registry runs. */
class RegistryLog {
  /** `ADDRESS:PORT`; rejected where the registry ends without listening. */
  readonly server: Promise<string>;
  readonly #lines: string[] = [];

  constructor(output: Readable) {
    const lines = createInterface(output);
    this.server = new Promise((resolve, reject) => {
      lines.on('line', (line) => {
        this.#lines.push(line);
        const address = /listening on (\d+\.\d+\.\d+\.\d+:\d+)/.exec(line)?.[1];
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

async function pushHello(
  registry: { server: string; username: string; password: string },
  engine: readonly string[],
): Promise<string> {
  const image = `${registry.server}/private/hello`;
  await using folder = await temporaryDirectory();
  const archive = path.join(folder.path, 'image.tar');
  await writeFile(path.join(folder.path, 'hello.txt'), `a private image, ${randomUUID()}\n`);
  await execa('tar', ['-C', folder.path, '-cf', archive, 'hello.txt']);
  await dockerOk([...engine, 'import', archive, image]);
  await dockerOk([...engine, 'push', image], [registry]);
  await dockerOk([...engine, 'image', 'rm', image]);
  return image;
}
