import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { HttpError } from '../../src/io/http.ts';
import { NodeClient } from '../../src/io/node-client.ts';
import { createAuthority, type TestAuthority } from '../support/certificates.ts';
import { startProxy, type TestProxy, type TestProxyOptions } from '../support/proxy.ts';
import { startRegistry, type TestRegistry } from '../support/registry.ts';

const password = 'planted-proxy-secret';
const authorization = `Basic ${Buffer.from(`user:${password}`).toString('base64')}`;
let authority: TestAuthority;
let plain: TestRegistry;
let secure: TestRegistry;
let directory: string;
const proxies: TestProxy[] = [];

beforeAll(async () => {
  authority = await createAuthority();
  plain = await startRegistry({ auth: 'none' });
  secure = await startRegistry({ auth: 'none', tls: await authority.issue(['DNS:registry.test']) });
  directory = await mkdtemp(join(tmpdir(), 'proxied-'));
  await writeFile(join(directory, 'ca.pem'), authority.cert);
});
afterAll(async () => {
  await Promise.all([plain.close(), secure.close(), authority.remove(), rm(directory, { recursive: true })]);
});
afterEach(async () => await Promise.all(proxies.splice(0).map(async (proxy) => await proxy.close())));

async function proxyTo(
  target: TestRegistry,
  options: Omit<TestProxyOptions, 'target'> = {},
): Promise<TestProxy> {
  const proxy = await startProxy({ ...options, target: target.host });
  proxies.push(proxy);
  return proxy;
}

async function get(url: string, env: Record<string, string>, times = 1): Promise<number | HttpError> {
  const http = new NodeClient({ NODE_EXTRA_CA_CERTS: join(directory, 'ca.pem'), ...env }, directory);
  try {
    let status = 0;
    for (let round = 0; round < times; round += 1) {
      const headers = { authorization: 'Basic planted-registry-secret' };
      status = (
        await http.send({ method: 'GET', url: new URL(url), headers, signal: AbortSignal.timeout(5000) })
      ).status;
    }
    return status;
  } catch (error) {
    if (error instanceof HttpError) return error;
    throw error;
  } finally {
    await http.close();
  }
}

describe('through a proxy', () => {
  test('https goes in a tunnel, one for several requests', async () => {
    const proxy = await proxyTo(secure);
    expect(await get('https://registry.test/v2/', { HTTPS_PROXY: `http://${proxy.host}` }, 2)).toBe(200);
    expect(proxy.requests).toEqual(['CONNECT registry.test:443']);
    expect(proxy.authorizations).toEqual([undefined]);
    expect(secure.requests.at(-1)?.headers).toMatchObject({ host: 'registry.test' });
    expect(secure.requests.at(-1)?.headers).not.toHaveProperty('proxy-authorization');
  });

  test('http goes by its whole URL', async () => {
    const proxy = await proxyTo(plain);
    expect(await get('http://registry.test:5000/v2/', { http_proxy: proxy.host })).toBe(200);
    expect(proxy.requests).toEqual(['GET http://registry.test:5000/v2/']);
    expect(plain.requests.at(-1)?.headers).toMatchObject({ host: 'registry.test:5000' });
  });

  test.each([
    ['https', 'https://registry.test/v2/', 'HTTPS_PROXY'],
    ['http', 'http://registry.test/v2/', 'HTTP_PROXY'],
  ])('%s goes with the proxy\u2019s user and password', async (scheme, url, variable) => {
    const proxy = await proxyTo(scheme === 'https' ? secure : plain, { authorization });
    expect(await get(url, { [variable]: `http://user:${password}@${proxy.host}` })).toBe(200);
    expect(proxy.authorizations).toEqual([authorization]);
  });

  test('a certificate is checked all the same', async () => {
    const proxy = await proxyTo(secure);
    const env = { HTTPS_PROXY: proxy.host, NODE_EXTRA_CA_CERTS: '' };
    expect(await get('https://registry.test/v2/', env)).toMatchObject({
      reason: 'tls',
      message: expect.stringContaining('its CA is not known here') as string,
    });
    expect(await get('https://other.test/v2/', { HTTPS_PROXY: proxy.host })).toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
  });

  test('loopback never goes', async () => {
    const proxy = await proxyTo(secure);
    expect(await get(plain.url, { HTTP_PROXY: proxy.host, HTTPS_PROXY: proxy.host })).toBe(404);
    expect(proxy.requests).toEqual([]);
  });

  test('what NO_PROXY names does not go', async () => {
    const proxy = await proxyTo(plain);
    const failure = await get('http://registry.invalid/v2/', {
      HTTP_PROXY: proxy.host,
      NO_PROXY: '.invalid',
    });
    expect(failure).toMatchObject({ reason: 'name-not-resolved' });
    expect(proxy.requests).toEqual([]);
  });
});

