import { type AddressInfo, connect, createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import type { Verdict } from '../../src/core/verdict.ts';
import { verifyLogin } from '../../src/io/registry-client.ts';
import { NodeClient } from '../../src/io/node-client.ts';
import { type AccessSettings, accessTo } from '../support/access.ts';
import { createAuthority, type TestAuthority, type TestCertificate } from '../support/certificates.ts';
import { testRegistries } from '../support/test-registries.ts';

const users = { user: 'planted-secret' };
let authority: TestAuthority;
let certificate: TestCertificate;
const closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  authority = await createAuthority();
  certificate = await authority.issue(['IP:127.0.0.1']);
});
afterAll(async () => await authority.remove());
afterEach(async () => {
  await Promise.all(closers.splice(0).map(async (close) => await close()));
});

const start = testRegistries(() => ({ users }));

async function verify(host: string, settings: AccessSettings = {}): Promise<Verdict> {
  const http = new NodeClient({});
  try {
    const credential = { username: 'user', password: new Secret('planted-secret') };
    return await verifyLogin({ ...accessTo(host, http, settings), credential });
  } finally {
    await http.close();
  }
}

describe('loopback without a scheme', () => {
  test('is asked over HTTPS first, then over HTTP', async () => {
    const registry = await start();
    expect(await verify(registry.host)).toMatchObject({ outcome: 'accepted' });
    expect(registry.connections()).toBe(2);
  });

  test('is asked over HTTP where the attempt at TLS is cut off', async () => {
    const registry = await start();
    const port = await startTlsBreaker(registry.host);
    expect(await verify(`127.0.0.1:${port}`)).toMatchObject({ outcome: 'accepted' });
  });

  test('whose certificate is not trusted is a TLS failure, and is not asked over HTTP', async () => {
    const registry = await start({ tls: certificate });
    expect(await verify(registry.host)).toMatchObject({
      outcome: 'unreachable',
      cause: 'tls',
      detail: expect.stringContaining('its CA is not known here') as string,
    });
    expect(registry.requests).toEqual([]);
  });

  test('that answers over HTTPS is not asked over HTTP', async () => {
    const registry = await start({ tls: certificate, faults: [{ does: { status: 500 } }] });
    expect(await verify(registry.host, { insecure: [registry.host] })).toMatchObject({
      outcome: 'unreachable',
      cause: 'server-error',
    });
    expect(registry.requests.length).toBeGreaterThan(0);
  });
});

/** Passes plain HTTP on, and cuts off whatever begins like TLS. */
async function startTlsBreaker(target: string): Promise<number> {
  const { hostname, port } = new URL(`http://${target}`);
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (first: Buffer) => {
      if (first[0] === 0x16) return void socket.resetAndDestroy();
      const onward = connect(Number(port), hostname, () => {
        onward.write(first);
        socket.pipe(onward).pipe(socket);
      });
      onward.on('error', () => socket.destroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(async () => await new Promise((resolve) => server.close(resolve)));
  return (server.address() as AddressInfo).port;
}

describe('a scheme that is written', () => {
  test('as http is used as it is on loopback', async () => {
    const registry = await start();
    expect(await verify(registry.host, { scheme: 'http' })).toMatchObject({ outcome: 'accepted' });
    expect(registry.connections()).toBe(1);
  });

  test('as https is not given up for http', async () => {
    const registry = await start();
    expect(await verify(registry.host, { scheme: 'https' })).toMatchObject({
      outcome: 'unreachable',
      cause: 'tls',
      detail: expect.stringContaining('did not answer in TLS') as string,
    });
    expect(registry.requests).toEqual([]);
  });

  test('as http is refused elsewhere, and nothing is sent', async () => {
    const detail =
      'r.example.com is written with http://, and is neither on loopback nor in insecureRegistries';
    const http = { send: () => Promise.reject(new Error('sent')), close: () => Promise.resolve() };
    const credential = { username: 'user', password: new Secret('planted-secret') };
    expect(await verifyLogin({ ...accessTo('r.example.com', http, { scheme: 'http' }), credential })).toEqual(
      { outcome: 'unsupported', cause: 'insecure-http', detail },
    );
  });
});

describe('an insecure registry', () => {
  test('is asked over HTTPS without a look at its certificate', async () => {
    const registry = await start({ tls: certificate });
    expect(await verify(registry.host, { insecure: [registry.host] })).toMatchObject({ outcome: 'accepted' });
  });

  test('may be asked over HTTP, by name', async () => {
    const sent: string[] = [];
    const http = new NodeClient({});
    closers.push(async () => await http.close());
    const registry = await start();
    const redirected = {
      send: async (request: Parameters<typeof http.send>[0]) => {
        sent.push(`${request.url.protocol} ${request.allowInvalidCertificate}`);
        const url = new URL(request.url);
        url.host = registry.host;
        return await http.send({ ...request, url });
      },
      close: () => Promise.resolve(),
    };
    const credential = { username: 'user', password: new Secret('planted-secret') };
    const access = accessTo('r.example.com:5000', redirected, { insecure: ['r.example.com:5000'] });
    expect(await verifyLogin({ ...access, credential })).toMatchObject({ outcome: 'accepted' });
    expect(sent).toEqual(['https: true', 'http: true', 'http: true']);
    sent.length = 0;
    expect(
      await verifyLogin({ ...access, host: { ...access.host, scheme: 'http' }, credential }),
    ).toMatchObject({ outcome: 'accepted' });
    expect(sent).toEqual(['http: true', 'http: true']);
  });

  test.each([
    ['another port', (host: string) => `${host}0`],
    ['no port', () => '127.0.0.1'],
    ['another host', () => 'r.example.com'],
  ])('is not one that is listed with %s', async (_claim, listed) => {
    const registry = await start({ tls: certificate });
    expect(await verify(registry.host, { insecure: [listed(registry.host)] })).toMatchObject({
      outcome: 'unreachable',
      cause: 'tls',
    });
  });
});
