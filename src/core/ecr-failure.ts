import type { EcrRegistry } from './ecr-registry.ts';
import { type SecretPart, variableName } from './variable-name.ts';
import type { Secret } from './secret.ts';
import type { UnreachableCause } from './verdict.ts';

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
  /** The end of the name of the variable that has to be corrected. */
  readonly variable: SecretPart | null;
}

/** What is known about an exchange apart from its outcome. */
export interface EcrExchangeFacts {
  readonly registry: EcrRegistry;
  readonly accessKeyId: string;
  readonly hasSessionToken: boolean;
  /** `host[:port]` of the API that was asked. */
  readonly apiHost: string;
  /** `<NAME>` of the set, for the variables' full names. */
  readonly setName: string;
  /** This machine's clock, in milliseconds since the epoch. */
  readonly now: number;
  /** Nothing of AWS's words that repeats one of these is shown. */
  readonly secrets: readonly Secret[];
}

export type Failed = (
  verdict: EcrFailure['verdict'],
  cause: EcrCause,
  variable: SecretPart | null,
  fact: string,
  advice: string | null,
) => EcrFailure;

/** Builds failures whose message is a sentence that ends with the source of the fact, in brackets. */
export function failedBecause(source: string): Failed {
  return (verdict, cause, variable, fact, advice) => {
    const message = `${fact.charAt(0).toUpperCase()}${fact.slice(1).replace(/\.$/, '')} (${source}).`;
    return { outcome: 'failed', verdict, cause, message, advice, variable };
  };
}

/** The full names of a set's variables, such as `ECR_CONTAINER_REGISTRY_USER`. */
export function variableNames(setName: string): Readonly<Record<SecretPart, string>> {
  return {
    SERVER: variableName(setName, 'SERVER'),
    USER: variableName(setName, 'USER'),
    PASSWORD: variableName(setName, 'PASSWORD'),
    SESSION_TOKEN: variableName(setName, 'SESSION_TOKEN'),
  };
}
