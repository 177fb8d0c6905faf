import { describe, expect, test } from 'vitest';
import type { Verdict } from '../../src/core/verdict.ts';
import type { Fault } from '../support/registry.ts';
import { testRegistries } from '../support/test-registries.ts';
import { acrUser, requestLog, verifyAs } from '../support/verify.ts';

const { username, password } = acrUser;
const basic = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
const accepted: Verdict = { outcome: 'accepted', identityToken: null };

const start = testRegistries(() => ({ users: { [username]: password } }));
const verify = verifyAs(acrUser);

describe('a registry with Basic', () => {
  test('accepts the right password, asked for first and sent in UTF-8', async () => {
    const registry = await start({});
    expect(await verify(registry.host)).toEqual(accepted);
    expect(requestLog(registry)).toEqual(['GET /v2/', 'GET /v2/ Basic']);
    expect(registry.requests[1]?.headers).toMatchObject({
      authorization: basic,
      'user-agent': 'registry-login/test',
    });
  });

  test('rejects a wrong password', async () => {
    const { host } = await start({});
    const detail = `HTTP 401 from ${host}: "authentication required"`;
    expect(await verify(host, { password: 'planted-wrong' })).toEqual({
      outcome: 'rejected',
      httpStatus: 401,
      detail,
    });
  });

  test('rejects with 403', async () => {
    const { host } = await start({ faults: [{ authorized: true, does: { status: 403 } }] });
    expect(await verify(host)).toEqual({
      outcome: 'rejected',
      httpStatus: 403,
      detail: `HTTP 403 from ${host}`,
    });
  });

  test('is sent a user name like any other where it is __proto__', async () => {
    const { host } = await start({
      users: JSON.parse('{"__proto__":"planted-x"}') as Record<string, string>,
    });
    expect(await verify(host, { username: '__proto__', password: 'planted-x' })).toEqual(accepted);
    expect(await verify(host, { username: 'constructor', password: 'planted-x' })).toMatchObject({
      outcome: 'rejected',
    });
  });

  test('gets no identity token', async () => {
    const registry = await start({});
    expect(await verify(registry.host, { identityToken: 'planted-refresh' })).toMatchObject({
      outcome: 'unsupported',
      cause: 'unknown-challenge',
    });
    expect(requestLog(registry)).toEqual(['GET /v2/']);
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
    expect(requestLog(registry)).toEqual(['GET /v2/', 'GET /v2/ Basic', 'GET /v2/ Basic']);
    expect(registry.requests[2]?.headers['authorization']).not.toBe(basic);
  });

  test('is verified where it checks what is sent', async () => {
    const { host } = await start({ auth: 'optional' });
    expect(await verify(host)).toEqual(accepted);
  });

  test('rejects a wrong password where it checks what is sent', async () => {
    const { host } = await start({ auth: 'optional' });
    expect(await verify(host, { password: 'planted-wrong' })).toMatchObject({
      outcome: 'rejected',
      httpStatus: 401,
    });
  });

  test('is not verified where the made-up credentials get no answer', async () => {
    const { host } = await start({
      auth: 'none',
      faults: [{ does: ({ headers }) => (isMadeUp(headers) ? { status: 500 } : null) }],
    });
    expect(await verify(host)).toMatchObject({ outcome: 'unverified' });
  });

  test('is not verified by an identity token', async () => {
    const registry = await start({ auth: 'none' });
    expect(await verify(registry.host, { identityToken: 'planted-refresh' })).toMatchObject({
      outcome: 'unverified',
    });
    expect(requestLog(registry)).toEqual(['GET /v2/']);
  });

  test('is verified by a token where it wants one for credentials', async () => {
    const registry = await start({
      auth: 'bearer',
      faults: [{ on: /^\/v2\//, authorized: false, does: { status: 200 } }],
    });
    expect(await verify(registry.host)).toEqual(accepted);
    expect(await verify(registry.host, { password: 'planted-wrong' })).toMatchObject({ outcome: 'rejected' });
    expect(requestLog(registry).slice(0, 4)).toEqual([
      'GET /v2/',
      'GET /v2/ Basic',
      'GET /token Basic',
      'GET /v2/ Bearer',
    ]);
  });
});

function isMadeUp(headers: Readonly<Record<string, unknown>>): boolean {
  return headers['authorization'] !== undefined && headers['authorization'] !== basic;
}

const html = { 'content-type': 'text/html; charset=utf-8' };

describe('what is no registry, or none that can be used:', () => {
  const cases: [claim: string, fault: Fault, verdict: Partial<Record<string, unknown>>][] = [
    ['HTTP 404', { does: { status: 404 } }, { cause: 'not-a-registry', detail: 'HTTP 404 from HOST' }],
    [
      'a web page',
      { does: { raw: `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi` } },
      { cause: 'not-a-registry', detail: 'HTTP 200 from HOST to GET /v2/ is a web page' },
    ],
    ['another success', { does: { status: 204 } }, { cause: 'not-a-registry', detail: 'HTTP 204 from HOST' }],
    [
      'other kinds of login',
      { does: { status: 401, headers: { 'www-authenticate': ['Negotiate', 'Digest realm="x"'] } } },
      {
        cause: 'unknown-challenge',
        detail: 'HOST asks for a kind of login other than Basic and Bearer: "negotiate, digest"',
      },
    ],
    [
      'a Bearer challenge without realm',
      { does: { status: 401, headers: { 'www-authenticate': 'Bearer service="x"' } } },
      {
        cause: 'unknown-challenge',
        detail: 'HOST asks for a Bearer token and does not say where to get one (its challenge has no realm)',
      },
    ],
    [
      'a redirect to another host',
      { does: { status: 307, headers: { location: 'https://other.example/v2/' } } },
      { cause: 'redirect', detail: 'HTTP 307 from HOST, a redirect to other.example' },
    ],
    ['a redirect to nowhere', { does: { status: 302 } }, { cause: 'redirect', detail: 'HTTP 302 from HOST' }],
    [
      'a redirect without end',
      { does: { status: 302, headers: { location: '/v2/' } } },
      { cause: 'redirect', detail: 'HTTP 302 from HOST, a redirect to HOST' },
    ],
    [
      'an endless body',
      { does: { status: 200, body: 'x'.repeat(200_000) } },
      { cause: 'answer-too-large', detail: 'the answer of HOST is larger than 128 KiB' },
    ],
    [
      'another protocol',
      { does: 'garbage' },
      { cause: 'answer-not-understood', detail: 'the answer of HOST is not HTTP' },
    ],
  ];
  test.each(cases)('%s', async (_claim, fault, verdict) => {
    const registry = await start({ faults: [fault] });
    const { detail, ...rest } = verdict;
    const expected = typeof detail === 'string' ? { detail: detail.replaceAll('HOST', registry.host) } : {};
    expect(await verify(registry.host, { scheme: 'http' })).toMatchObject({
      outcome: 'unsupported',
      ...rest,
      ...expected,
    });
    expect(requestLog(registry).every((line) => !line.includes('Basic'))).toBe(true);
    expect(registry.requests.length).toBeLessThanOrEqual(6);
  });
});

describe('whoever refuses before a login is asked for', () => {
  const denied = JSON.stringify({
    errors: [{ code: 'DENIED', message: 'client with IP 203.0.113.7 is not allowed access' }],
  });
  const noWay = 'HTTP 401 from HOST to GET /v2/ does not say how to log in';
  test.each<[claim: string, does: Fault['does'], httpStatus: number, detail: string]>([
    ['a web page', { status: 403, headers: html }, 403, 'HTTP 403 from HOST'],
    [
      'a firewall that says why',
      { status: 403, body: denied },
      403,
      'HTTP 403 from HOST: "client with IP 203.0.113.7 is not allowed access"',
    ],
    [
      'one that repeats the password, known from another time',
      { status: 403, body: JSON.stringify({ errors: [{ message: `not with ${password}` }] }) },
      403,
      'HTTP 403 from HOST',
    ],
    [
      'with a challenge',
      { status: 403, headers: { 'www-authenticate': 'Basic' } },
      403,
      'HTTP 403 from HOST',
    ],
    ['HTTP 401 without a challenge', { status: 401 }, 401, noWay],
    ['HTTP 401 with an empty one', { status: 401, headers: { 'www-authenticate': '' } }, 401, noWay],
  ])('rejects, and gets no credentials: %s', async (_claim, does, httpStatus, detail) => {
    const registry = await start({ faults: [{ does }] });
    expect(await verify(registry.host)).toEqual({
      outcome: 'rejected',
      httpStatus,
      isUnasked: true,
      detail: detail.replace('HOST', registry.host),
    });
    expect(requestLog(registry)).toEqual(['GET /v2/']);
  });
});

describe('redirects', () => {
  test('of the anonymous question are followed on the same origin, and the answer goes where they led', async () => {
    const registry = await start({
      faults: [{ on: /^\/v2\/$/, does: { status: 302, headers: { location: '/v2' } } }],
    });
    expect(await verify(registry.host)).toEqual(accepted);
    expect(requestLog(registry)).toEqual(['GET /v2/', 'GET /v2', 'GET /v2 Basic']);
  });

  test('to another port are not followed', async () => {
    const other = await start({});
    const { host } = await start({
      faults: [{ does: { status: 302, headers: { location: `http://${other.host}/v2/` } } }],
    });
    expect(await verify(host)).toMatchObject({
      outcome: 'unsupported',
      cause: 'redirect',
      detail: `HTTP 302 from ${host}, a redirect to ${other.host}`,
    });
    expect(other.requests).toEqual([]);
  });

  test.each([
    ['the same origin', (_other: string) => '/v2'],
    ['another origin', (other: string) => `http://${other}/v2/`],
  ])('with credentials are not followed to %s', async (_claim, location) => {
    const other = await start({});
    const registry = await start({
      faults: [{ authorized: true, does: { status: 307, headers: { location: location(other.host) } } }],
    });
    expect(await verify(registry.host)).toMatchObject({ outcome: 'unsupported', cause: 'redirect' });
    expect(requestLog(registry)).toEqual(['GET /v2/', 'GET /v2/ Basic']);
    expect(other.requests).toEqual([]);
  });
});
