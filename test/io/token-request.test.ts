import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import { verifyLogin } from '../../src/io/registry-client.ts';
import { NodeClient } from '../../src/io/node-client.ts';
import { accessTo } from '../support/access.ts';
import { createAuthority, type TestAuthority } from '../support/certificates.ts';
import type { TestRegistry } from '../support/registry.ts';
import { testRegistries } from '../support/test-registries.ts';
import { requestLog, verifyAs } from '../support/verify.ts';

const password = 'planted-P\u00e4ssw0rd:1';
const basic = `Basic ${Buffer.from(`us er:${password}`).toString('base64')}`;
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map(async (close) => await close()));
});

const start = testRegistries(() => ({ auth: 'bearer', users: { 'us er': password } }));
const verify = verifyAs({ username: 'us er', password }, { scheme: 'http' });

function tokenQuery({ requests }: TestRegistry): [string, string][] {
  const request = requests.find(({ path }) => path.startsWith('/token'));
  return [...new URL(request?.path ?? '/', 'http://none').searchParams];
}

/** A server that answers every request for a token alike, and a registry that takes any token. */
async function withTokenAnswer(status: number, body: unknown): Promise<TestRegistry> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return await start({
    faults: [
      { on: /^\/token/, does: { status, body: text } },
      { on: /^\/v2\/$/, authorized: true, does: { status: 200 } },
    ],
  });
}

