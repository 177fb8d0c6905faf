import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import { exchangeToken } from '../../src/io/ecr-client.ts';
import {
  ecrExchange,
  ecrRegistry,
  secretAccessKey,
  sessionToken,
  temporaryKey,
} from '../support/ecr-exchange.ts';
import { startEcrStandIn, type EcrStandIn } from '../support/ecr-stand-in.ts';

const keys = [
  { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey },
  { accessKeyId: 'ASIAIOSFODNN7EXAMPLE', secretAccessKey, sessionToken },
  { accessKeyId: 'AKIANOPERMISSION0000', secretAccessKey, permissions: [] },
  {
    accessKeyId: 'AKIANOBEARERTOKEN000',
    secretAccessKey,
    permissions: ['ecr-public:GetAuthorizationToken'],
  },
];

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
    const result = await exchangeToken(ecrExchange({ env }));
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
    const result = await exchangeToken(ecrExchange({ env }));
    const life = result.outcome === 'token' ? result.expiresAt.getTime() - before : 0;
    expect(Math.round(life / 60_000)).toBe(90);
  });

  test('sends a session token with temporary keys', async () => {
    expect(await exchangeToken(ecrExchange({ env, ...temporaryKey }))).toMatchObject({ outcome: 'token' });
    expect(standIn.requests).toMatchObject([{ hasSessionToken: true, status: 200 }]);
  });

  test('gets a token of ECR Public, always from us-east-1', async () => {
    const result = await exchangeToken(ecrExchange({ env, registry: ecrRegistry('public.ecr.aws') }));
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
      hosts.map((host) => exchangeToken(ecrExchange({ env, registry: ecrRegistry(host) }))),
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
    const result = await exchangeToken(ecrExchange({ env, now: () => Date.now() - 2 * 3600_000 }));
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
      { ...temporaryKey, sessionToken: null },
      { verdict: 'rejected', cause: 'session-token-missing', variable: 'SESSION_TOKEN' },
    ],
    [
      'another session token',
      { ...temporaryKey, sessionToken: new Secret('planted/other') },
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
    expect(await exchangeToken(ecrExchange({ env, ...change }))).toMatchObject({
      outcome: 'failed',
      ...expected,
    });
    expect(standIn.requests).toHaveLength(1);
  });

  test('a key that may not get a bearer token is told the action and the policy line of ECR Public', async () => {
    const change = { env, accessKeyId: 'AKIANOBEARERTOKEN000', registry: ecrRegistry('public.ecr.aws') };
    const result = await exchangeToken(ecrExchange(change));
    expect(result).toMatchObject({
      cause: 'access-denied',
      message: expect.stringContaining('sts:GetServiceBearerToken'),
    });
    expect(result.outcome === 'failed' && result.advice).toContain(
      '{"Effect":"Allow","Action":["ecr-public:GetAuthorizationToken","sts:GetServiceBearerToken"],"Resource":"*"}',
    );
  });
});
