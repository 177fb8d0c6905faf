import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import type { Verdict } from '../../src/core/verdict.ts';
import { verifyLogin } from '../../src/io/registry-client.ts';
import { UndiciClient } from '../../src/io/undici-client.ts';
import { type AccessSettings, accessTo } from '../support/access.ts';
import { type Fault, startRegistry, type TestRegistry, type TestRegistryOptions } from '../support/registry.ts';

const password = 'planted-P\u00e4ssw0rd:with "quotes"\n';
const users = { 'acr-user': password };
const basic = `Basic ${Buffer.from(`acr-user:${password}`).toString('base64')}`;
const accepted: Verdict = { outcome: 'accepted', identityToken: null };

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map(async (close) => await close()));
});

async function start(options: TestRegistryOptions): Promise<TestRegistry> {
  const registry = await startRegistry({ users, ...options });
  closers.push(async () => await registry.close());
  return registry;
}

async function verify(
  host: string,
  settings: AccessSettings & { username?: string; password?: string; identityToken?: string } = {},
): Promise<Verdict> {
  const http = new UndiciClient({});
  const { username = 'acr-user', password: secret = password, identityToken } = settings;
  const credential = { username, password: new Secret(secret) };
  const whole = identityToken === undefined ? credential : { ...credential, identityToken: new Secret(identityToken) };
  try {
    const verdict = await verifyLogin({ ...accessTo(host, http, settings), credential: whole });
    expect(inspect(verdict)).not.toContain('planted');
    expect(inspect(verdict)).not.toContain(basic.slice('Basic '.length, 20));
    return verdict;
  } finally {
    await http.close();
  }
}

/** Method, path and kind of authorization of everything but the attempt at TLS. */
function log({ requests }: TestRegistry): string[] {
  return requests.map(({ method, path, headers }) => {
    const kind = headers['authorization']?.toString().split(' ')[0];
    return [method, path.replace(/\?.*/, ''), ...(kind === undefined ? [] : [kind])].join(' ');
  });
}

describe('a registry with Basic', () => {
  test('accepts the right password, asked for first and sent in UTF-8', async () => {
    const registry = await start({});
    expect(await verify(registry.host)).toEqual(accepted);
    expect(log(registry)).toEqual(['GET /v2/', 'GET /v2/ Basic']);
    expect(registry.requests[1]?.headers).toMatchObject({ authorization: basic, 'user-agent': 'registry-login/test' });
  });

  test('rejects a wrong password', async () => {
    const { host } = await start({});
    const detail = `HTTP 401 from ${host}: "authentication required"`;
    expect(await verify(host, { password: 'planted-wrong' })).toEqual({ outcome: 'rejected', httpStatus: 401, detail });
  });

  test('rejects with 403', async () => {
    const { host } = await start({ faults: [{ authorized: true, does: { status: 403 } }] });
    expect(await verify(host)).toEqual({ outcome: 'rejected', httpStatus: 403, detail: `HTTP 403 from ${host}` });
  });

  test('is sent a user name like any other where it is __proto__', async () => {
    const { host } = await start({ users: JSON.parse('{"__proto__":"planted-x"}') as Record<string, string> });
    expect(await verify(host, { username: '__proto__', password: 'planted-x' })).toEqual(accepted);
    expect(await verify(host, { username: 'constructor', password: 'planted-x' })).toMatchObject({ outcome: 'rejected' });
  });

  test('gets no identity token', async () => {
    const registry = await start({});
    expect(await verify(registry.host, { identityToken: 'planted-refresh' })).toMatchObject({ outcome: 'unsupported', cause: 'unknown-challenge' });
    expect(log(registry)).toEqual(['GET /v2/']);
  });

  test.each([
    ['in any case', 'bAsIc REALM="r"'],
    ['among others', ['Negotiate', 'Digest nonce="1", Basic realm="r"']],
    ['beside a Bearer without realm', 'Bearer service="x", Basic realm="r"'],
    ['without parameters', 'Basic'],
  ])('is known by its challenge %s', async (_claim, challenge) => {
    const { host } = await start({ challenge });
    expect(await verify(host)).toEqual(accepted);
  });
});

