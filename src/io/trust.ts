import { X509Certificate } from 'node:crypto';
import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tls from 'node:tls';
import { HttpError } from './http.ts';
import type { Environment } from './system.ts';

/** One TLS configuration; equal keys mean equal configurations. */
export interface TlsConfiguration {
  readonly key: string;
  readonly secureContext: tls.SecureContext;
}

interface HostCertificates {
  readonly authorities: readonly string[];
  readonly certificates: readonly string[];
  readonly keys: readonly string[];
}

/** The system's CA bundle, in the order of Go's `crypto/x509/root_linux.go`, which docker goes by. */
const systemBundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];
const pemCertificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const maxFilesPerDirectory = 1000;

/** Whom to trust over TLS. Files are read on first use and once. */
export class Trust {
  readonly #env: Environment;
  readonly #certsDirectory: string;
  readonly #notes: string[] = [];
  readonly #configurations = new Map<string, Promise<TlsConfiguration>>();
  readonly #directories = new Map<string, Promise<HostCertificates | null>>();
  #authorities: Promise<readonly string[]> | null = null;
  #hasDirectories: Promise<boolean> | null = null;

  /** `certsDirectory` is docker's `/etc/docker/certs.d`. */
  constructor(env: Environment, certsDirectory: string) {
    this.#env = env;
    this.#certsDirectory = certsDirectory;
  }

  /** CA files that the environment names and that could not be read, for the message of a refused certificate. */
  get notes(): readonly string[] {
    return this.#notes;
  }

