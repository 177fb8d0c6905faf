import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { HttpError, type HttpRequest } from '../../src/io/http.ts';
import { NodeClient } from '../../src/io/node-client.ts';
import { createAuthority, type TestAuthority, type TestCertificate } from '../support/certificates.ts';
import { startProxy } from '../support/proxy.ts';
import { startRegistry, type TestRegistry } from '../support/registry.ts';

let authority: TestAuthority;
let stranger: TestAuthority;
let server: TestCertificate;
let client: TestCertificate;
let registry: TestRegistry;
let mutual: TestRegistry;
let directory: string;

beforeAll(async () => {
  [authority, stranger] = await Promise.all([createAuthority('Registry CA'), createAuthority('Another CA')]);
  [server, client] = await Promise.all([
    authority.issue(['IP:127.0.0.1', 'DNS:localhost']),
    authority.issue(['DNS:client']),
  ]);
  registry = await startRegistry({ auth: 'none', tls: server });
  mutual = await startRegistry({
    auth: 'none',
    tls: { ...server, ca: authority.cert, requestCert: true, rejectUnauthorized: true },
  });
});
afterAll(async () => {
  await Promise.all([registry.close(), mutual.close(), authority.remove(), stranger.remove()]);
});
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'trust-'));
});
afterEach(async () => await rm(directory, { recursive: true, force: true }));

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const file = join(directory, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

/** The status, or the message of the failure. */
async function get(
  target: TestRegistry,
  { env = {}, ...more }: Partial<HttpRequest> & { env?: Record<string, string> } = {},
): Promise<number | string> {
  const http = new NodeClient(env, join(directory, 'certs.d'));
  try {
    const url = more.url ?? new URL('/v2/', target.url);
    return (await http.send({ method: 'GET', signal: AbortSignal.timeout(5000), ...more, url })).status;
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    return `${error.reason}: ${error.message}`;
  } finally {
    await http.close();
  }
}

const unknownCa =
  /^tls: the certificate of 127\.0\.0\.1:\d+ was not accepted: its CA is not known here \([A-Z_]+\)$/;

describe('a registry whose CA is in', () => {
  test('nothing that is known here is refused', async () => {
    expect(await get(registry)).toMatch(unknownCa);
  });

  test('NODE_EXTRA_CA_CERTS is trusted', async () => {
    await write({ 'extra.pem': `a comment\n${stranger.cert}${authority.cert}` });
    expect(await get(registry, { env: { NODE_EXTRA_CA_CERTS: join(directory, 'extra.pem') } })).toBe(200);
  });

  test('SSL_CERT_FILE is trusted', async () => {
    await write({ 'bundle.pem': authority.cert });
    expect(await get(registry, { env: { SSL_CERT_FILE: join(directory, 'bundle.pem') } })).toBe(200);
  });

  test('SSL_CERT_DIR is trusted', async () => {
    await write({ 'one/a.pem': stranger.cert, 'two/b.pem': authority.cert, 'two/readme': 'no certificate' });
    const env = {
      SSL_CERT_DIR: `${join(directory, 'one')}:${join(directory, 'absent')}:${join(directory, 'two')}`,
    };
    expect(await get(registry, { env })).toBe(200);
  });

  test('docker\u2019s directory for its host and port is trusted', async () => {
    await write({ [`certs.d/${registry.host}/ca.crt`]: authority.cert });
    expect(await get(registry)).toBe(200);
  });

  test('a docker directory that is a symlink is trusted', async () => {
    await write({ 'elsewhere/ca.crt': authority.cert });
    await mkdir(join(directory, 'certs.d'));
    await symlink(join(directory, 'elsewhere'), join(directory, 'certs.d', registry.host));
    expect(await get(registry)).toBe(200);
  });

  test('docker\u2019s directory for the registry on whose behalf is asked is trusted', async () => {
    await write({ 'certs.d/r.example.com:5000/ca.crt': authority.cert });
    expect(await get(registry, { onBehalfOf: 'r.example.com:5000' })).toBe(200);
    expect(await get(registry)).toMatch(unknownCa);
  });

  test.each([
    ['another port', (port: string) => `127.0.0.1:${Number(port) + 1}`],
    ['no port', () => '127.0.0.1'],
    ['another name of the host', (port: string) => `localhost:${port}`],
  ])('docker\u2019s directory for %s is not', async (_claim, name) => {
    await write({ [`certs.d/${name(new URL(registry.url).port)}/ca.crt`]: authority.cert });
    expect(await get(registry)).toMatch(unknownCa);
  });

  test('a damaged bundle is trusted where it is whole', async () => {
    const damaged = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    await write({ 'bundle.pem': `${damaged}${authority.cert}` });
    expect(await get(registry, { env: { SSL_CERT_FILE: join(directory, 'bundle.pem') } })).toBe(200);
  });

  test('a file that the environment names and nobody can read is refused, and the variable named', async () => {
    const env = { NODE_EXTRA_CA_CERTS: join(directory, 'absent.pem') };
    expect(await get(registry, { env })).toMatch(
      /not known here; NODE_EXTRA_CA_CERTS names a file that cannot be read \(ENOENT\) \(/,
    );
  });
});

describe('a certificate is refused that', () => {
  test.each([
    [
      'is for another name',
      ['DNS:other.example'],
      10,
      /it is for another name \(ERR_TLS_CERT_ALTNAME_INVALID\)$/,
    ],
    ['has expired', ['IP:127.0.0.1'], -1, /it has expired \(CERT_HAS_EXPIRED\)$/],
  ])('%s', async (_claim, names, days, message) => {
    const other = await startRegistry({ auth: 'none', tls: await authority.issue(names, days) });
    await write({ [`certs.d/${other.host}/ca.crt`]: authority.cert });
    expect(await get(other)).toMatch(message);
    await other.close();
  });
});

describe('NODE_TLS_REJECT_UNAUTHORIZED=0, which an image may set for something else, changes nothing', () => {
  beforeEach(() => vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0'));
  afterEach(() => vi.unstubAllEnvs());

  test('directly', async () => {
    expect(await get(registry)).toMatch(unknownCa);
  });

  test('through a proxy', async () => {
    const proxy = await startProxy({ target: registry.host });
    const env = { HTTPS_PROXY: `http://${proxy.host}` };
    const url = new URL('https://registry.example.com/v2/');
    expect(await get(registry, { url, env })).toMatch(/its CA is not known here|it is for another name/);
    await proxy.close();
  });
});

test('a certificate is not checked where the request says so', async () => {
  expect(await get(registry, { allowInvalidCertificate: true })).toBe(200);
  expect(registry.requests.length).toBeGreaterThan(0);
});

describe('a registry that wants a client certificate', () => {
  test('gets the pair in docker\u2019s directory', async () => {
    await write({
      [`certs.d/${mutual.host}/ca.crt`]: authority.cert,
      [`certs.d/${mutual.host}/client.cert`]: client.cert,
      [`certs.d/${mutual.host}/client.key`]: client.key,
    });
    expect(await get(mutual)).toBe(200);
  });

  test('refuses whoever has none', async () => {
    await write({ [`certs.d/${mutual.host}/ca.crt`]: authority.cert });
    expect(await get(mutual)).toMatch(/^(?:tls|connection-lost): /);
  });
});

describe('docker\u2019s directory with', () => {
  const cases: [claim: string, files: () => Record<string, string>, message: RegExp][] = [
    [
      'a CA that is none',
      () => ({ 'ca.crt': 'no certificate' }),
      /\/ca\.crt cannot be used: it holds no certificate$/,
    ],
    [
      'a damaged CA',
      () => ({ 'ca.crt': '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' }),
      /\/ca\.crt cannot be used: it is not a certificate \(/,
    ],
    [
      'a client certificate without its key',
      () => ({ 'c.cert': client.cert }),
      /\/c\.cert cannot be used: c\.key is missing beside it; a CA's file ends in \.crt$/,
    ],
    [
      'a key without its certificate',
      () => ({ 'c.key': client.key }),
      /\/c\.key cannot be used: c\.cert is missing beside it$/,
    ],
    [
      'a key that belongs to another',
      () => ({ 'c.cert': client.cert, 'c.key': server.key }),
      /\/c\.key cannot be used: it does not belong to its certificate \(/,
    ],
    [
      'a damaged client certificate',
      () => ({ 'c.cert': 'x', 'c.key': client.key }),
      /\/c\.cert cannot be used: it is not a certificate \(/,
    ],
    [
      'a CA that is a directory',
      () => ({ 'ca.crt/x': '' }),
      /\/ca\.crt cannot be used: it cannot be read \(EISDIR\)$/,
    ],
  ];
  test.each(cases)('%s is an error that names the file', async (_claim, files, message) => {
    const named = Object.entries(files()).map(([name, content]): [string, string] => [
      `certs.d/${registry.host}/${name}`,
      content,
    ]);
    await write(Object.fromEntries(named));
    const failure = await get(registry);
    expect(failure).toMatch(message);
    expect(failure).not.toContain('PRIVATE KEY');
  });

  test('other files only is as good as none', async () => {
    await write({
      [`certs.d/${registry.host}/README`]: 'x',
      [`certs.d/${registry.host}/ca.pem`]: authority.cert,
    });
    expect(await get(registry)).toMatch(unknownCa);
  });
});

test('a server without TLS is told from one with a wrong certificate', async () => {
  const plain = await startRegistry({ auth: 'none' });
  expect(await get(plain, { url: new URL(`https://${plain.host}/v2/`) })).toMatch(
    /did not answer in TLS \(ERR_SSL_WRONG_VERSION_NUMBER\)$/,
  );
  await plain.close();
});
