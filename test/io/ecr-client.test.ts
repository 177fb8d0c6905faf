import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseEcrRegistry, type EcrRegistry } from '../../src/core/ecr-registry.ts';
import { Secret } from '../../src/core/secret.ts';
import { exchangeToken, type EcrExchange } from '../../src/io/ecr-client.ts';
import { HttpError } from '../../src/io/http.ts';
import { startEcrStandIn, type EcrStandIn } from '../support/ecr-stand-in.ts';
import type { InjectedError } from '../support/ecr-stand-in-errors.ts';
import { createFetchClient, createScriptedClient } from '../support/fetch-http-client.ts';

const secret = 'planted/secret+access/key';
const sessionToken = 'planted/session//token==';
const keys = [
  { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: secret },
  { accessKeyId: 'ASIAIOSFODNN7EXAMPLE', secretAccessKey: secret, sessionToken },
  { accessKeyId: 'AKIANOPERMISSION0000', secretAccessKey: secret, permissions: [] },
  {
    accessKeyId: 'AKIANOBEARERTOKEN000',
    secretAccessKey: secret,
    permissions: ['ecr-public:GetAuthorizationToken'],
  },
];
const privateHost = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';

function registry(hostname: string): EcrRegistry {
  const parsed = parseEcrRegistry(hostname);
  if (parsed === null) throw new Error(`not ECR: ${hostname}`);
  return parsed;
}

function exchange(change: Partial<EcrExchange>): EcrExchange {
  return {
    registry: registry(privateHost),
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretAccessKey: new Secret(secret),
    sessionToken: null,
    env: {},
    http: createFetchClient(),
    signal: AbortSignal.timeout(15_000),
    now: Date.now,
    setName: 'ECR',
    ...change,
  };
}

const temporary = { accessKeyId: 'ASIAIOSFODNN7EXAMPLE', sessionToken: new Secret(sessionToken) };

