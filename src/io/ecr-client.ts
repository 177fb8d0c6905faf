import { explainAwsError, explainNoAnswer } from '../core/ecr-errors.ts';
import { failedBecause, variableNames, type EcrExchangeFacts, type EcrFailure } from '../core/ecr-failure.ts';
import type { EcrRegistry } from '../core/ecr-registry.ts';
import { readTokenExpiry } from '../core/ecr-token.ts';
import { Secret } from '../core/secret.ts';
import { findApiEndpoint, type ApiEndpoint } from './ecr-endpoint.ts';
import { maxAttempts, retryUntil } from './ecr-retry.ts';
import { createTransport, type Transport } from './ecr-transport.ts';
import type { HttpClient } from './http.ts';
import type { Environment } from './system.ts';

export interface EcrExchange {
  readonly registry: EcrRegistry;
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken: Secret | null;
  /** Read for `AWS_ENDPOINT_URL_ECR`, `AWS_ENDPOINT_URL_ECR_PUBLIC` and `AWS_ENDPOINT_URL` only. */
  readonly env: Environment;
  readonly http: HttpClient;
  /** The deadline: ends the request under way and the wait for the next one. */
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch; requests are signed with this time. */
  readonly now: () => number;
  /** `<NAME>` of the set, for the variables' full names in the advice. */
  readonly setName: string;
  /** `host[:port]` that may be asked in plain HTTP, or without certificate checks. */
  readonly insecureRegistries?: readonly string[];
}

export interface EcrToken {
  readonly outcome: 'token';
  readonly username: 'AWS';
  readonly password: Secret;
  readonly expiresAt: Date;
}

/** Life of a token that does not say when it expires (Amazon ECR API reference, GetAuthorizationToken). */
const documentedLifeMs = 12 * 3600 * 1000;

/**
 * Exchanges AWS keys for a registry password (`GetAuthorizationToken`). Everything that the SDK would look up by itself
 * (profile, region, endpoint, retry mode, shared files, instance metadata) is given, so that the keys of one set never
 * meet the ambient AWS configuration. Never throws for what AWS, the network or the input does.
 */
export async function exchangeToken(exchange: EcrExchange): Promise<EcrToken | EcrFailure> {
  const { registry, accessKeyId, sessionToken, now } = exchange;
  const facts: EcrExchangeFacts = {
    registry,
    accessKeyId,
    hasSessionToken: sessionToken !== null,
    apiHost: 'the ECR API',
    setName: exchange.setName,
    now: now(),
    secrets: sessionToken === null ? [exchange.secretAccessKey] : [exchange.secretAccessKey, sessionToken],
  };
  const endpoint = findApiEndpoint(registry, exchange.env, exchange.insecureRegistries ?? []);
  const refused = refuseUnsendable(exchange, facts) ?? refuseEndpoint(endpoint);
  if (refused !== null) return refused;

  const transport = createTransport(exchange.http, endpoint, exchange.signal);
  try {
    const authorization = await requestToken(exchange, endpoint, transport);
    return readAuthorization(authorization, exchange, { ...facts, apiHost: transport.host() });
  } catch (error) {
    return explain(error, transport, { ...facts, apiHost: transport.host(), now: now() });
  }
}

interface Authorization {
  readonly authorizationToken?: string | undefined;
  readonly expiresAt?: Date | undefined;
}

async function requestToken(
  exchange: EcrExchange,
  endpoint: ApiEndpoint,
  transport: Transport,
): Promise<Authorization | undefined> {
  const { registry, accessKeyId, secretAccessKey, sessionToken, now } = exchange;
  const config = {
    region: registry.region,
    credentials: {
      accessKeyId,
      secretAccessKey: secretAccessKey.reveal(),
      ...(sessionToken === null ? {} : { sessionToken: sessionToken.reveal() }),
    },
    ...(endpoint.url === null ? {} : { endpoint: endpoint.url.href }),
    // The SDK refuses both flags together with an endpoint of one's own.
    useFipsEndpoint: endpoint.url === null && registry.fips,
    useDualstackEndpoint: endpoint.url === null && registry.dualStack,
    requestHandler: transport,
    retryStrategy: retryUntil(exchange.signal),
    systemClockOffset: now() - Date.now(),
    // What follows would else be read from the environment or ~/.aws/config.
    ignoreConfiguredEndpointUrls: true,
    disableClockSkewCorrection: false,
    maxAttempts,
    retryMode: 'standard' as const,
    defaultsMode: 'standard' as const,
    authSchemePreference: ['aws.auth#sigv4'],
    userAgentAppId: () => Promise.resolve(undefined),
  };

  if (registry.kind === 'ecr-public') {
    const { ECRPUBLICClient, GetAuthorizationTokenCommand } = await import('./ecr-public-sdk.ts');
    const answer = await new ECRPUBLICClient(config).send(new GetAuthorizationTokenCommand({}));
    return answer.authorizationData;
  }
  const { ECRClient, GetAuthorizationTokenCommand } = await import('./ecr-sdk.ts');
  const registryIds = registry.account === null ? {} : { registryIds: [registry.account] };
  const answer = await new ECRClient(config).send(new GetAuthorizationTokenCommand(registryIds));
  return answer.authorizationData?.[0];
}