  /**
   * What a connection to any of these hosts (`host[:port]`) goes by: Node's own CAs, the system's, `NODE_EXTRA_CA_CERTS`, and docker's directories for these hosts.
   * Throws an HttpError that names the file where docker's directory holds something unusable.
   */
  async configurationFor(hosts: readonly string[]): Promise<TlsConfiguration> {
    const names = [...new Set(hosts.flatMap(directoryNames))];
    const found: string[] = [];
    for (const name of names) if ((await this.#hostDirectory(name)) !== null) found.push(name);
    const key = found.join(' ');
    const existing = this.#configurations.get(key);
    if (existing !== undefined) return await existing;
    const created = this.#configure(key, found);
    this.#configurations.set(key, created);
    return await created;
  }

  async #configure(key: string, directories: readonly string[]): Promise<TlsConfiguration> {
    this.#authorities ??= this.#readAuthorities();
    const perHost = await Promise.all(directories.map(async (name) => await this.#hostDirectory(name)));
    const own = perHost.filter((certificates) => certificates !== null);
    const ca = [...(await this.#authorities), ...own.flatMap(({ authorities }) => authorities)];
    const cert = own.flatMap(({ certificates }) => certificates);
    const keys = own.flatMap(({ keys: some }) => some);
    const client = cert.length === 0 ? {} : { cert, key: keys };
    return { key, secureContext: tls.createSecureContext({ ...client, ca }) };
  }

  async #readAuthorities(): Promise<readonly string[]> {
    const named = splitPem(await this.#readNamed('NODE_EXTRA_CA_CERTS'));
    const system = splitPem(await this.#readSystemBundle());
    // Node's own CAs are for machines without a bundle; beside one they would double the cost and trust whom the machine does not.
    return [...new Set([...(system.length > 0 ? system : tls.rootCertificates), ...named])];
  }

  /** `SSL_CERT_FILE` in the bundle's place, `SSL_CERT_DIR` beside it, as Go and OpenSSL have them. */
  async #readSystemBundle(): Promise<string> {
    const texts: string[] = [];
    if (isSet(this.#env['SSL_CERT_FILE'])) texts.push(await this.#readNamed('SSL_CERT_FILE'));
    else texts.push(await readFirst(systemBundles));
    for (const directory of (this.#env['SSL_CERT_DIR'] ?? '').split(':').filter((name) => name !== '')) {
      const names = await readdir(directory).catch(() => []);
      const files = names.slice(0, maxFilesPerDirectory).map((name) => join(directory, name));
      texts.push(
        ...(await Promise.all(files.map(async (file) => await readFile(file, 'utf8').catch(() => '')))),
      );
    }
    return texts.join('\n');
  }

  async #readNamed(variable: string): Promise<string> {
    const file = this.#env[variable];
    if (!isSet(file)) return '';
    try {
      return await readFile(file, 'utf8');
    } catch (error) {
      this.#notes.push(`${variable} names a file that cannot be read (${codeOf(error)})`);
      return '';
    }
  }

  async #hostDirectory(name: string): Promise<HostCertificates | null> {
    const existing = this.#directories.get(name);
    if (existing !== undefined) return await existing;
    this.#hasDirectories ??= isDirectoryThere(this.#certsDirectory);
    const reading = this.#hasDirectories.then((isThere) =>
      isThere ? readHostDirectory(join(this.#certsDirectory, name)) : null,
    );
    this.#directories.set(name, reading);
    return await reading;
  }
}

/** Most machines have none, and then no host need be looked for. What is there and closed is for the host's own directory to say. */
async function isDirectoryThere(directory: string): Promise<boolean> {
  try {
    await access(directory);
    return true;
  } catch (error) {
    return codeOf(error) !== 'ENOENT';
  }
}

/** The names docker may know a host by: with port 443 written or not, it is the same endpoint. */
function directoryNames(host: string): string[] {
  if (/^\.*$/.test(host) || /[/\\\0]/.test(host)) return [];
  return /:\d+$/.test(host) ? [host] : [host, `${host}:443`];
}

/** As moby reads it (`registry/registry.go`, `ReadCertsDirectory`): `*.crt` are CAs, `NAME.cert` with `NAME.key` a client certificate. */
async function readHostDirectory(directory: string): Promise<HostCertificates | null> {
  let names: string[];
  try {
    names = (await readdir(directory)).toSorted();
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw unusable(directory, 'it cannot be read', error);
  }
  const authorities: string[] = [];
  const certificates: string[] = [];
  const keys: string[] = [];
  for (const name of names) {
    const file = join(directory, name);
    if (name.endsWith('.crt')) {
      const found = splitPem(await readCertificateFile(file));
      if (found.length === 0) throw unusable(file, 'it holds no certificate');
      // OpenSSL passes over a damaged CA in silence.
      for (const pem of found) attempt(file, 'it is not a certificate', () => new X509Certificate(pem));
      authorities.push(...found);
    } else if (name.endsWith('.cert')) {
      const keyName = `${name.slice(0, -'.cert'.length)}.key`;
      if (!names.includes(keyName))
        throw unusable(file, `${keyName} is missing beside it; a CA's file ends in .crt`);
      const cert = await readCertificateFile(file);
      const key = await readCertificateFile(join(directory, keyName));
      const keyFault = 'it does not belong to its certificate';
      attempt(file, 'it is not a certificate', () => new X509Certificate(cert));
      attempt(join(directory, keyName), keyFault, () => tls.createSecureContext({ cert, key }));
      certificates.push(cert);
      keys.push(key);
    } else if (name.endsWith('.key') && !names.includes(`${name.slice(0, -'.key'.length)}.cert`)) {
      throw unusable(file, `${name.slice(0, -'.key'.length)}.cert is missing beside it`);
    }
  }
  return { authorities, certificates, keys };
}

async function readCertificateFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw unusable(file, 'it cannot be read', error);
  }
}

function attempt(file: string, fault: string, use: () => unknown): void {
  try {
    use();
  } catch (error) {
    throw unusable(file, fault, error);
  }
}

function unusable(file: string, fault: string, cause?: unknown): HttpError {
  const code = codeOf(cause);
  return new HttpError('tls', `${file} cannot be used: ${fault}${code === undefined ? '' : ` (${code})`}`, {
    code,
    cause,
  });
}

function splitPem(text: string): string[] {
  return text.match(pemCertificate) ?? [];
}

async function readFirst(files: readonly string[]): Promise<string> {
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => null);
    if (text !== null) return text;
  }
  return '';
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