describe('a proxy is named, without its password, that', () => {
  test.each([
    ['https', 'https://registry.test/v2/', 'HTTPS_PROXY', 407],
    ['https', 'https://registry.test/v2/', 'HTTPS_PROXY', 403],
    ['https', 'https://registry.test/v2/', 'HTTPS_PROXY', 502],
    ['http', 'http://registry.test/v2/', 'HTTP_PROXY', 407],
  ])('answers %s (%s, %s) with %i', async (scheme, url, variable, status) => {
    const proxy = await proxyTo(scheme === 'https' ? secure : plain, { refuseWith: status });
    const failure = await get(url, { [variable]: `http://user:${password}@${proxy.host}` });
    const { host } = new URL(url);
    const message = `the proxy ${proxy.host} (${variable}) answered HTTP ${status}${status === 407 ? ' (it wants a user name and a password)' : ''} to a connection to ${host}`;
    expect(failure).toMatchObject({ reason: 'proxy', message });
    expect(String((failure as HttpError).stack)).not.toContain(password);
  });

  test('refuses the connection', async () => {
    const proxy = await proxyTo(secure);
    await Promise.all(proxies.splice(0).map(async (running) => await running.close()));
    const failure = await get('https://registry.test/v2/', {
      HTTPS_PROXY: `http://user:${password}@${proxy.host}`,
    });
    const message = `the proxy ${proxy.host} (HTTPS_PROXY) refused the connection (ECONNREFUSED)`;
    expect(failure).toMatchObject({ reason: 'proxy', message });
  });

  test('does not resolve', async () => {
    const failure = await get('https://registry.test/v2/', {
      HTTPS_PROXY: `http://user:${password}@proxy.invalid:3128`,
    });
    expect(failure).toMatchObject({
      reason: 'proxy',
      message: expect.stringMatching(
        /^the proxy proxy\.invalid:3128 \(HTTPS_PROXY\) could not be resolved \(E/,
      ) as string,
    });
  });

  test('is no proxy URL', async () => {
    const failure = await get('https://registry.test/v2/', {
      HTTPS_PROXY: `socks5://user:${password}@127.0.0.1:1`,
    });
    expect(failure).toMatchObject({
      reason: 'proxy',
      message: 'HTTPS_PROXY cannot be used: only http and https proxies can be used',
    });
  });
});

describe('a proxy that is reached over TLS', () => {
  test('hears of the tunnel only after its certificate was checked', async () => {
    const tlsProxy = await startRegistry({ tls: await authority.issue(['DNS:localhost']) });
    const env = { HTTPS_PROXY: `https://localhost:${new URL(tlsProxy.url).port}` };
    // Node's server hangs up on a CONNECT that nobody listens for.
    expect(await get('https://registry.test/v2/', env)).toMatchObject({
      reason: 'proxy',
      message: expect.stringMatching(/closed the connection$/) as string,
    });
    expect(await get('https://registry.test/v2/', { ...env, NODE_EXTRA_CA_CERTS: '' })).toMatchObject({
      reason: 'tls',
    });
    await tlsProxy.close();
  });
});

test('a proxy that closes every connection is asked once', async () => {
  const proxy = await proxyTo(secure, { hangsUp: true });
  expect(await get('https://registry.test/v2/', { HTTPS_PROXY: proxy.host })).toMatchObject({
    reason: 'proxy',
    message: `the proxy ${proxy.host} (HTTPS_PROXY) closed the connection`,
  });
  expect(proxy.requests).toHaveLength(1);
});
