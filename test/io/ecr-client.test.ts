import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseEcrRegistry, type EcrRegistry } from '../../src/core/ecr-registry.ts';
import { Secret } from '../../src/core/secret.ts';
import { exchangeToken, type EcrExchange } from '../../src/io/ecr-client.ts';
import { startEcrStandIn, type EcrStandIn } from '../support/ecr-stand-in.ts';
import { createFetchClient } from '../support/fetch-http-client.ts';

const keys = [
  { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'planted/secret+access/key' },
  {
    accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'planted/other+secret',
    sessionToken: 'planted/session//token==',
  },
];

function registry(hostname: string): EcrRegistry {
  const parsed = parseEcrRegistry(hostname);
  if (parsed === null) throw new Error(`not ECR: ${hostname}`);
  return parsed;
}

let standIn: EcrStandIn;
beforeEach(async () => {
  standIn = await startEcrStandIn({ keys });
});
afterEach(async () => {
  await standIn.close();
});

function exchange(change: Partial<EcrExchange> = {}): EcrExchange {
  return {
    registry: registry('123456789012.dkr.ecr.eu-west-1.amazonaws.com'),
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretAccessKey: new Secret('planted/secret+access/key'),
    sessionToken: null,
    env: { AWS_ENDPOINT_URL: standIn.url },
    http: createFetchClient(),
    signal: AbortSignal.timeout(10_000),
    now: Date.now,
    setName: 'ECR',
    ...change,
  };
}

describe('exchangeToken', () => {
  test('gets a token for the account and region of the host', async () => {
    standIn.setPassword('a:password:with:colons');
    const result = await exchangeToken(exchange());
    expect(result).toMatchObject({ outcome: 'token', username: 'AWS' });
    expect(result.outcome === 'token' && result.password.reveal()).toBe('a:password:with:colons');
    expect(standIn.requests).toMatchObject([
      {
        region: 'eu-west-1',
        registryIds: ['123456789012'],
        accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
        hasSessionToken: false,
        status: 200,
      },
    ]);
  });
});
