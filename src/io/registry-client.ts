import { type Challenge, parseChallenges } from '../core/challenge.ts';
import type { Credential } from '../core/credential.ts';
import { quoteForeign } from '../core/foreign-text.ts';
import { mayUsePlainHttp } from '../core/realm-policy.ts';
import { Secret } from '../core/secret.ts';
import type { Verdict } from '../core/verdict.ts';
import { mayLackTls } from './http-failure.ts';
import { type HttpAnswer, HttpError } from './http.ts';
import {
  type Failure,
  failureOfAnswer,
  failureOfError,
  headerValues,
  redirectTarget,
  type RegistryAccess,
  secretsOf,
  sendOnce,
  sendPatiently,
} from './registry-request.ts';
import { speaksTls } from './tls-probe.ts';
import { basicAuthorization, requestToken } from './token-request.ts';

const maxRedirects = 5;

/** What a registry says to `GET /v2/` without credentials. `url` is where it said so, after redirects. */
export type Ping =
  | { readonly outcome: 'challenged'; readonly url: URL; readonly challenges: readonly Challenge[] }
  | { readonly outcome: 'open'; readonly url: URL };

/** `header` is the whole value of an `Authorization` header. */
export interface Authorization {
  readonly outcome: 'authorized';
  readonly header: Secret;
  readonly identityToken: Secret | null;
}

/** What must not be quoted from an answer to this header. */
export function secretsOfAuthorization({ header, identityToken }: Authorization): readonly Secret[] {
  const credentials = new Secret(header.reveal().replace(/^\w+ /, ''));
  return identityToken === null ? [credentials] : [credentials, identityToken];
}

/** Verifies a credential as `docker login` does (docker/cli v28 `cli/internal/registry/auth.go`), and beyond it where a registry lets anybody in. */
export async function verifyLogin(
  options: RegistryAccess & { readonly credential: Credential },
): Promise<Verdict> {
  const { credential, ...access } = options;
  const ping = await pingAnonymously({ ...access, unsent: credential });
  if (ping.outcome === 'open') return await verifyWithOpenRegistry(access, ping.url, credential);
  if (ping.outcome !== 'challenged') return ping;
  return await verifyChallenged(access, ping, credential);
}

async function verifyChallenged(
  access: RegistryAccess,
  ping: Extract<Ping, { outcome: 'challenged' }>,
  credential: Credential,
): Promise<Verdict> {
  const authorization = await authorize(access, ping, credential);
  if (authorization.outcome !== 'authorized') return authorization;
  return await pingAuthorized(access, ping.url, authorization, credential);
}

/** Asks `GET /v2/` without credentials: over HTTPS, and over HTTP only where that is allowed. Redirects are followed on the same origin. */
export async function pingAnonymously(access: RegistryAccess): Promise<Ping | Failure> {
  const secrets = secretsOf(access, null);
  const { host, options } = access;
  const mayUseHttp = mayUsePlainHttp(host, options.insecureRegistries);
  const pingPlain = (): Promise<Ping | Failure> =>
    pingAt(access, secrets, new URL(`http://${host.host}/v2/`));
  if (host.scheme === 'http' && !mayUseHttp) {
    const detail = `${host.host} is written with http://, and is neither on loopback nor in insecureRegistries`;
    return { outcome: 'unsupported', cause: 'insecure-http', detail };
  }
  try {
    if (host.scheme !== 'http') {
      const url = new URL(`https://${host.host}/v2/`);
      if (host.scheme === 'https' || !mayUseHttp) return await pingAt(access, secrets, url);
      if (host.isLoopback && !(await speaksTls(host, access.signal))) return await pingPlain();
      const first = await sendOnce(access, { method: 'GET', url });
      if (!(first instanceof HttpError)) return await pingAt(access, secrets, url, first);
      if (!mayLackTls(first)) throw first;
    }
    return await pingPlain();
  } catch (error) {
    return failureOfError(error);
  }
}

async function pingAt(
  access: RegistryAccess,
  secrets: readonly Secret[],
  start: URL,
  firstAnswer?: HttpAnswer,
): Promise<Ping | Failure> {
  let url = start;
  let given = firstAnswer !== undefined && firstAnswer.status < 429 ? firstAnswer : undefined;
  for (let redirects = 0; ; redirects += 1) {
    const answer = given ?? (await sendPatiently(access, { method: 'GET', url }));
    given = undefined;
    const target = answer.status >= 300 && answer.status < 400 ? redirectTarget(answer, url) : null;
    if (target === null || target.origin !== url.origin || redirects === maxRedirects)
      return judgePing(answer, url, secrets);
    url = target;
  }
}

