import { describe, expect, test } from 'vitest';
import { type Fault, startRegistry } from '../support/registry.ts';
import { testRegistries } from '../support/test-registries.ts';
import { acrUser, verifyAs } from '../support/verify.ts';

const { username, password } = acrUser;
const start = testRegistries(() => ({ users: { [username]: password } }));
const verify = verifyAs(acrUser);

describe('a registry in trouble', () => {
  const cases: [claim: string, faults: Fault[], verdict: Record<string, unknown>, requests: number][] = [
    [
      'that recovers after one 503 is verified',
      [{ times: 1, does: { status: 503 } }],
      { outcome: 'accepted' },
      3,
    ],
    [
      'that recovers after a lost connection is verified',
      [{ times: 2, does: 'reset' }],
      { outcome: 'accepted' },
      4,
    ],
    [
      'that fails once more with credentials is verified',
      [{ authorized: true, times: 2, does: { status: 500 } }],
      { outcome: 'accepted' },
      4,
    ],
    [
      'with 5xx to the end is unreachable',
      [{ does: { status: 502 } }],
      { outcome: 'unreachable', cause: 'server-error', detail: 'HTTP 502 from HOST' },
      3,
    ],
    [
      'with 5xx for credentials is unreachable',
      [{ authorized: true, does: { status: 500 } }],
      { outcome: 'unreachable', cause: 'server-error' },
      4,
    ],
    [
      'that resets to the end is unreachable',
      [{ does: 'reset' }],
      {
        outcome: 'unreachable',
        cause: 'connection-lost',
        detail: 'the connection to HOST was lost (ECONNRESET)',
      },
      3,
    ],
    [
      'with 501 is not asked again',
      [{ does: { status: 501 } }],
      { outcome: 'unreachable', cause: 'server-error' },
      1,
    ],
    [
      'with 429 is not asked again',
      [{ does: { status: 429 } }],
      { outcome: 'unreachable', cause: 'rate-limited', detail: 'HTTP 429 from HOST' },
      1,
    ],
    [
      'with 429 for an hour is not asked again',
      [{ does: { status: 429, headers: { 'retry-after': '3600' } } }],
      { outcome: 'unreachable', cause: 'rate-limited', detail: 'HTTP 429 from HOST, with 3600 s to wait' },
      1,
    ],
    [
      'with 429 for a moment is waited for',
      [{ times: 1, does: { status: 429, headers: { 'retry-after': '1' } } }],
      { outcome: 'accepted' },
      3,
    ],
    [
      'with 429 until a date is waited for by its own clock',
      [
        {
          times: 1,
          does: {
            status: 429,
            headers: {
              date: 'Mon, 01 Jan 2001 00:00:00 GMT',
              'retry-after': 'Mon, 01 Jan 2001 00:00:01 GMT',
            },
          },
        },
      ],
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
    expect(verdict).toEqual({
      outcome: 'unreachable',
      cause: 'timeout',
      detail: `${host} did not answer in time`,
    });
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
    expect(await verify(registry.host)).toEqual({
      outcome: 'unreachable',
      cause: 'connection-refused',
      detail,
    });
  });

  test('whose name does not resolve is unreachable', async () => {
    expect(await verify('registry.invalid')).toMatchObject({
      outcome: 'unreachable',
      cause: 'name-not-resolved',
    });
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
    expect(await verify(host)).toEqual({
      outcome: 'rejected',
      httpStatus: 401,
      detail: `HTTP 401 from ${host}`,
    });
  });

  test('the password as the host of a redirect is not quoted', async () => {
    const secret = 'planted-abcdef';
    const { host } = await start({
      faults: [
        { authorized: true, does: { status: 302, headers: { location: `https://${secret}.example/` } } },
      ],
    });
    expect(await verify(host, { password: secret })).toEqual({
      outcome: 'unsupported',
      cause: 'redirect',
      detail: `HTTP 302 from ${host}`,
    });
  });

  test('the password from another time is not quoted', async () => {
    const { host } = await start({
      faults: [{ does: { status: 404, body: JSON.stringify({ message: `hello again, ${password}` }) } }],
    });
    expect(await verify(host)).toEqual({
      outcome: 'unsupported',
      cause: 'not-a-registry',
      detail: `HTTP 404 from ${host}`,
    });
  });

  test('nothing is quoted in one line of 200 characters at most', async () => {
    const message = `denied:\u001b[31m\r\n${'very '.repeat(100)}`;
    const { host } = await start({
      faults: [{ authorized: true, does: { status: 403, body: JSON.stringify({ errors: [{ message }] }) } }],
    });
    const verdict = await verify(host);
    expect(verdict).toMatchObject({
      detail: expect.stringMatching(
        /^HTTP 403 from \S+: "denied: \[31m very [^\p{Cc}]{170,190}…"$/u,
      ) as string,
    });
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
