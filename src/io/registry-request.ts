import { setTimeout as sleep } from 'node:timers/promises';
import type { Credential } from '../core/credential.ts';
import { quoteForeign } from '../core/foreign-text.ts';
import type { Options } from '../core/options.ts';
import { namesHost } from '../core/realm-policy.ts';
import type { RegistryHost } from '../core/registry-host.ts';
import { Secret } from '../core/secret.ts';
import type { UnsupportedCause, Verdict } from '../core/verdict.ts';
import { type HttpAnswer, type HttpClient, HttpError, type HttpRequest } from './http.ts';

/** One registry and how to talk to it. */
export interface RegistryAccess {
  readonly http: HttpClient;
  readonly host: RegistryHost;
  readonly options: Pick<Options, 'insecureRegistries' | 'trustedAuthHosts'>;
  /** Ends every wait, retries included. */
  readonly signal: AbortSignal;
  readonly userAgent: string;
  /** A login that is not sent, and that the registry may know from another time: no answer is quoted with it either. */
  readonly unsent?: Credential | null;
}

/** The verdicts that end a step. */
export type Failure = Extract<Verdict, { outcome: 'rejected' | 'unreachable' | 'unsupported' }>;

export type PlainRequest = Pick<HttpRequest, 'method' | 'url' | 'headers' | 'body'>;

/** Pauses before the second and the third try, in milliseconds, before jitter. */
const pausesMs: readonly number[] = [200, 500];
/** A registry that wants to be left alone for longer is not waited for. */
const maxRetryAfterMs = 10_000;

/**
 * Sends one request, three times at most: again after a 5xx or a lost connection, once more after a refused connection or an unresolved name,
 * and after a 429 that asks for a short wait. Returns the last answer, whatever its status; throws the last HttpError.
 */
export async function sendPatiently(access: RegistryAccess, message: PlainRequest): Promise<HttpAnswer> {
  for (let attempt = 0; ; attempt += 1) {
    const outcome = await sendOnce(access, message);
    const pauseMs = pauseAfter(outcome, attempt, message.method);
    if (pauseMs !== null && (await paused(pauseMs, access.signal))) continue;
    if (outcome instanceof HttpError) throw outcome;
    return outcome;
  }
}

/** Sends one request, once. */
export async function sendOnce(
  access: RegistryAccess,
  message: PlainRequest,
): Promise<HttpAnswer | HttpError> {
  const { http, host, options, signal, userAgent } = access;
  try {
    return await http.send({
      ...message,
      headers: { 'user-agent': userAgent, ...message.headers },
      signal,
      onBehalfOf: host.host,
      allowInvalidCertificate: namesHost(options.insecureRegistries, message.url),
    });
  } catch (error) {
    if (error instanceof HttpError) return error;
    throw error;
  }
}

function pauseAfter(
  outcome: HttpAnswer | HttpError,
  attempt: number,
  method: PlainRequest['method'],
): number | null {
  const pauseMs = pausesMs[attempt];
  if (pauseMs === undefined) return null;
  const jitteredMs = pauseMs * (0.75 + Math.random() / 2);
  if (!(outcome instanceof HttpError)) {
    if (outcome.status === 429) {
      const retryAfterMs = parseRetryAfter(outcome);
      return retryAfterMs === null || retryAfterMs > maxRetryAfterMs
        ? null
        : Math.max(retryAfterMs, jitteredMs);
    }
    return outcome.status >= 500 && outcome.status !== 501 ? jitteredMs : null;
  }
  if (outcome.reason === 'connection-lost') {
    // A lost POST may have been carried out: a refresh token must not be spent twice.
    return method === 'POST' ? null : jitteredMs;
  }
  const mayPass = outcome.reason === 'connection-refused' || outcome.reason === 'name-not-resolved';
  return mayPass && attempt === 0 ? jitteredMs : null;
}

/** `Retry-After` (RFC 9110 §10.2.3) in milliseconds; a date counts from the answer's own `Date`. Null where there is none. */
function parseRetryAfter(answer: HttpAnswer): number | null {
  const [value = ''] = headerValues(answer, 'retry-after');
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const waitMs = Date.parse(value) - Date.parse(headerValues(answer, 'date')[0] ?? '');
  return Number.isNaN(waitMs) ? null : Math.max(0, waitMs);
}