describe('a registry with Bearer', () => {
  test('accepts the right password by a token, asked for as docker does', async () => {
    const registry = await start();
    expect(await verify(registry.host)).toEqual({ outcome: 'accepted', identityToken: null });
    expect(requestLog(registry)).toEqual(['GET /v2/', 'GET /token Basic', 'GET /v2/ Bearer']);
    expect(registry.requests[1]?.headers['authorization']).toBe(basic);
    expect(tokenQuery(registry)).toEqual([
      ['client_id', 'registry-login'],
      ['service', 'test-registry'],
      ['account', 'us er'],
      ['offline_token', 'true'],
    ]);
  });

  test('rejects a wrong password', async () => {
    const registry = await start();
    const detail = `HTTP 401 from ${registry.host}: "incorrect username or password"`;
    expect(await verify(registry.host, { password: 'planted-wrong' })).toEqual({
      outcome: 'rejected',
      httpStatus: 401,
      detail,
    });
    expect(requestLog(registry)).toEqual(['GET /v2/', 'GET /token Basic']);
  });

  test('is preferred over Basic', async () => {
    const registry = await start({ challenge: ['Basic realm="r"', 'Bearer realm="{realm}"'] });
    expect(await verify(registry.host)).toMatchObject({ outcome: 'accepted' });
    expect(requestLog(registry)[1]).toBe('GET /token Basic');
  });

  test('is asked without service where it names none', async () => {
    const registry = await start({ service: null });
    expect(await verify(registry.host)).toMatchObject({ outcome: 'accepted' });
    expect(tokenQuery(registry).map(([name]) => name)).toEqual(['client_id', 'account', 'offline_token']);
  });

  test('keeps the query of its realm', async () => {
    const registry = await start({ challenge: 'Bearer realm="{realm}?tenant=a%26b&x",service="s & t"' });
    expect(await verify(registry.host)).toMatchObject({ outcome: 'accepted' });
    expect(tokenQuery(registry).slice(0, 4)).toEqual([
      ['tenant', 'a&b'],
      ['x', ''],
      ['client_id', 'registry-login'],
      ['service', 's & t'],
    ]);
  });

  test('is not asked for the scope of its challenge', async () => {
    const registry = await start({
      challenge: 'Bearer realm="{realm}",service="s",scope="registry:catalog:*"',
    });
    expect(await verify(registry.host)).toMatchObject({ outcome: 'accepted' });
    expect(tokenQuery(registry).map(([name]) => name)).not.toContain('scope');
  });

  test('gives an identity token that can be used in the password\u2019s place', async () => {
    const registry = await start({ refreshTokens: true });
    const verdict = await verify(registry.host);
    const [refreshToken = ''] = registry.refreshTokens.keys();
    expect(verdict).toMatchObject({ outcome: 'accepted', identityToken: new Secret(refreshToken) });
    expect(verdict.outcome === 'accepted' ? verdict.identityToken?.reveal() : '').toBe(refreshToken);
    expect(await verify(registry.host, { identityToken: refreshToken })).toMatchObject({
      outcome: 'accepted',
    });
    const post = registry.requests.find(({ method }) => method === 'POST');
    expect(post).toMatchObject({
      path: '/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(post?.headers).not.toHaveProperty('authorization');
    expect([...new URLSearchParams(post?.body)]).toEqual([
      ['grant_type', 'refresh_token'],
      ['refresh_token', refreshToken],
      ['client_id', 'registry-login'],
      ['service', 'test-registry'],
    ]);
  });

  test('rejects an identity token that it does not know', async () => {
    const registry = await start({ refreshTokens: true });
    const detail = `HTTP 400 from ${registry.host}: "invalid_grant"`;
    expect(await verify(registry.host, { identityToken: 'planted-stale' })).toEqual({
      outcome: 'rejected',
      httpStatus: 400,
      detail,
    });
  });

  test('may reject the token that its realm gave', async () => {
    const registry = await start({ faults: [{ on: /^\/v2\//, authorized: true, does: { status: 403 } }] });
    expect(await verify(registry.host)).toEqual({
      outcome: 'rejected',
      httpStatus: 403,
      detail: `HTTP 403 from ${registry.host}`,
    });
  });
});

describe('the realm\u2019s answer', () => {
  const token = 'planted-token.abc_-~+/=';
  const cases: [claim: string, status: number, body: unknown, verdict: Record<string, unknown>][] = [
    ['may hold the token as token', 200, { token }, { outcome: 'accepted' }],
    ['may hold the token as access_token', 200, { access_token: token }, { outcome: 'accepted' }],
    [
      'may hold nulls and unknown names',
      200,
      { token, access_token: null, refresh_token: null, expires_in: 'x', a: 1 },
      { outcome: 'accepted', identityToken: null },
    ],
    ['may be any success', 201, { token }, { outcome: 'accepted' }],
    [
      'is useless without token',
      200,
      {},
      { cause: 'answer-not-understood', detail: 'the answer of HOST holds no token' },
    ],
    ['is useless with an empty token', 200, { token: '' }, { cause: 'answer-not-understood' }],
    ['is useless with a number as token', 200, { token: 7 }, { cause: 'answer-not-understood' }],
    ['is useless as a list', 200, [], { cause: 'answer-not-understood' }],
    ['is useless as text', 200, token, { cause: 'answer-not-understood' }],
    [
      'is hostile with a line break in the token',
      200,
      { token: 'planted\r\nX-Evil: 1' },
      {
        cause: 'answer-not-understood',
        detail: 'the token from HOST holds characters that no token may have',
      },
    ],
    [
      'is hostile with a control character in the token',
      200,
      { token: 'planted\u0000' },
      { cause: 'answer-not-understood' },
    ],
    [
      'is hostile with a space in the token',
      200,
      { token: 'planted token' },
      { cause: 'answer-not-understood' },
    ],
    [
      'is hostile with other scripts in the token',
      200,
      { token: 'planted\u00e9' },
      { cause: 'answer-not-understood' },
    ],
    [
      'may be a refusal with 403',
      403,
      { errors: [{ message: 'requested access to the resource is denied' }] },
      {
        outcome: 'rejected',
        httpStatus: 403,
        detail: 'HTTP 403 from HOST: "requested access to the resource is denied"',
      },
    ],
    ['may be a failure', 500, {}, { outcome: 'unreachable', cause: 'server-error' }],
    ['may be a plea for patience', 429, { errors: [] }, { outcome: 'unreachable', cause: 'rate-limited' }],
    [
      'is useless as a bad request',
      400,
      { message: 'scope is missing' },
      { cause: 'answer-not-understood', detail: 'HTTP 400 from HOST: "scope is missing"' },
    ],
    ['is useless as not found', 404, '', { cause: 'answer-not-understood', detail: 'HTTP 404 from HOST' }],
    ['is bounded', 200, { token: 'x'.repeat(200_000) }, { cause: 'answer-too-large' }],
    [
      'is not quoted where it repeats the header',
      401,
      { errors: [{ message: `bad ${basic}` }] },
      { outcome: 'rejected', detail: 'HTTP 401 from HOST' },
    ],
  ];
  test.each(cases)('%s', async (_claim, status, body, verdict) => {
    const registry = await withTokenAnswer(status, body);
    const { detail, ...rest } = verdict;
    const expected = typeof detail === 'string' ? { detail: detail.replaceAll('HOST', registry.host) } : {};
    expect(await verify(registry.host)).toMatchObject({ ...rest, ...expected });
  });

  test('is not followed elsewhere', async () => {
    const other = await start();
    const location = `http://${other.host}/token`;
    const registry = await start({
      faults: [{ on: /^\/token/, does: { status: 307, headers: { location } } }],
    });
    const detail = `HTTP 307 from ${registry.host}, a redirect to ${other.host}`;
    expect(await verify(registry.host)).toEqual({ outcome: 'unsupported', cause: 'redirect', detail });
    expect(other.requests).toEqual([]);
  });

  test('to a refresh token is not asked for twice where the connection was lost', async () => {
    const registry = await start({ faults: [{ on: /^\/token/, does: 'reset' }] });
    expect(await verify(registry.host, { identityToken: 'planted-x' })).toMatchObject({
      outcome: 'unreachable',
      cause: 'connection-lost',
    });
    expect(registry.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });
});

describe('a realm elsewhere', () => {
  test('gets nothing where it is on another port of loopback', async () => {
    const registry = await start({ tokenServer: 'other' });
    const authHost = registry.tokenHost;
    const detail = `${registry.host} sends logins to ${authHost}, a loopback address that is not its own host and port`;
    expect(await verify(registry.host)).toEqual({
      outcome: 'unsupported',
      cause: 'realm-refused',
      detail,
      authHost,
    });
    expect(requestLog(registry)).toEqual(['GET /v2/']);
  });

  test('gets the credentials where the user trusts it', async () => {
    const registry = await start({ tokenServer: 'other' });
    expect(await verify(registry.host, { trusted: { [registry.host]: [registry.tokenHost] } })).toMatchObject(
      { outcome: 'accepted' },
    );
    expect(registry.requests.map(({ server }) => server)).toEqual(['registry', 'token', 'registry']);
  });

  test.each([
    [
      'another domain',
      'https://evil.example/token',
      'to evil.example, which belongs to another domain',
      'evil.example',
    ],
    [
      'a cloud\u2019s metadata',
      'https://169.254.169.254/token',
      'to 169.254.169.254, a link-local address that is not its own host and port',
      '169.254.169.254',
    ],
    ['on http', 'http://evil.example/token', 'to evil.example without TLS', undefined],
    ['user info', 'https://planted:x@evil.example/token', 'to a realm that holds user info', undefined],
  ])('gets nothing where it is %s', async (_claim, realm, where, authHost) => {
    const registry = await start({ challenge: `Bearer realm="${realm}"` });
    const detail = `${registry.host} sends logins ${where}`;
    expect(await verify(registry.host)).toEqual({
      outcome: 'unsupported',
      cause: 'realm-refused',
      detail,
      authHost,
    });
    expect(requestLog(registry)).toEqual(['GET /v2/']);
  });

  test('that has the password for a name is not quoted', async () => {
    const registry = await start({
      auth: 'bearer',
      challenge: 'Bearer realm="https://planted-abcdef.example/"',
    });
    expect(await verify(registry.host, { password: 'planted-abcdef' })).toEqual({
      outcome: 'unsupported',
      cause: 'realm-refused',
      detail: `${registry.host} sends logins where they may not go`,
    });
  });
});

describe('a realm of the same registrable domain', () => {
  let authority: TestAuthority;
  beforeAll(async () => {
    authority = await createAuthority();
  });
  afterAll(async () => await authority.remove());

  test.each([
    ['gets the credentials', 'r.corp.example', 'auth.corp.example', 'accepted'],
    ['gets nothing where only a public suffix is shared', 'r.co.uk', 'auth.co.uk', 'unsupported'],
  ])('%s', async (_claim, host, authHost, outcome) => {
    const registry = await start({ challenge: `Bearer realm="https://${authHost}/token",service="s"` });
    const client = new NodeClient({});
    closers.push(async () => await client.close());
    const asked: string[] = [];
    const http = {
      send: async (request: Parameters<typeof client.send>[0]) => {
        asked.push(`${request.url.host} for ${request.onBehalfOf}`);
        const { pathname, search } = request.url;
        return await client.send({ ...request, url: new URL(pathname + search, registry.url) });
      },
      close: () => Promise.resolve(),
    };
    const credential = { username: 'us er', password: new Secret(password) };
    expect(await verifyLogin({ ...accessTo(host, http), credential })).toMatchObject({ outcome });
    const all = [`${host} for ${host}`, `${authHost} for ${host}`, `${host} for ${host}`];
    expect(asked).toEqual(outcome === 'accepted' ? all : all.slice(0, 1));
  });
});
