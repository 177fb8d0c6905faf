import type { Credential } from '../core/credential.ts';
import type { EcrRegistry } from '../core/ecr-registry.ts';
import { describeExpiry, readTokenExpiry } from '../core/ecr-token.ts';
import { explainVerdict, type Explanation } from '../core/explain.ts';
import type { Options } from '../core/options.ts';
import { renewsItself } from '../core/placement.ts';
import type { SecretSet } from '../core/secret-set.ts';
import { variableName } from '../core/variable-name.ts';
import { userAgent } from '../core/version.ts';
import { exchangeToken } from './ecr-client.ts';
import { verifyLogin } from './registry-client.ts';
import type { System } from './system.ts';

/** What one login came to; `credential` is what may be stored, null where nothing may. */
export interface Attempt extends Explanation {
  readonly set: SecretSet;
  readonly credential: Credential | null;
  /** Milliseconds since the epoch; null where the credential does not expire or nobody knows. */
  readonly expiresAt: number | null;
  readonly durationMs: number;
  /** Known from an earlier run; nothing was sent. */
  readonly isRecalled: boolean;
}

/**
 * Logs in with one set: an AWS key pair is exchanged for a token, anything else is verified at the registry. `signal` is the deadline.
 * Never rejects: what the network, the registry or the set's values do is a result, and so is a bug, which must not hide other results.
 */
export async function verifySet(
  system: System,
  set: SecretSet,
  options: Options,
  signal: AbortSignal,
): Promise<Attempt> {
  const startedAt = system.now();
  const result = await verify(system, set, options, signal).catch(bugResult);
  return { ...result, set, durationMs: Math.max(0, Math.round(system.now() - startedAt)), isRecalled: false };
}

async function verify(
  system: System,
  set: SecretSet,
  options: Options,
  signal: AbortSignal,
): Promise<Result> {
  if (set.ecr === null) return verifyStatic(system, set, options, signal);
  if (renewsItself(set)) return exchange(system, set, set.ecr, options, signal);
  return verifyEcrToken(system, set, options, signal);
}

/** The place without the message, which may quote a secret. */
function bugResult(error: unknown): Result {
  const place = error instanceof Error ? /^ +at (.+)$/m.exec(error.stack ?? '')?.[1] : undefined;
  const name = error instanceof Error ? error.name : typeof error;
  return {
    status: 'error',
    message: `This is a bug in registry-login: ${name}${place === undefined ? '' : ` at ${place}`}.`,
    advice: 'Please report it with this line.',
    credential: null,
    expiresAt: null,
  };
}

type Result = Omit<Attempt, 'set' | 'durationMs' | 'isRecalled'>;

async function verifyStatic(
  system: System,
  set: SecretSet,
  options: Options,
  signal: AbortSignal,
): Promise<Result> {
  const credential: Credential = { username: set.username, password: set.password };
  const verdict = await verifyLogin({
    http: await system.http(),
    host: set.server,
    credential,
    options,
    signal,
    userAgent,
  });
  const explanation = explainVerdict(verdict, set);
  const identityToken = verdict.outcome === 'accepted' ? verdict.identityToken : null;
  const stored = explanation.status !== 'rejected' && explanation.status !== 'error';
  return {
    ...explanation,
    credential: stored ? (identityToken === null ? credential : { ...credential, identityToken }) : null,
    expiresAt: null,
  };
}

/** Why a set with USER `AWS` need not be sent: its password is a token that says itself when it ended. Null where it may be valid. */
export function explainExpiredToken(set: SecretSet, now: number): Explanation | null {
  const expiresAt = tokenExpiry(set);
  if (expiresAt === null || expiresAt.getTime() > now) return null;
  return {
    status: 'rejected',
    message: `The ECR token ${describeExpiry(expiresAt, now)}.`,
    advice: `Put a new token into ${variableName(set.name, 'PASSWORD')}, or give an access key id and secret key instead, which renew themselves.`,
  };
}

/** When the token ends that a set with USER `AWS` holds; null where nobody knows, and for any other set. */
export function tokenExpiry(set: SecretSet): Date | null {
  return set.ecr === null || renewsItself(set) ? null : readTokenExpiry(set.password.reveal());
}

async function verifyEcrToken(
  system: System,
  set: SecretSet,
  options: Options,
  signal: AbortSignal,
): Promise<Result> {
  const expiresAt = tokenExpiry(set);
  const expired = explainExpiredToken(set, system.now());
  if (expired !== null) return { ...expired, credential: null, expiresAt: expiresAt?.getTime() ?? null };
  const result = await verifyStatic(system, set, options, signal);
  const expiry =
    expiresAt === null ? '' : ` The token ${describeExpiry(expiresAt, system.now())} and is not renewed.`;
  return {
    ...result,
    message: result.message + (result.credential === null ? '' : expiry),
    expiresAt: expiresAt?.getTime() ?? null,
  };
}

/** AWS refuses a signature whose time is further off (AWS General Reference, "Signing AWS API requests"). */
const mostClockSkewMs = 5 * 60_000;

/** AWS answering with a token is the proof that the keys are right; the registry itself need not be asked. */
async function exchange(
  system: System,
  set: SecretSet,
  registry: EcrRegistry,
  options: Options,
  signal: AbortSignal,
): Promise<Result> {
  const answer = await exchangeToken({
    registry,
    accessKeyId: set.username,
    secretAccessKey: set.password,
    sessionToken: set.sessionToken,
    env: system.env,
    http: await system.http(),
    signal,
    now: () => system.now(),
    setName: set.name,
    insecureRegistries: options.insecureRegistries,
  });
  if (answer.outcome === 'failed') {
    return {
      status: answer.verdict,
      message: answer.message,
      advice: answer.advice,
      credential: null,
      expiresAt: null,
    };
  }
  if (answer.expiresAt.getTime() < system.now() - mostClockSkewMs) {
    return {
      status: 'error',
      message: `AWS gave a token that ${describeExpiry(answer.expiresAt, system.now())}, by the clock of this machine.`,
      advice: 'Set the clock of this machine, or of the machine that runs the container engine.',
      credential: null,
      expiresAt: answer.expiresAt.getTime(),
    };
  }
  return {
    status: 'ok',
    message: `AWS accepted the keys; the token ${describeExpiry(answer.expiresAt, system.now())}.`,
    advice: null,
    credential: { username: answer.username, password: answer.password },
    expiresAt: answer.expiresAt.getTime(),
  };
}