describe('exchangeToken against an API that checks signatures', () => {
  let standIn: EcrStandIn;
  let env: Record<string, string>;
  beforeEach(async () => {
    standIn = await startEcrStandIn({ keys });
    env = { AWS_ENDPOINT_URL: standIn.url };
  });
  afterEach(async () => {
    await standIn.close();
  });

  test('gets a token for the account and region of the host, and splits it at the first colon only', async () => {
    standIn.setPassword('a:password:with:colons');
    const result = await exchangeToken(exchange({ env }));
    expect(result).toMatchObject({ outcome: 'token', username: 'AWS' });
    expect(result.outcome === 'token' && result.password.reveal()).toBe('a:password:with:colons');
    expect(standIn.requests).toMatchObject([
      {
        region: 'eu-west-1',
        registryIds: ['123456789012'],
        accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
        status: 200,
      },
    ]);
  });

  test('says when the token expires', async () => {
    standIn.setTokenLife(90 * 60_000);
    const before = Date.now();
    const result = await exchangeToken(exchange({ env }));
    const life = result.outcome === 'token' ? result.expiresAt.getTime() - before : 0;
    expect(Math.round(life / 60_000)).toBe(90);
  });

  test('sends a session token with temporary keys', async () => {
    expect(await exchangeToken(exchange({ env, ...temporary }))).toMatchObject({ outcome: 'token' });
    expect(standIn.requests).toMatchObject([{ hasSessionToken: true, status: 200 }]);
  });

  test('gets a token of ECR Public, always from us-east-1', async () => {
    const result = await exchangeToken(exchange({ env, registry: registry('public.ecr.aws') }));
    expect(result).toMatchObject({ outcome: 'token', username: 'AWS' });
    expect(standIn.requests).toMatchObject([
      { operation: 'SpencerFrontendService.GetAuthorizationToken', region: 'us-east-1', registryIds: null },
    ]);
  });

  test('several accounts and regions at once keep to themselves', async () => {
    const hosts = [
      '111111111111.dkr.ecr.us-east-1.amazonaws.com',
      '222222222222.dkr.ecr.us-east-1.amazonaws.com',
      '222222222222.dkr-ecr-fips.us-gov-west-1.on.aws',
      '333333333333.dkr.ecr.cn-north-1.amazonaws.com.cn',
    ];
    const results = await Promise.all(
      hosts.map((host) => exchangeToken(exchange({ env, registry: registry(host) }))),
    );
    expect(results.map((result) => result.outcome)).toEqual(['token', 'token', 'token', 'token']);
    const asked = standIn.requests.map((request) => `${request.registryIds?.join()} ${request.region}`);
    expect(asked.toSorted()).toEqual([
      '111111111111 us-east-1',
      '222222222222 us-east-1',
      '222222222222 us-gov-west-1',
      '333333333333 cn-north-1',
    ]);
  });

  test('signs with the clock that it is given, and a clock that is wrong is corrected from the answer', async () => {
    const result = await exchangeToken(exchange({ env, now: () => Date.now() - 2 * 3600_000 }));
    expect(result).toMatchObject({ outcome: 'token' });
    expect(standIn.requests.map((request) => request.error)).toEqual(['InvalidSignatureException', null]);
  });

  test.each([
    [
      'an unknown key',
      { accessKeyId: 'AKIAUNKNOWNKEY000000' },
      { verdict: 'rejected', cause: 'unknown-key', variable: 'USER' },
    ],
    [
      'a wrong secret',
      { secretAccessKey: new Secret('planted/wrong') },
      { verdict: 'rejected', cause: 'wrong-secret', variable: 'PASSWORD' },
    ],
    [
      'temporary keys without their token',
      { ...temporary, sessionToken: null },
      { verdict: 'rejected', cause: 'session-token-missing', variable: 'SESSION_TOKEN' },
    ],
    [
      'another session token',
      { ...temporary, sessionToken: new Secret('planted/other') },
      { verdict: 'rejected', cause: 'unknown-key' },
    ],
    [
      'a long-lived key with a token',
      { sessionToken: new Secret(sessionToken) },
      { verdict: 'rejected', cause: 'session-token-unexpected', variable: 'SESSION_TOKEN' },
    ],
    [
      'a key without permission',
      { accessKeyId: 'AKIANOPERMISSION0000' },
      { verdict: 'rejected', cause: 'access-denied', variable: null },
    ],
  ] as const)('%s fails after one request', async (_claim, change, expected) => {
    expect(await exchangeToken(exchange({ env, ...change }))).toMatchObject({
      outcome: 'failed',
      ...expected,
    });
    expect(standIn.requests).toHaveLength(1);
  });

  test('a key that may not get a bearer token is told the action and the policy line of ECR Public', async () => {
    const change = { env, accessKeyId: 'AKIANOBEARERTOKEN000', registry: registry('public.ecr.aws') };
    const result = await exchangeToken(exchange(change));
    expect(result).toMatchObject({
      cause: 'access-denied',
      message: expect.stringContaining('sts:GetServiceBearerToken'),
    });
    expect(result.outcome === 'failed' && result.advice).toContain(
      '{"Effect":"Allow","Action":["ecr-public:GetAuthorizationToken","sts:GetServiceBearerToken"],"Resource":"*"}',
    );
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
    const result = await exchangeToken(exchange({ env, ...temporary, signal: AbortSignal.timeout(700) }));
    expect(result).toMatchObject({ outcome: 'failed', verdict, cause });
    expect(JSON.stringify(result)).not.toContain('planted');
  });

  test('what AWS echoes of a request does not show the session token', async () => {
    standIn.fail({
      status: 400,
      body: JSON.stringify({
        __type: 'Odd',
        message: `Canonical string:\nx-amz-security-token:${sessionToken}\n${secret}`,
      }),
    });
    const result = await exchangeToken(exchange({ env, ...temporary }));
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
    expect(await exchangeToken(exchange({ env }))).toMatchObject({ outcome: 'token' });
    expect(standIn.requests).toHaveLength(3);
  });

  test.each<[InjectedError]>([['throttled'], ['too-many-requests'], ['throttled-with-retry-after']])(
    'tries again after being %j',
    async (error) => {
      standIn.failTimes(error, 1);
      expect(await exchangeToken(exchange({ env }))).toMatchObject({ outcome: 'token' });
      expect(standIn.requests).toHaveLength(2);
    },
  );

  test('gives up after six attempts', async () => {
    standIn.fail('server-error');
    await exchangeToken(exchange({ env }));
    expect(standIn.requests).toHaveLength(6);
  });

  test('a deadline that ends the wait between attempts leaves the reason for the wait', async () => {
    standIn.fail({ status: 429, body: '{}', headers: { 'retry-after': '10' } });
    const result = await exchangeToken(exchange({ env, signal: AbortSignal.timeout(500) }));
    expect(result).toMatchObject({ verdict: 'unreachable', cause: 'rate-limited' });
  });

  test('a deadline that ends the request is a timeout', async () => {
    standIn.fail('silence');
    const result = await exchangeToken(exchange({ env, signal: AbortSignal.timeout(300) }));
    expect(result).toMatchObject({ verdict: 'unreachable', cause: 'timeout' });
  });

  test('a closed port is unreachable', async () => {
    await standIn.close();
    expect(await exchangeToken(exchange({ env }))).toMatchObject({
      verdict: 'unreachable',
      cause: 'connection-refused',
    });
    standIn = await startEcrStandIn({ keys });
  });
});