describe('a registry that lets everybody in', () => {
  test('is not verified where it checks nothing', async () => {
    const registry = await start({ auth: 'none' });
    const detail = `${registry.host} lets everybody in, made-up credentials included`;
    expect(await verify(registry.host)).toEqual({ outcome: 'unverified', detail });
    expect(log(registry)).toEqual(['GET /v2/', 'GET /v2/ Basic', 'GET /v2/ Basic']);
    expect(registry.requests[2]?.headers['authorization']).not.toBe(basic);
  });

  test('is verified where it checks what is sent', async () => {
    const { host } = await start({ auth: 'optional' });
    expect(await verify(host)).toEqual(accepted);
  });

  test('rejects a wrong password where it checks what is sent', async () => {
    const { host } = await start({ auth: 'optional' });
    expect(await verify(host, { password: 'planted-wrong' })).toMatchObject({ outcome: 'rejected', httpStatus: 401 });
  });

  test('is not verified where the made-up credentials get no answer', async () => {
    const { host } = await start({ auth: 'none', faults: [{ does: ({ headers }) => (isMadeUp(headers) ? { status: 500 } : null) }] });
    expect(await verify(host)).toMatchObject({ outcome: 'unverified' });
  });

  test('is not verified by an identity token', async () => {
    const registry = await start({ auth: 'none' });
    expect(await verify(registry.host, { identityToken: 'planted-refresh' })).toMatchObject({ outcome: 'unverified' });
    expect(log(registry)).toEqual(['GET /v2/']);
  });

  test('is verified by a token where it wants one for credentials', async () => {
    const registry = await start({ auth: 'bearer', faults: [{ on: /^\/v2\//, authorized: false, does: { status: 200 } }] });
    expect(await verify(registry.host)).toEqual(accepted);
    expect(await verify(registry.host, { password: 'planted-wrong' })).toMatchObject({ outcome: 'rejected' });
    expect(log(registry).slice(0, 4)).toEqual(['GET /v2/', 'GET /v2/ Basic', 'GET /token Basic', 'GET /v2/ Bearer']);
  });
});

function isMadeUp(headers: Readonly<Record<string, unknown>>): boolean {
  return headers['authorization'] !== undefined && headers['authorization'] !== basic;
}

const html = { 'content-type': 'text/html; charset=utf-8' };

describe('what is no registry, or none that can be used:', () => {
  const cases: [claim: string, fault: Fault, verdict: Partial<Record<string, unknown>>][] = [
    ['HTTP 404', { does: { status: 404 } }, { cause: 'not-a-registry', detail: 'HTTP 404 from HOST' }],
    ['a web page', { does: { raw: `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi` } }, { cause: 'not-a-registry', detail: 'HTTP 200 from HOST to GET /v2/ is a web page' }],
    ['HTTP 403 without a challenge', { does: { status: 403, headers: html } }, { cause: 'not-a-registry', detail: 'HTTP 403 from HOST to GET /v2/ asks for no login' }],
    ['another success', { does: { status: 204 } }, { cause: 'not-a-registry', detail: 'HTTP 204 from HOST' }],
    ['HTTP 401 without a challenge', { does: { status: 401 } }, { cause: 'unknown-challenge', detail: 'HTTP 401 from HOST to GET /v2/ does not say how to log in' }],
    ['an empty challenge', { does: { status: 401, headers: { 'www-authenticate': '' } } }, { cause: 'unknown-challenge' }],
    [
      'other kinds of login',
      { does: { status: 401, headers: { 'www-authenticate': ['Negotiate', 'Digest realm="x"'] } } },
      { cause: 'unknown-challenge', detail: 'HOST asks for a kind of login other than Basic and Bearer: "negotiate, digest"' },
    ],
    ['a Bearer challenge without realm', { does: { status: 401, headers: { 'www-authenticate': 'Bearer service="x"' } } }, { cause: 'unknown-challenge' }],
    ['a redirect to another host', { does: { status: 307, headers: { location: 'https://other.example/v2/' } } }, { cause: 'redirect', detail: 'HTTP 307 from HOST, a redirect to other.example' }],
    ['a redirect to nowhere', { does: { status: 302 } }, { cause: 'redirect', detail: 'HTTP 302 from HOST' }],
    ['a redirect without end', { does: { status: 302, headers: { location: '/v2/' } } }, { cause: 'redirect', detail: 'HTTP 302 from HOST, a redirect to HOST' }],
    ['an endless body', { does: { status: 200, body: 'x'.repeat(200_000) } }, { cause: 'answer-too-large', detail: 'the answer of HOST is larger than 128 KiB' }],
    ['another protocol', { does: 'garbage' }, { cause: 'answer-not-understood', detail: 'the answer of HOST is not HTTP' }],
  ];
  test.each(cases)('%s', async (_claim, fault, verdict) => {
    const registry = await start({ faults: [fault] });
    const { detail, ...rest } = verdict;
    const expected = typeof detail === 'string' ? { detail: detail.replaceAll('HOST', registry.host) } : {};
    expect(await verify(registry.host, { scheme: 'http' })).toMatchObject({ outcome: 'unsupported', ...rest, ...expected });
    expect(log(registry).every((line) => !line.includes('Basic'))).toBe(true);
    expect(registry.requests.length).toBeLessThanOrEqual(6);
  });
});

describe('redirects', () => {
  test('of the anonymous question are followed on the same origin, and the answer goes where they led', async () => {
    const registry = await start({ faults: [{ on: /^\/v2\/$/, does: { status: 302, headers: { location: '/v2' } } }] });
    expect(await verify(registry.host)).toEqual(accepted);
    expect(log(registry)).toEqual(['GET /v2/', 'GET /v2', 'GET /v2 Basic']);
  });

  test('to another port are not followed', async () => {
    const other = await start({});
    const { host } = await start({ faults: [{ does: { status: 302, headers: { location: `http://${other.host}/v2/` } } }] });
    expect(await verify(host)).toMatchObject({ outcome: 'unsupported', cause: 'redirect', detail: `HTTP 302 from ${host}, a redirect to ${other.host}` });
    expect(other.requests).toEqual([]);
  });

  test.each([
    ['the same origin', (_other: string) => '/v2'],
    ['another origin', (other: string) => `http://${other}/v2/`],
  ])('with credentials are not followed to %s', async (_claim, location) => {
    const other = await start({});
    const registry = await start({ faults: [{ authorized: true, does: { status: 307, headers: { location: location(other.host) } } }] });
    expect(await verify(registry.host)).toMatchObject({ outcome: 'unsupported', cause: 'redirect' });
    expect(log(registry)).toEqual(['GET /v2/', 'GET /v2/ Basic']);
    expect(other.requests).toEqual([]);
  });
});

describe('a registry in trouble', () => {
  const cases: [claim: string, faults: Fault[], verdict: Record<string, unknown>, requests: number][] = [
    ['that recovers after one 503 is verified', [{ times: 1, does: { status: 503 } }], { outcome: 'accepted' }, 3],
    ['that recovers after a lost connection is verified', [{ times: 2, does: 'reset' }], { outcome: 'accepted' }, 4],
    ['that fails once more with credentials is verified', [{ authorized: true, times: 2, does: { status: 500 } }], { outcome: 'accepted' }, 4],
    ['with 5xx to the end is unreachable', [{ does: { status: 502 } }], { outcome: 'unreachable', cause: 'server-error', detail: 'HTTP 502 from HOST' }, 3],
    ['with 5xx for credentials is unreachable', [{ authorized: true, does: { status: 500 } }], { outcome: 'unreachable', cause: 'server-error' }, 4],
    ['that resets to the end is unreachable', [{ does: 'reset' }], { outcome: 'unreachable', cause: 'connection-lost', detail: 'the connection to HOST was lost (ECONNRESET)' }, 3],
    ['with 501 is not asked again', [{ does: { status: 501 } }], { outcome: 'unreachable', cause: 'server-error' }, 1],
    ['with 429 is not asked again', [{ does: { status: 429 } }], { outcome: 'unreachable', cause: 'rate-limited', detail: 'HTTP 429 from HOST' }, 1],
    [
      'with 429 for an hour is not asked again',
      [{ does: { status: 429, headers: { 'retry-after': '3600' } } }],
      { outcome: 'unreachable', cause: 'rate-limited', detail: 'HTTP 429 from HOST, with 3600 s to wait' },
      1,
    ],
    ['with 429 for a moment is waited for', [{ times: 1, does: { status: 429, headers: { 'retry-after': '1' } } }], { outcome: 'accepted' }, 3],
    [
      'with 429 until a date is waited for by its own clock',
      [{ times: 1, does: { status: 429, headers: { date: 'Mon, 01 Jan 2001 00:00:00 GMT', 'retry-after': 'Mon, 01 Jan 2001 00:00:01 GMT' } } }],
      { outcome: 'accepted' },
      3,
    ],
  ];
  test.each(cases)('%s', async (_claim, faults, verdict, requests) => {
    const registry = await start({ faults });
    const { detail, ...rest } = verdict;
    const expected = typeof detail === 'string' ? { detail: detail.replaceAll('HOST', registry.host) } : {};
    expect(await verify(registry.host, { scheme: 'http' })).toMatchObject({ ...rest, ...expected });
    expect(registry.requests).toHaveLength(requests);
  });

  test('that hangs is a timeout', async () => {
    const { host } = await start({ faults: [{ does: 'hang' }] });
    const verdict = await verify(host, { scheme: 'http', signal: AbortSignal.timeout(100) });
    expect(verdict).toEqual({ outcome: 'unreachable', cause: 'timeout', detail: `${host} did not answer in time` });
  });

  test('whose time runs out between two tries gives its last answer', async () => {
    const { host } = await start({ faults: [{ does: { status: 429, headers: { 'retry-after': '9' } } }] });
    const verdict = await verify(host, { scheme: 'http', signal: AbortSignal.timeout(300) });
    expect(verdict).toMatchObject({ outcome: 'unreachable', cause: 'rate-limited' });
  });

  test('that is not there is unreachable', async () => {
    const registry = await startRegistry({});
    await registry.close();
    const detail = `${registry.host} refused the connection (ECONNREFUSED)`;
    expect(await verify(registry.host)).toEqual({ outcome: 'unreachable', cause: 'connection-refused', detail });
  });

  test('whose name does not resolve is unreachable', async () => {
    expect(await verify('registry.invalid')).toMatchObject({ outcome: 'unreachable', cause: 'name-not-resolved' });
  });
});

describe('an error that repeats', () => {
  const echoes: [claim: string, echo: (header: string) => string][] = [
    ['the password', () => `wrong password: ${password}`],
    ['the header', (header) => `cannot read ${header}`],
    ['the password and more in front', () => `${'x'.repeat(180)}${password}`],
  ];
  test.each(echoes)('%s is not quoted', async (_claim, echo) => {
    const { host } = await start({
      faults: [
        {
          authorized: true,
          does: ({ headers }) => ({
            status: 401,
            body: JSON.stringify({ errors: [{ message: echo(String(headers['authorization'])) }] }),
          }),
        },
      ],
    });
    expect(await verify(host)).toEqual({ outcome: 'rejected', httpStatus: 401, detail: `HTTP 401 from ${host}` });
  });

  test('the password as the host of a redirect is not quoted', async () => {
    const secret = 'planted-abcdef';
    const { host } = await start({ faults: [{ authorized: true, does: { status: 302, headers: { location: `https://${secret}.example/` } } }] });
    expect(await verify(host, { password: secret })).toEqual({ outcome: 'unsupported', cause: 'redirect', detail: `HTTP 302 from ${host}` });
  });

  test('nothing is quoted in one line of 200 characters at most', async () => {
    const message = `denied:\u001b[31m\r\n${'very '.repeat(100)}`;
    const { host } = await start({ faults: [{ authorized: true, does: { status: 403, body: JSON.stringify({ errors: [{ message }] }) } }] });
    const verdict = await verify(host);
    expect(verdict).toMatchObject({ detail: expect.stringMatching(/^HTTP 403 from \S+: "denied: \[31m very [^\p{Cc}]{170,190}…"$/u) as string });
  });

  test.each([
    ['OAuth', '{"error":"invalid_client","error_description":"no such client"}', 'no such client'],
    ['Docker Hub', '{"details":"incorrect username or password"}', 'incorrect username or password'],
    ['a code alone', '{"errors":[{"code":"DENIED"}]}', 'DENIED'],
  ])('nothing is quoted from the form of %s too', async (_claim, body, quote) => {
    const { host } = await start({ faults: [{ authorized: true, does: { status: 401, body } }] });
    expect(await verify(host)).toMatchObject({ detail: `HTTP 401 from ${host}: "${quote}"` });
  });

  test.each(['null', '[]', '{"errors":{}}', '{"errors":[null]}', '{"errors":[{"message":7}]}', 'x', ''])(
    'nothing, and nothing of use either, is passed over: %s',
    async (body) => {
      const { host } = await start({ faults: [{ authorized: true, does: { status: 401, body } }] });
      expect(await verify(host)).toMatchObject({ detail: `HTTP 401 from ${host}` });
    },
  );
});
