import type { Secret } from './secret.ts';

/** Why there was no usable answer. */
export type UnreachableCause =
  | 'name-not-resolved'
  | 'connection-refused'
  | 'timeout'
  | 'tls'
  | 'connection-lost'
  | 'server-error'
  | 'rate-limited'
  | 'proxy';

/** Why a registry that answers cannot be used. */
export type UnsupportedCause =
  | 'realm-refused'
  | 'not-a-registry'
  | 'unknown-challenge'
  | 'redirect'
  | 'answer-not-understood'
  | 'answer-too-large'
  | 'insecure-http';

/**
 * What became of one login. Expected outcomes are values; exceptions are bugs or I/O.
 * `detail` is a plain fact for a person (no secret, no advice), such as `HTTP 401 from auth.example.com`.
 */
export type Verdict =
  | { readonly outcome: 'accepted'; readonly identityToken: Secret | null }
  | { readonly outcome: 'unverified'; readonly detail: string }
  /** `isUnasked`: refused before any credentials were sent. */
  | {
      readonly outcome: 'rejected';
      readonly httpStatus: number;
      readonly detail: string;
      readonly isUnasked?: true;
    }
  | { readonly outcome: 'unreachable'; readonly cause: UnreachableCause; readonly detail: string }
  /** `authHost`: the host of the realm that was refused, where `trustedAuthHosts` could allow it. */
  | {
      readonly outcome: 'unsupported';
      readonly cause: UnsupportedCause;
      readonly detail: string;
      readonly authHost?: string;
    };
