import type { EcrRegistry } from './ecr-registry.ts';
import type { Secret } from './secret.ts';
import type { UnreachableCause } from './verdict.ts';

/** The end of the variable's name that has to be corrected. */
export type EcrVariable = 'SERVER' | 'USER' | 'PASSWORD' | 'SESSION_TOKEN';

export type EcrCause =
  | UnreachableCause
  | 'unknown-key'
  | 'wrong-secret'
  | 'session-token-missing'
  | 'session-token-unexpected'
  | 'session-token-expired'
  | 'session-token-malformed'
  | 'not-an-access-key'
  | 'clock-skew'
  | 'access-denied'
  | 'wrong-region'
  | 'wrong-account'
  | 'bad-endpoint'
  | 'answer-not-understood'
  | 'answer-too-large'
  | 'refused-by-aws';

/** Why there is no token. `message` is the fact, `advice` the next step; neither holds a secret. */
export interface EcrFailure {
  readonly outcome: 'failed';
  readonly verdict: 'rejected' | 'unreachable' | 'error';
  readonly cause: EcrCause;
  readonly message: string;
  readonly advice: string | null;
  readonly variable: EcrVariable | null;
}

/** What is known about an exchange apart from its outcome. */
export interface EcrExchangeFacts {
  readonly registry: EcrRegistry;
  readonly accessKeyId: string;
  readonly hasSessionToken: boolean;
  /** `host[:port]` of the API that was asked. */
  readonly apiHost: string;
  /** `<NAME>` of the set, for the variables' full names; null where there is none. */
  readonly setName: string | null;
  /** This machine's clock, in milliseconds since the epoch. */
  readonly now: number;
  /** Cut out of everything that AWS said. */
  readonly secrets: readonly Secret[];
}

export type Failed = (
  verdict: EcrFailure['verdict'],
  cause: EcrCause,
  variable: EcrVariable | null,
  fact: string,
  advice: string | null,
) => EcrFailure;

/** Builds failures whose message ends with the source of the fact, in brackets. */
export function failedBecause(source: string): Failed {
  return (verdict, cause, variable, fact, advice) => {
    const message = source === '' ? fact : `${fact} (${source})`;
    return { outcome: 'failed', verdict, cause, message, advice, variable };
  };
}

/** The full name of a set's variable, such as `ECR_CONTAINER_REGISTRY_USER`. */
export function variableNames(
  facts: Pick<EcrExchangeFacts, 'setName'>,
): Readonly<Record<EcrVariable, string>> {
  const name = (suffix: EcrVariable): string =>
    facts.setName === null ? `the set's ${suffix}` : `${facts.setName}_CONTAINER_REGISTRY_${suffix}`;
  return {
    SERVER: name('SERVER'),
    USER: name('USER'),
    PASSWORD: name('PASSWORD'),
    SESSION_TOKEN: name('SESSION_TOKEN'),
  };
}

/** One line of at most 300 characters without control characters and without the set's own secrets. */
export function cleaned(text: string, secrets: readonly Secret[]): string {
  let line = text;
  for (const secret of secrets) {
    const value = secret.reveal();
    if (value === '') continue;
    // A canonical request that AWS echoes holds header values as they are and query values encoded.
    for (const form of [value, encodeURIComponent(Buffer.from(value).toString())])
      line = line.replaceAll(form, '[redacted]');
  }
  line = line.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}
