import { parseEcrRegistry, type EcrRegistry } from '../../src/core/ecr-registry.ts';
import { Secret } from '../../src/core/secret.ts';
import type { EcrExchange } from '../../src/io/ecr-client.ts';
import { createFetchClient } from './fetch-http-client.ts';

/** A planted secret access key and session token: outputs are searched for `planted`. */
export const secretAccessKey = 'planted/secret+access/key';
export const sessionToken = 'planted/session//token==';

export const temporaryKey = { accessKeyId: 'ASIAIOSFODNN7EXAMPLE', sessionToken: new Secret(sessionToken) };

export function ecrRegistry(hostname: string): EcrRegistry {
  const parsed = parseEcrRegistry(hostname);
  if (parsed === null) throw new Error(`not ECR: ${hostname}`);
  return parsed;
}

/** An exchange with a long-lived key for a host in eu-west-1; nobody answers it unless `env` or `http` says otherwise. */
export function ecrExchange(change: Partial<EcrExchange>): EcrExchange {
  return {
    registry: ecrRegistry('123456789012.dkr.ecr.eu-west-1.amazonaws.com'),
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretAccessKey: new Secret(secretAccessKey),
    sessionToken: null,
    env: { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' },
    http: createFetchClient(),
    signal: AbortSignal.timeout(15_000),
    now: Date.now,
    setName: 'ECR',
    ...change,
  };
}
