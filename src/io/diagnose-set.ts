import type { Credential } from '../core/credential.ts';
import { StepList } from '../core/doctor-steps.ts';
import { explainVerdict, type Explanation } from '../core/explain.ts';
import type { Options } from '../core/options.ts';
import { renewsItself } from '../core/placement.ts';
import type { SecretSet } from '../core/secret-set.ts';
import type { Verdict } from '../core/verdict.ts';
import { userAgent } from '../core/version.ts';
import { reachRegistry } from './reach-registry.ts';
import { authorize, chooseChallenge, type Ping, pingAuthorized, verifyLogin } from './registry-client.ts';
import type { RegistryAccess } from './registry-request.ts';
import type { System } from './system.ts';
import { explainExpiredToken, tokenExpiry, verifySet } from './verify-set.ts';

/** One set, looked at step by step, and what a check of an image needs to go on from here. */
export interface Diagnosis {
  readonly set: SecretSet;
  readonly steps: StepList;
  readonly explanation: Explanation;
  /** Milliseconds since the epoch; null where the credential does not expire or nobody knows. */
  readonly expiresAt: number | null;
  readonly durationMs: number;
  /** Null where the registry did not answer. */
  readonly ping: Ping | null;
  /** Null where none was accepted. */
  readonly credential: Credential | null;
}

/** What the set sends to the registry; `failure` where it comes to nothing before that. */
interface Prepared {
  readonly credential: Credential | null;
  readonly failure: Explanation | null;
  readonly expiresAt: number | null;
}

/** Goes through a login one step after the other. Stores nothing; never throws for what the network or the registry does. */
export async function diagnoseSet(
  system: System,
  set: SecretSet,
  options: Options,
  signal: AbortSignal,
): Promise<Diagnosis> {
  const startedAt = system.now();
  const steps = new StepList();
  const http = await system.http();
  const access: RegistryAccess = { http, host: set.server, options, signal, userAgent, unsent: set };
  steps.ok('variables', describeVariables(set));
  const [prepared, reached] = await Promise.all([
    prepare(system, set, options, signal, steps),
    reachRegistry(system, access, set, steps),
  ]);
  const { credential } = prepared;
  const { ping } = reached;
  const login =
    ping === null || credential === null ? null : await checkLogin(access, set, ping, credential, steps);
  const explanation = chooseExplanation(prepared.failure, reached.failure, login);
  return {
    set,
    steps,
    explanation,
    expiresAt: prepared.expiresAt,
    durationMs: Math.round(system.now() - startedAt),
    ping,
    credential: explanation.status === 'ok' || explanation.status === 'unverified' ? credential : null,
  };
}

/** The network comes first, unless AWS was reached and has refused the keys: they are to be fixed in any case. */
function chooseExplanation(
  prepared: Explanation | null,
  reached: Explanation | null,
  login: Explanation | null,
): Explanation {
  const first = prepared !== null && prepared.status !== 'unreachable' ? prepared : (reached ?? prepared);
  return first ?? login ?? { status: 'error', message: 'Not checked.', advice: null };
}

function describeVariables({ source, sessionToken }: SecretSet): string {
  if (source === 'codespace-token') return "The codespace's own token is used.";
  const parts =
    sessionToken === null ? 'SERVER, USER and PASSWORD' : 'SERVER, USER, PASSWORD and SESSION_TOKEN';
  return `${parts} are ${source === 'secrets-file' ? "in the codespace's secrets files" : 'here'}.`;
}

/** AWS is asked whatever the registry's network does: its answer is worth having by itself. */
async function prepare(
  system: System,
  set: SecretSet,
  options: Options,
  signal: AbortSignal,
  steps: StepList,
): Promise<Prepared> {
  if (!renewsItself(set)) {
    const failure = explainExpiredToken(set, system.now());
    if (failure !== null) steps.fail('token', failure);
    const credential = failure === null ? { username: set.username, password: set.password } : null;
    return { credential, failure, expiresAt: tokenExpiry(set)?.getTime() ?? null };
  }
  const attempt = await verifySet(system, set, options, signal);
  if (attempt.status === 'ok') steps.ok('token', attempt.message);
  else steps.fail('token', attempt);
  return {
    credential: attempt.credential,
    failure: attempt.status === 'ok' ? null : attempt,
    expiresAt: attempt.expiresAt,
  };
}

async function checkLogin(
  access: RegistryAccess,
  set: SecretSet,
  ping: Ping,
  credential: Credential,
  steps: StepList,
): Promise<Explanation> {
  if (ping.outcome === 'open') return finishLogin(set, await verifyLogin({ ...access, credential }), steps);
  const isBasic = chooseChallenge(ping.challenges)?.scheme !== 'bearer';
  const authorization = await authorize(access, ping, credential);
  if (authorization.outcome !== 'authorized') {
    const explanation = explainVerdict(authorization, set);
    const cause = 'cause' in authorization ? authorization.cause : null;
    const isChallenge = cause === 'unknown-challenge' || cause === 'realm-refused';
    steps.fail(isChallenge ? 'challenge' : isBasic ? 'login' : 'token', explanation);
    return explanation;
  }
  if (!steps.has('token')) {
    if (isBasic) steps.skip('token', 'None is needed for Basic.');
    else steps.ok('token', 'The token service accepts the credentials.');
  }
  return finishLogin(set, await pingAuthorized(access, ping.url, authorization, credential), steps);
}

function finishLogin(set: SecretSet, verdict: Verdict, steps: StepList): Explanation {
  const explanation = explainVerdict(verdict, set);
  if (explanation.status === 'ok') steps.ok('login', explanation.message);
  else if (explanation.status === 'unverified') steps.skip('login', explanation.message);
  else steps.fail('login', explanation);
  return explanation;
}