describe('exchangeToken without an API', () => {
  const refused = {
    status: 400,
    headers: {},
    body: '{"__type":"UnrecognizedClientException","message":"planted"}',
  };

  test.each([
    ['123456789012.dkr.ecr.us-east-1.amazonaws.com', 'https://api.ecr.us-east-1.amazonaws.com/'],
    ['123456789012.dkr.ecr-fips.us-east-1.amazonaws.com', 'https://api.ecr-fips.us-east-1.amazonaws.com/'],
    ['123456789012.dkr-ecr.us-east-1.on.aws', 'https://ecr.us-east-1.api.aws/'],
    ['123456789012.dkr-ecr-fips.us-east-1.on.aws', 'https://ecr-fips.us-east-1.api.aws/'],
    ['123456789012.dkr.ecr.us-gov-west-1.amazonaws.com', 'https://api.ecr.us-gov-west-1.amazonaws.com/'],
    [
      '123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com',
      'https://api.ecr-fips.us-gov-west-1.amazonaws.com/',
    ],
    ['123456789012.dkr-ecr-fips.us-gov-east-1.on.aws', 'https://ecr-fips.us-gov-east-1.api.aws/'],
    ['123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn', 'https://api.ecr.cn-north-1.amazonaws.com.cn/'],
    [
      '123456789012.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn',
      'https://ecr.cn-north-1.api.amazonwebservices.com.cn/',
    ],
    ['123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu', 'https://api.ecr.eusc-de-east-1.amazonaws.eu/'],
    ['123456789012.dkr.ecr.us-iso-east-1.c2s.ic.gov', 'https://api.ecr.us-iso-east-1.c2s.ic.gov/'],
    ['123456789012.dkr.ecr.us-isob-east-1.sc2s.sgov.gov', 'https://api.ecr.us-isob-east-1.sc2s.sgov.gov/'],
    ['123456789012.dkr.ecr.eu-isoe-west-1.cloud.adc-e.uk', 'https://api.ecr.eu-isoe-west-1.cloud.adc-e.uk/'],
    [
      '123456789012.dkr.ecr.us-isof-south-1.csp.hci.ic.gov',
      'https://api.ecr.us-isof-south-1.csp.hci.ic.gov/',
    ],
    ['123456789012.dkr.ecr.xx-new-9.amazonaws.com', 'https://api.ecr.xx-new-9.amazonaws.com/'],
    ['public.ecr.aws', 'https://api.ecr-public.us-east-1.amazonaws.com/'],
    ['ecr-public.aws.com', 'https://ecr-public.us-east-1.api.aws/'],
  ])('%s asks %s', async (hostname, url) => {
    const http = createScriptedClient(() => refused);
    await exchangeToken(exchange({ http, registry: registry(hostname) }));
    expect(http.sent.map((request) => request.url.href)).toEqual([url]);
    expect(http.sent[0]?.allowInvalidCertificate).toBe(false);
  });

  test('the secret key itself is nowhere in what is sent', async () => {
    const http = createScriptedClient(() => refused);
    await exchangeToken(exchange({ http }));
    const { url, headers, body } = http.sent[0] ?? {};
    expect(JSON.stringify({ url, headers, body })).not.toContain('planted');
  });

  test.each([
    ['a user name that is no access key id', { accessKeyId: 'some-user' }, 'not-an-access-key', 'USER'],
    [
      'an access key id with a line break',
      { accessKeyId: 'AKIAIOSFODNN7EXAMPLE\r\nx: y' },
      'not-an-access-key',
      'USER',
    ],
    ['an empty secret', { secretAccessKey: new Secret('') }, 'wrong-secret', 'PASSWORD'],
    [
      'a session token on two lines',
      { sessionToken: new Secret('planted\ntoken') },
      'session-token-malformed',
      'SESSION_TOKEN',
    ],
    [
      'a session token with other letters',
      { sessionToken: new Secret('plantedé') },
      'session-token-malformed',
      'SESSION_TOKEN',
    ],
    ['an endpoint that is no URL', { env: { AWS_ENDPOINT_URL_ECR: 'not a url' } }, 'bad-endpoint', null],
    [
      'an endpoint of another scheme',
      { env: { AWS_ENDPOINT_URL: 'ftp://127.0.0.1/' } },
      'bad-endpoint',
      null,
    ],
    [
      'an endpoint with user information',
      { env: { AWS_ENDPOINT_URL: 'https://a:planted@127.0.0.1/' } },
      'bad-endpoint',
      null,
    ],
    [
      'plain HTTP to another machine',
      { env: { AWS_ENDPOINT_URL: 'http://api.example.com/' } },
      'bad-endpoint',
      null,
    ],
    [
      'plain HTTP to a look-alike of loopback',
      { env: { AWS_ENDPOINT_URL: 'http://127.0.0.1.example.com/' } },
      'bad-endpoint',
      null,
    ],
  ])('%s is refused before anything is sent', async (_claim, change, cause, variable) => {
    const http = createScriptedClient(() => refused);
    const result = await exchangeToken(exchange({ http, ...change }));
    expect(result).toMatchObject({ outcome: 'failed', verdict: 'error', cause, variable });
    expect(http.sent).toHaveLength(0);
    expect(JSON.stringify(result)).not.toContain('planted');
  });

  test.each([
    [
      'the service before all',
      { AWS_ENDPOINT_URL_ECR: 'https://a.example/', AWS_ENDPOINT_URL: 'https://b.example/' },
      privateHost,
      'https://a.example/',
    ],
    [
      'all, where the service is empty',
      { AWS_ENDPOINT_URL_ECR: ' ', AWS_ENDPOINT_URL: 'https://b.example/' },
      privateHost,
      'https://b.example/',
    ],
    [
      'each service its own',
      { AWS_ENDPOINT_URL_ECR: 'https://a.example/', AWS_ENDPOINT_URL_ECR_PUBLIC: 'https://p.example/' },
      'public.ecr.aws',
      'https://p.example/',
    ],
    [
      'not that of another service',
      { AWS_ENDPOINT_URL_ECR_PUBLIC: 'https://p.example/' },
      privateHost,
      'https://api.ecr.eu-west-1.amazonaws.com/',
    ],
    [
      'a path and a port',
      { AWS_ENDPOINT_URL: 'https://a.example:8443/ecr' },
      privateHost,
      'https://a.example:8443/ecr/',
    ],
    [
      'FIPS and dual-stack hosts too',
      { AWS_ENDPOINT_URL: 'https://a.example/' },
      '123456789012.dkr-ecr-fips.us-east-1.on.aws',
      'https://a.example/',
    ],
    ['plain HTTP on ::1', { AWS_ENDPOINT_URL: 'http://[::1]:4566' }, privateHost, 'http://[::1]:4566/'],
    [
      'plain HTTP on localhost',
      { AWS_ENDPOINT_URL: 'http://localhost:4566' },
      privateHost,
      'http://localhost:4566/',
    ],
  ])('an endpoint in the environment: %s', async (_claim, env, hostname, url) => {
    const http = createScriptedClient(() => refused);
    await exchangeToken(exchange({ http, env, registry: registry(hostname) }));
    expect(http.sent.map((request) => request.url.href)).toEqual([url]);
  });

  test('plain HTTP and an untrusted certificate are fine for a host that was declared insecure', async () => {
    const http = createScriptedClient(() => refused);
    const env = { AWS_ENDPOINT_URL: 'http://api.example.com:4566/' };
    await exchangeToken(exchange({ http, env, insecureRegistries: ['api.example.com:4566'] }));
    expect(http.sent).toMatchObject([{ allowInvalidCertificate: true }]);
  });

  test.each([
    ['name-not-resolved', 'ENOTFOUND', 'unreachable', 1],
    ['name-not-resolved', 'EAI_AGAIN', 'unreachable', 6],
    ['connection-refused', 'ECONNREFUSED', 'unreachable', 6],
    ['connection-lost', 'ECONNRESET', 'unreachable', 6],
    ['tls', 'SELF_SIGNED_CERT_IN_CHAIN', 'unreachable', 1],
    ['proxy', null, 'unreachable', 1],
    ['timeout', null, 'unreachable', 1],
    ['answer-too-large', null, 'error', 1],
  ] as const)('%s (%s) is %s after %i requests', async (reason, code, verdict, requests) => {
    const http = createScriptedClient(
      () => new HttpError(reason, `failed: ${code}`, { code: code ?? undefined }),
    );
    const result = await exchangeToken(exchange({ http }));
    expect(result).toMatchObject({ outcome: 'failed', verdict, cause: reason });
    expect(http.sent).toHaveLength(requests);
  });

  test('a region that does not exist points at SERVER', async () => {
    const http = createScriptedClient(
      () =>
        new HttpError('name-not-resolved', 'api.ecr.us-esat-1.amazonaws.com could not be resolved', {
          code: 'ENOTFOUND',
        }),
    );
    const result = await exchangeToken(
      exchange({ http, registry: registry('123456789012.dkr.ecr.us-esat-1.amazonaws.com') }),
    );
    expect(result).toMatchObject({
      variable: 'SERVER',
      message: 'No token from AWS: api.ecr.us-esat-1.amazonaws.com could not be resolved.',
      advice:
        'If "us-esat-1" is not an AWS region, correct ECR_CONTAINER_REGISTRY_SERVER; else check the DNS or VPN of this container.',
    });
  });

  test.each([
    ['the token itself says', { expiration: 1_900_000_000 }, new Date(1_900_000_000_000)],
    ['nothing says: twelve hours', {}, new Date(Date.parse('2026-03-01T12:00:00Z') + 12 * 3600_000)],
  ])('without expiresAt, %s', async (_claim, inside, expiresAt) => {
    const password = Buffer.from(JSON.stringify(inside)).toString('base64');
    const authorizationToken = Buffer.from(`AWS:${password}`).toString('base64');
    const body = JSON.stringify({ authorizationData: [{ authorizationToken }] });
    const http = createScriptedClient(() => ({ status: 200, headers: {}, body }));
    expect(
      await exchangeToken(exchange({ http, now: () => Date.parse('2026-03-01T12:00:00Z') })),
    ).toMatchObject({ outcome: 'token', expiresAt });
  });
});