/** False where the signal ended the pause. */
async function paused(pauseMs: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(pauseMs, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}

/** The failure behind an HttpError; anything else is thrown on. */
export function failureOfError(error: unknown): Failure {
  if (!(error instanceof HttpError)) throw error;
  const { reason, message: detail } = error;
  return reason === 'answer-too-large' || reason === 'answer-not-understood'
    ? { outcome: 'unsupported', cause: reason, detail }
    : { outcome: 'unreachable', cause: reason, detail };
}

/**
 * The failure behind an answer that is no success: 429 and 5xx are `unreachable`, 401 and 403 `rejected`, a redirect and the rest `unsupported`,
 * the rest with `otherwise`. What the server says is quoted, unless it repeats one of the secrets.
 */
export function failureOfAnswer(
  answer: HttpAnswer,
  url: URL,
  secrets: readonly Secret[],
  otherwise: UnsupportedCause,
): Failure {
  const fact = `HTTP ${answer.status} from ${url.host}`;
  const quote = quoteError(answer, secrets);
  const detail = quote === null ? fact : `${fact}: "${quote}"`;
  const { status } = answer;
  if (status === 401 || status === 403) return { outcome: 'rejected', httpStatus: status, detail };
  if (status === 429) {
    const retryAfterMs = parseRetryAfter(answer);
    const wait = retryAfterMs === null ? '' : `, with ${Math.ceil(retryAfterMs / 1000)} s to wait`;
    return { outcome: 'unreachable', cause: 'rate-limited', detail: `${detail}${wait}` };
  }
  if (status >= 500) return { outcome: 'unreachable', cause: 'server-error', detail };
  if (status >= 300 && status < 400) {
    const target = redirectTarget(answer, url);
    const where = target === null ? null : quoteForeign(target.host, secrets);
    return {
      outcome: 'unsupported',
      cause: 'redirect',
      detail: where === null ? fact : `${fact}, a redirect to ${where}`,
    };
  }
  return { outcome: 'unsupported', cause: otherwise, detail };
}

/** Where a redirect leads; null where it does not say so in a way that can be followed. */
export function redirectTarget(answer: HttpAnswer, url: URL): URL | null {
  const [location] = headerValues(answer, 'location');
  if (location === undefined || !URL.canParse(location, url.href)) return null;
  return new URL(location, url);
}

/** All values of a header, in order. `name` is lower case. */
export function headerValues(answer: HttpAnswer, name: string): readonly string[] {
  const value = Object.hasOwn(answer.headers, name) ? answer.headers[name] : undefined;
  return value === undefined ? [] : typeof value === 'string' ? [value] : value;
}

/** What must not be quoted from an answer to somebody who sent this credential, or knows of the other. */
export function secretsOf(
  { unsent = null }: Pick<RegistryAccess, 'unsent'>,
  credential: Credential | null,
): readonly Secret[] {
  const secrets = [credential, unsent].flatMap((known) => {
    if (known === null) return [];
    const { username, password, identityToken } = known;
    const own = [password, new Secret(`${username}:${password.reveal()}`)];
    return identityToken === undefined ? own : [...own, identityToken];
  });
  return secrets.filter((secret) => secret.reveal() !== '');
}

/** The message of an error body as registries (OCI distribution-spec, "Error Codes") and OAuth servers write it. */
function quoteError(answer: HttpAnswer, secrets: readonly Secret[]): string | null {
  let body: unknown;
  try {
    body = JSON.parse(answer.body);
  } catch {
    return null;
  }
  const errors = field(body, 'errors');
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  const candidates = [
    field(first, 'message'),
    field(first, 'code'),
    field(body, 'error_description'),
    field(body, 'message'),
    field(body, 'details'),
    field(body, 'error'),
  ];
  const text = candidates.find((candidate) => typeof candidate === 'string' && candidate.trim() !== '');
  return typeof text === 'string' ? quoteForeign(text, secrets) : null;
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}
