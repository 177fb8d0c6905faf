import type { EcrRegistry } from '../core/ecr-registry.ts';
import { isLoopbackHostname } from '../core/registry-host.ts';
import type { Environment } from './system.ts';

export interface ApiEndpoint {
  /** Null: the SDK's own rules for region, partition, FIPS and dual-stack decide. */
  readonly url: URL | null;
  /** The variable that it comes from. */
  readonly variable: string | null;
  readonly isInsecure: boolean;
  /** Why it cannot be used, or null. */
  readonly problem: string | null;
}

/**
 * The API endpoint that the environment asks for: the service's own variable before the one for all services
 * (AWS SDKs and Tools reference, "Service-specific endpoints"). Plain HTTP for loopback and `insecureRegistries` only:
 * a session token goes out and a password comes back.
 */
export function findApiEndpoint(
  registry: EcrRegistry,
  env: Environment,
  insecureRegistries: readonly string[],
): ApiEndpoint {
  const specific = registry.kind === 'ecr' ? 'AWS_ENDPOINT_URL_ECR' : 'AWS_ENDPOINT_URL_ECR_PUBLIC';
  const variable = [specific, 'AWS_ENDPOINT_URL'].find((name) => (env[name] ?? '').trim() !== '');
  const none: ApiEndpoint = { url: null, variable: variable ?? null, isInsecure: false, problem: null };
  if (variable === undefined) return none;

  const url = URL.parse((env[variable] ?? '').trim());
  if (url === null || !/^https?:$/.test(url.protocol))
    return { ...none, problem: `${variable} is not an http or https URL` };
  if (url.username !== '' || url.password !== '')
    return { ...none, problem: `${variable} holds user information` };
  const isInsecure = insecureRegistries.includes(url.host);
  if (url.protocol === 'http:' && !isInsecure && !isLoopbackHostname(url.hostname.replace(/^\[|\]$/g, ''))) {
    return { ...none, problem: `${variable} would send AWS credentials over plain HTTP to ${url.host}` };
  }
  return { url, variable, isInsecure, problem: null };
}