function judgePing(answer: HttpAnswer, url: URL, secrets: readonly Secret[]): Ping | Failure {
  const fact = `HTTP ${answer.status} from ${url.host} to GET /v2/`;
  if (answer.status === 200) {
    const isPage = /^text\/html\b/i.test(headerValues(answer, 'content-type')[0] ?? '');
    if (!isPage || headerValues(answer, 'docker-distribution-api-version').length > 0)
      return { outcome: 'open', url };
    return { outcome: 'unsupported', cause: 'not-a-registry', detail: `${fact} is a web page` };
  }
  if (answer.status === 401) {
    const challenges = parseChallenges(headerValues(answer, 'www-authenticate'));
    if (challenges.length > 0) return { outcome: 'challenged', url, challenges };
    return {
      outcome: 'rejected',
      httpStatus: 401,
      isUnasked: true,
      detail: `${fact} does not say how to log in`,
    };
  }
  const failure = failureOfAnswer(answer, url, secrets, 'not-a-registry');
  return failure.outcome === 'rejected' ? { ...failure, isUnasked: true } : failure;
}

/** The challenge to answer: Bearer with a realm before Basic; null where there is neither. */
export function chooseChallenge(challenges: readonly Challenge[]): Challenge | null {
  const bearer = challenges.find(({ scheme, parameters }) => scheme === 'bearer' && parameters.get('realm'));
  return bearer ?? challenges.find(({ scheme }) => scheme === 'basic') ?? null;
}

/** What answers the challenge: Basic as it is, Bearer with a token from its realm. Without a credential only a Bearer token can be had. */
export async function authorize(
  access: RegistryAccess,
  ping: Extract<Ping, { outcome: 'challenged' }>,
  credential: Credential | null,
  scope: string | null = null,
): Promise<Authorization | Failure> {
  const challenge = chooseChallenge(ping.challenges);
  if (challenge === null) {
    if (ping.challenges.some(({ scheme }) => scheme === 'bearer')) {
      const detail = `${ping.url.host} asks for a Bearer token and does not say where to get one (its challenge has no realm)`;
      return { outcome: 'unsupported', cause: 'unknown-challenge', detail };
    }
    const schemes = ping.challenges.map(({ scheme }) => scheme).join(', ');
    const quote = quoteForeign(schemes, secretsOf(access, credential));
    const detail = `${ping.url.host} asks for a kind of login other than Basic and Bearer${quote === null ? '' : `: "${quote}"`}`;
    return { outcome: 'unsupported', cause: 'unknown-challenge', detail };
  }
  if (challenge.scheme === 'basic') {
    if (credential === null) {
      return {
        outcome: 'rejected',
        httpStatus: 401,
        detail: `${ping.url.host} lets nobody in without a password`,
      };
    }
    if (credential.identityToken !== undefined) {
      const detail = `${ping.url.host} asks for a password, and only an identity token is known`;
      return { outcome: 'unsupported', cause: 'unknown-challenge', detail };
    }
    return { outcome: 'authorized', header: basicAuthorization(credential), identityToken: null };
  }
  const grant = await requestToken(access, { registryUrl: ping.url, challenge, credential, scope });
  if (grant.outcome !== 'granted') return grant;
  const header = new Secret(`Bearer ${grant.token.reveal()}`);
  return { outcome: 'authorized', header, identityToken: grant.identityToken };
}

/** Asks `GET /v2/` again, now with the answer to its challenge. */
export async function pingAuthorized(
  access: RegistryAccess,
  url: URL,
  authorization: Authorization,
  credential: Credential | null,
): Promise<Verdict> {
  try {
    const headers = { authorization: authorization.header.reveal() };
    const answer = await sendPatiently(access, { method: 'GET', url, headers });
    if (answer.status === 200) return { outcome: 'accepted', identityToken: authorization.identityToken };
    const secrets = [...secretsOf(access, credential), ...secretsOfAuthorization(authorization)];
    return failureOfAnswer(answer, url, secrets, 'not-a-registry');
  } catch (error) {
    return failureOfError(error);
  }
}

/** A registry that lets anonymous users in may still check credentials that are sent: then it refuses made-up ones. */
async function verifyWithOpenRegistry(
  access: RegistryAccess,
  url: URL,
  credential: Credential,
): Promise<Verdict> {
  const unverified = (why: string): Verdict => ({
    outcome: 'unverified',
    detail: `${url.host} lets everybody in${why}`,
  });
  if (credential.identityToken !== undefined) return unverified('');
  try {
    const answer = await sendBasic(access, url, credential);
    if (answer.status === 401) {
      const challenges = parseChallenges(headerValues(answer, 'www-authenticate'));
      // It checks credentials, but not Basic ones.
      if (chooseChallenge(challenges)?.scheme === 'bearer') {
        return await verifyChallenged(access, { outcome: 'challenged', url, challenges }, credential);
      }
    }
    if (answer.status !== 200)
      return failureOfAnswer(answer, url, secretsOf(access, credential), 'not-a-registry');
  } catch (error) {
    return failureOfError(error);
  }
  const madeUp = { username: `nobody-${crypto.randomUUID()}`, password: new Secret(crypto.randomUUID()) };
  try {
    const answer = await sendBasic(access, url, madeUp);
    if (answer.status === 401 || answer.status === 403) return { outcome: 'accepted', identityToken: null };
    return unverified(', made-up credentials included');
  } catch (error) {
    failureOfError(error);
    return unverified('');
  }
}

async function sendBasic(access: RegistryAccess, url: URL, credential: Credential): Promise<HttpAnswer> {
  const headers = { authorization: basicAuthorization(credential).reveal() };
  return await sendPatiently(access, { method: 'GET', url, headers });
}