function readAuthorization(
  authorization: Authorization | undefined,
  exchange: EcrExchange,
  facts: EcrExchangeFacts,
): EcrToken | EcrFailure {
  const encoded = authorization?.authorizationToken;
  const decoded = typeof encoded === 'string' ? Buffer.from(encoded, 'base64').toString('utf8') : '';
  // RFC 7617: the user name ends at the first colon; the password may hold more of them.
  const colon = decoded.indexOf(':');
  const password = decoded.slice(colon + 1);
  if (colon < 0 || decoded.slice(0, colon) !== 'AWS' || password === '') {
    return explainNoAnswer(
      'answer-not-understood',
      `${facts.apiHost} answered without a token for user AWS`,
      facts,
    );
  }
  const said = authorization?.expiresAt;
  const stated = said instanceof Date && !Number.isNaN(said.getTime()) ? said : readTokenExpiry(password);
  const expiresAt = stated ?? new Date(exchange.now() + documentedLifeMs);
  return { outcome: 'token', username: 'AWS', password: new Secret(password), expiresAt };
}

/** The keys become header values: what no header can hold is refused before an HTTP client stumbles over it. */
function refuseUnsendable(exchange: EcrExchange, facts: EcrExchangeFacts): EcrFailure | null {
  const failed = failedBecause('nothing was sent');
  const { USER, PASSWORD, SESSION_TOKEN } = variableNames(facts.setName);
  // IAM API reference, AccessKey: 16 to 128 word characters.
  if (!/^\w{16,128}$/.test(exchange.accessKeyId)) {
    const advice = `Set ${USER} to an access key id (AKIA… or ASIA…), or to AWS if ${PASSWORD} is an ECR token already.`;
    return failed('error', 'not-an-access-key', 'USER', 'USER is not an AWS access key id', advice);
  }
  if (exchange.secretAccessKey.reveal() === '') {
    return failed('error', 'wrong-secret', 'PASSWORD', 'the secret access key is empty', `Set ${PASSWORD}.`);
  }
  if (exchange.sessionToken !== null && !/^[\x21-\x7e]+$/.test(exchange.sessionToken.reveal())) {
    const fact = 'the session token is empty, or holds white space or other characters that no AWS token has';
    const advice = `Set ${SESSION_TOKEN} again, whole and on one line.`;
    return failed('error', 'session-token-malformed', 'SESSION_TOKEN', fact, advice);
  }
  return null;
}

function refuseEndpoint({ problem, variable }: ApiEndpoint): EcrFailure | null {
  if (problem === null) return null;
  return failedBecause('nothing was sent')(
    'error',
    'bad-endpoint',
    null,
    problem,
    `Correct or unset ${variable}.`,
  );
}

function explain(error: unknown, transport: Transport, facts: EcrExchangeFacts): EcrFailure {
  const noAnswer = transport.error();
  if (noAnswer !== null) return explainNoAnswer(noAnswer.reason, noAnswer.message, facts);
  const status = transport.status();
  if (!(error instanceof Error) || status === null) throw error;
  // The SDK's own words about an answer that it could not read may quote it, token and all: they are not passed on.
  if ('$fault' in error && error.name !== 'Unknown') {
    const message = typeof error.message === 'string' ? error.message : '';
    return explainAwsError({ code: error.name, message, httpStatus: status }, facts);
  }
  if (status === 429 || status >= 500) {
    return explainAwsError({ code: `HTTP ${status}`, message: '', httpStatus: status }, facts);
  }
  return explainNoAnswer(
    'answer-not-understood',
    `${facts.apiHost} answered HTTP ${status}, not as the ECR API does`,
    facts,
  );
}
