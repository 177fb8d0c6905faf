import type { Challenge } from '../core/challenge.ts';
import type { Credential } from '../core/credential.ts';
import { quoteForeign } from '../core/foreign-text.ts';
import { checkRealm, type RealmDecision } from '../core/realm-policy.ts';
import { Secret } from '../core/secret.ts';
import type { HttpAnswer } from './http.ts';
import {
  type Failure,
  failureOfAnswer,
  failureOfError,
  type PlainRequest,
  type RegistryAccess,
  secretsOf,
  sendPatiently,
} from './registry-request.ts';

export interface TokenQuestion {
  /** Where the challenge came from. */
  readonly registryUrl: URL;
  /** A Bearer challenge. */
  readonly challenge: Challenge;
  /** Null asks for an anonymous token. */
  readonly credential: Credential | null;
  /** Such as `repository:team/app:pull`; null asks for none, which is enough to log in. */
  readonly scope: string | null;
}

export interface TokenGrant {
  readonly outcome: 'granted';
  readonly token: Secret;
  /** The refresh token that docker would store in the password's place. */
  readonly identityToken: Secret | null;
}

const clientId = 'registry-login';
/** What may stand in a header field. */
const tokenText = /^[\x21-\x7e]+$/;

/** Asks the challenge's realm for a token. Nothing is sent to a realm that these credentials may not go to. */
export async function requestToken(
  access: RegistryAccess,
  question: TokenQuestion,
): Promise<TokenGrant | Failure> {
  const secrets = secretsOf(access, question.credential);
  const decision = await decideRealm(access, question);
  if (!decision.allowed) {
    const detail =
      quoteForeign(decision.reason, secrets) ?? `${access.host.host} sends logins where they may not go`;
    const authHost = decision.trustable === null ? null : quoteForeign(decision.trustable, secrets);
    return {
      outcome: 'unsupported',
      cause: 'realm-refused',
      detail,
      ...(authHost === null ? {} : { authHost }),
    };
  }
  try {
    const message = tokenRequest(decision.url, question);
    const answer = await sendPatiently(access, message);
    return await judgeTokenAnswer(answer, message.url, secrets, message.method);
  } catch (error) {
    return failureOfError(error);
  }
}

async function decideRealm(
  { host, options }: RegistryAccess,
  question: TokenQuestion,
): Promise<RealmDecision> {
  let wasAsked = false;
  const realmQuestion = {
    registry: host,
    registryOrigin: question.registryUrl.origin,
    realm: question.challenge.parameters.get('realm') ?? '',
    insecureRegistries: options.insecureRegistries,
    trustedAuthHosts: options.trustedAuthHosts,
  };
  const decision = checkRealm({
    ...realmQuestion,
    registrableDomain: () => {
      wasAsked = true;
      return null;
    },
  });
  if (decision.allowed || !wasAsked) return decision;
  // The public suffix list is loaded only for a registry whose realm is elsewhere.
  const { getDomain } = await import('tldts');
  return checkRealm({
    ...realmQuestion,
    registrableDomain: (hostname) => getDomain(hostname, { allowPrivateDomains: true }),
  });
}

function tokenRequest(
  realm: URL,
  { challenge, credential, scope }: TokenQuestion,
): PlainRequest & { url: URL } {
  const service = challenge.parameters.get('service');
  const common: [string, string][] = [['client_id', clientId]];
  if (service !== undefined && service !== '') common.push(['service', service]);
  if (scope !== null) common.push(['scope', scope]);
  const url = new URL(realm);
  url.hash = '';
  if (credential?.identityToken !== undefined) {
    const form: [string, string][] = [
      ['grant_type', 'refresh_token'],
      ['refresh_token', credential.identityToken.reveal()],
    ];
    return {
      method: 'POST',
      url,
      headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams([...form, ...common]).toString(),
    };
  }
  if (credential !== null) common.push(['account', credential.username], ['offline_token', 'true']);
  for (const [name, value] of common) url.searchParams.append(name, value);
  const headers = { accept: 'application/json' };
  if (credential === null) return { method: 'GET', url, headers };
  return {
    method: 'GET',
    url,
    headers: { ...headers, authorization: basicAuthorization(credential).reveal() },
  };
}

/** RFC 7617 with UTF-8. */
export function basicAuthorization({
  username,
  password,
}: Pick<Credential, 'username' | 'password'>): Secret {
  return new Secret(`Basic ${Buffer.from(`${username}:${password.reveal()}`, 'utf8').toString('base64')}`);
}

async function judgeTokenAnswer(
  answer: HttpAnswer,
  url: URL,
  secrets: readonly Secret[],
  method: PlainRequest['method'],
): Promise<TokenGrant | Failure> {
  if (answer.status < 200 || answer.status > 299) {
    const failure = failureOfAnswer(answer, url, secrets, 'answer-not-understood');
    // OAuth2 (RFC 6749 §5.2) refuses a refresh token with 400.
    return method === 'POST' && answer.status === 400
      ? { outcome: 'rejected', httpStatus: 400, detail: failure.detail }
      : failure;
  }
  const { parseTokenAnswer } = await import('../core/token-answer.ts');
  const parsed = parseTokenAnswer(answer.body);
  const token = parsed?.access_token || parsed?.token;
  if (!token) return notUnderstood(`the answer of ${url.host} holds no token`);
  if (!tokenText.test(token))
    return notUnderstood(`the token from ${url.host} holds characters that no token may have`);
  const refreshToken = parsed?.refresh_token;
  return {
    outcome: 'granted',
    token: new Secret(token),
    identityToken: refreshToken ? new Secret(refreshToken) : null,
  };
}

function notUnderstood(detail: string): Failure {
  return { outcome: 'unsupported', cause: 'answer-not-understood', detail };
}
