import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exchangeToken } from '../../src/io/ecr-client.ts';
import { ecrExchange, secretAccessKey, sessionToken, temporaryKey } from '../support/ecr-exchange.ts';
import { startEcrStandIn, type EcrStandIn } from '../support/ecr-stand-in.ts';
import type { InjectedError } from '../support/ecr-stand-in-errors.ts';

const keys = [
  { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey },
  { accessKeyId: 'ASIAIOSFODNN7EXAMPLE', secretAccessKey, sessionToken },
];

describe('exchangeToken when AWS or the network fails', () => {
  let standIn: EcrStandIn;
  let env: Record<string, string>;
  beforeEach(async () => {
    standIn = await startEcrStandIn({ keys });
    env = { AWS_ENDPOINT_URL: standIn.url };
  });
  afterEach(async () => {
    await standIn.close();
  });

  test.each<[InjectedError, string, string]>([
    ['unknown-key', 'rejected', 'unknown-key'],
    ['disabled-key', 'rejected', 'unknown-key'],
    ['wrong-secret', 'rejected', 'wrong-secret'],
    ['signature-does-not-match', 'rejected', 'wrong-secret'],
    ['clock-behind', 'error', 'clock-skew'],
    ['clock-ahead', 'error', 'clock-skew'],
    ['request-expired', 'error', 'clock-skew'],
    ['expired-session-token', 'rejected', 'session-token-expired'],
    ['denied', 'rejected', 'access-denied'],
    ['denied-bearer', 'rejected', 'access-denied'],
    ['wrong-region', 'error', 'wrong-region'],
    ['wrong-account', 'error', 'wrong-account'],
    ['unsupported-region', 'error', 'wrong-region'],
    ['server-error', 'unreachable', 'server-error'],
    ['unavailable', 'unreachable', 'server-error'],
    ['connection-lost', 'unreachable', 'connection-lost'],
    [{ status: 200, body: '' }, 'error', 'answer-not-understood'],
    [
      { status: 200, body: '{"authorizationData":[{"authorizationToken":"QVdTOnBsYW50ZWQ=","expiresAt":' },
      'error',
      'answer-not-understood',
    ],
    [{ status: 200, body: 'planted <html>welcome to our Wi-Fi</html>' }, 'error', 'answer-not-understood'],
    [{ status: 200, body: '[]' }, 'error', 'answer-not-understood'],
    [{ status: 200, body: 'null' }, 'error', 'answer-not-understood'],
    [{ status: 200, body: '{"authorizationData":[]}' }, 'error', 'answer-not-understood'],
    [{ status: 200, body: '{"authorizationData":null}' }, 'error', 'answer-not-understood'],
    [{ status: 200, body: '{"authorizationData":"planted"}' }, 'error', 'answer-not-understood'],
    [{ status: 200, body: '{"authorizationData":[null]}' }, 'error', 'answer-not-understood'],
    [{ status: 200, body: '{"authorizationData":[{}]}' }, 'error', 'answer-not-understood'],
    [
      { status: 200, body: '{"authorizationData":[{"authorizationToken":7}]}' },
      'error',
      'answer-not-understood',
    ],
    [
      { status: 200, body: '{"authorizationData":[{"authorizationToken":"cGxhbnRlZA=="}]}' },
      'error',
      'answer-not-understood',
    ],
    [
      { status: 200, body: '{"authorizationData":[{"authorizationToken":"QVdTOg=="}]}' },
      'error',
      'answer-not-understood',
    ],
    [
      { status: 302, body: '', headers: { location: 'http://127.0.0.1:1/' } },
      'error',
      'answer-not-understood',
    ],
    [{ status: 403, body: '<html>planted blocked by policy</html>' }, 'error', 'answer-not-understood'],
    [{ status: 403, body: '{}' }, 'error', 'answer-not-understood'],
    [{ status: 502, body: '<html>bad gateway</html>' }, 'unreachable', 'server-error'],
    [{ status: 429, body: 'slow down' }, 'unreachable', 'rate-limited'],
    [
      { status: 400, body: '{"__type":"com.amazon.coral.service#Strange","message":"A strange thing."}' },
      'rejected',
      'refused-by-aws',
    ],
    [{ status: 400, body: '{"__type":"__proto__","message":["planted"]}' }, 'rejected', 'refused-by-aws'],
  ])('the answer %j becomes %s, %s, and shows nothing that was planted', async (error, verdict, cause) => {
    standIn.fail(error);
    const result = await exchangeToken(
      ecrExchange({ env, ...temporaryKey, signal: AbortSignal.timeout(700) }),
    );
    expect(result).toMatchObject({ outcome: 'failed', verdict, cause });
    expect(JSON.stringify(result)).not.toContain('planted');
  });

  test('what AWS echoes of a request does not show the session token', async () => {
    standIn.fail({
      status: 400,
      body: JSON.stringify({
        __type: 'Odd',
        message: `Canonical string:\nx-amz-security-token:${sessionToken}\n${secretAccessKey}`,
      }),
    });
    const result = await exchangeToken(ecrExchange({ env, ...temporaryKey }));
    expect(result).toMatchObject({
      cause: 'refused-by-aws',
      message: expect.stringContaining('AWS refuses the request (Odd from '),
    });
    expect(JSON.stringify(result)).not.toContain('planted');
  });

  test.each<[InjectedError]>([
    ['server-error'],
    ['unavailable'],
    ['connection-lost'],
    [{ status: 502, body: 'bad gateway' }],
  ])('tries again after %j', async (error) => {
    standIn.failTimes(error, 2);
    expect(await exchangeToken(ecrExchange({ env }))).toMatchObject({ outcome: 'token' });
    expect(standIn.requests).toHaveLength(3);
  });

  test.each<[InjectedError]>([['throttled'], ['too-many-requests'], ['throttled-with-retry-after']])(
    'tries again after being %j',
    async (error) => {
      standIn.failTimes(error, 1);
      expect(await exchangeToken(ecrExchange({ env }))).toMatchObject({ outcome: 'token' });
      expect(standIn.requests).toHaveLength(2);
    },
  );

  test('gives up after six attempts', async () => {
    standIn.fail('server-error');
    await exchangeToken(ecrExchange({ env }));
    expect(standIn.requests).toHaveLength(6);
  });

  test('a deadline that ends the wait between attempts leaves the reason for the wait', async () => {
    standIn.fail({ status: 429, body: '{}', headers: { 'retry-after': '10' } });
    const result = await exchangeToken(ecrExchange({ env, signal: AbortSignal.timeout(500) }));
    expect(result).toMatchObject({ verdict: 'unreachable', cause: 'rate-limited' });
  });

  test('a deadline that ends the request is a timeout', async () => {
    standIn.fail('silence');
    const result = await exchangeToken(ecrExchange({ env, signal: AbortSignal.timeout(300) }));
    expect(result).toMatchObject({ verdict: 'unreachable', cause: 'timeout' });
  });

  test('a closed port is unreachable', async () => {
    await standIn.close();
    expect(await exchangeToken(ecrExchange({ env }))).toMatchObject({
      verdict: 'unreachable',
      cause: 'connection-refused',
    });
    standIn = await startEcrStandIn({ keys });
  });
});
