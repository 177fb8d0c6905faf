import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import type { Challenge } from '../core/challenge.ts';
import type { Credential } from '../core/credential.ts';
import { explainVerdict, type Explanation } from '../core/explain.ts';
import type { Options } from '../core/options.ts';
import { renewsItself } from '../core/placement.ts';
import { chooseProxy } from '../core/proxy-choice.ts';
import type { RegistryHost } from '../core/registry-host.ts';
import type { Step } from '../core/report.ts';
import { type SecretSet, variableName } from '../core/secret-set.ts';
import type { Verdict } from '../core/verdict.ts';
import { authorize, chooseChallenge, type Ping, pingAnonymously, pingAuthorized, verifyLogin } from './registry-client.ts';
import type { Failure, RegistryAccess } from './registry-request.ts';
import type { System } from './system.ts';
import { type Attempt, verifySet } from './verify-set.ts';

/** One set, looked at step by step, and what `checkManifest` needs to go on from here. */
export interface Diagnosis {
  readonly set: SecretSet;
  readonly steps: readonly Step[];
  readonly explanation: Explanation;
  readonly expiresAt: number | null;
  readonly durationMs: number;
  /** Null where the registry did not answer. */
  readonly ping: Ping | null;
  /** Null where none was accepted. */
  readonly credential: Credential | null;
}

/** How long name resolution and the connection may take, in milliseconds, each. */
const networkTimeoutMs = 10_000;

const stepOrder = ['variables', 'resolve', 'connect', 'tls', 'version', 'challenge', 'token', 'login'] as const;
type StepName = (typeof stepOrder)[number];

/** Collects the steps; the first that fails explains the registry, and what was not reached is skipped. */
class Steps {
  readonly #done = new Map<StepName, Step>();
  failure: Explanation | null = null;

  ok(step: StepName, message: string): void {
    this.#done.set(step, { step, status: 'ok', message, advice: null });
  }

  skip(step: StepName, message: string): void {
    this.#done.set(step, { step, status: 'skipped', message, advice: null });
  }

  fail(step: StepName, explanation: Explanation): void {
    this.#done.set(step, { step, status: 'failed', message: explanation.message, advice: explanation.advice });
    this.failure ??= explanation;
  }

  has(step: StepName): boolean {
    return this.#done.has(step);
  }

  all(): Step[] {
    return stepOrder.map((step) => {
      return this.#done.get(step) ?? { step, status: 'skipped', message: 'Not reached.', advice: null };
    });
  }
}

/** Goes through a login one step after the other. Stores nothing; never throws for what the network or the registry does. */
export async function diagnoseSet(
  system: System,
  set: SecretSet,
  options: Options,
  userAgent: string,
  signal: AbortSignal,
): Promise<Diagnosis> {
  const startedAt = system.now();
  const steps = new Steps();
  const access: RegistryAccess = { http: await system.http(), host: set.server, options, signal, userAgent };
  steps.ok('variables', `${variableName(set.name, 'SERVER')}, _USER and _PASSWORD are here.`);
  const exchanged = renewsItself(set) ? await exchange(system, set, options, signal, steps) : null;
  const isConnected = await checkNetwork(system, set, steps, signal);
  const ping = isConnected ? await checkVersion(access, set, steps) : null;
  const credential =
    exchanged === null ? { username: set.username, password: set.password } : exchanged.credential;
  const login = ping === null || credential === null ? null : await checkLogin(access, set, ping, credential, steps);
  const explanation = steps.failure ?? login ?? exchanged ?? { status: 'error', message: 'Not checked.', advice: null };
  return {
    set,
    steps: steps.all(),
    explanation,
    expiresAt: exchanged?.expiresAt ?? null,
    durationMs: Math.round(system.now() - startedAt),
    ping,
    credential: explanation.status === 'ok' || explanation.status === 'unverified' ? credential : null,
  };
}

/** AWS is asked whatever the registry's network does: its answer is worth having by itself. */
async function exchange(
  system: System,
  set: SecretSet,
  options: Options,
  signal: AbortSignal,
  steps: Steps,
): Promise<Attempt> {
  const attempt = await verifySet(system, set, options, signal);
  if (attempt.status === 'ok') steps.ok('token', attempt.message);
  else steps.fail('token', attempt);
  return attempt;
}

async function checkNetwork(system: System, set: SecretSet, steps: Steps, signal: AbortSignal): Promise<boolean> {
  const { host, hostname, scheme } = set.server;
  const url = new URL(`${scheme ?? 'https'}://${host}`);
  const proxy = chooseProxy(url, system.env);
  if (proxy.kind !== 'direct') {
    steps.skip('resolve', `Left to the proxy in ${proxy.variable}.`);
    steps.skip('connect', `Left to the proxy in ${proxy.variable}.`);
    return true;
  }
  const addresses = await resolveName(hostname, signal);
  if (addresses === null) {
    const detail = `${hostname} cannot be resolved`;
    steps.fail('resolve', explainVerdict({ outcome: 'unreachable', cause: 'name-not-resolved', detail }, set));
    return false;
  }
  steps.ok('resolve', addresses[0] === hostname ? `${hostname} is an address.` : `${hostname} is ${addresses.slice(0, 4).join(', ')}.`);
  return await checkConnection(set, url, steps, signal);
}

async function checkConnection(set: SecretSet, url: URL, steps: Steps, signal: AbortSignal): Promise<boolean> {
  const ports = url.port !== '' ? [Number(url.port)] : mayFallBack(set.server) ? [443, 80] : [url.protocol === 'http:' ? 80 : 443];
  let failure: 'refused' | 'timeout' | 'unreachable' = 'timeout';
  for (const port of ports) {
    const outcome = await tryConnection(set.server.hostname, port, signal);
    if (outcome === 'connected') {
      steps.ok('connect', `${set.server.hostname} accepts connections on port ${port}.`);
      return true;
    }
    failure = outcome;
  }
  const facts = { refused: 'refuses connections', timeout: 'does not answer in time', unreachable: 'cannot be reached' };
  const detail = `${set.server.hostname} ${facts[failure]} on port ${ports.join(' and ')}`;
  const cause = failure === 'refused' ? 'connection-refused' : 'timeout';
  steps.fail('connect', explainVerdict({ outcome: 'unreachable', cause, detail }, set));
  return false;
}

/** HTTPS first, then HTTP, is for loopback without a scheme only. */
function mayFallBack({ isLoopback, scheme }: RegistryHost): boolean {
  return isLoopback && scheme === null;
}

async function resolveName(hostname: string, signal: AbortSignal): Promise<string[] | null> {
  const timeout = AbortSignal.any([signal, AbortSignal.timeout(networkTimeoutMs)]);
  try {
    const found = await untilAborted(lookup(hostname, { all: true }), timeout);
    return found.map(({ address }) => address);
  } catch {
    return null;
  }
}

async function tryConnection(
  host: string,
  port: number,
  signal: AbortSignal,
): Promise<'connected' | 'refused' | 'timeout' | 'unreachable'> {
  const timeout = AbortSignal.any([signal, AbortSignal.timeout(networkTimeoutMs)]);
  const socket = connect({ host, port, autoSelectFamily: true });
  try {
    return await untilAborted(
      new Promise((resolve) => {
        socket.once('connect', () => resolve('connected'));
        socket.once('error', (error: NodeJS.ErrnoException) => resolve(isRefused(error) ? 'refused' : 'unreachable'));
      }),
      timeout,
    );
  } catch {
    return 'timeout';
  } finally {
    socket.destroy();
  }
}

function isRefused(error: NodeJS.ErrnoException): boolean {
  const errors = error instanceof AggregateError ? (error.errors as NodeJS.ErrnoException[]) : [error];
  return errors.some(({ code }) => code === 'ECONNREFUSED');
}

async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  return await Promise.race([
    promise,
    new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    }),
  ]);
}

/** TLS, `GET /v2/`, and what it asks for. */
async function checkVersion(access: RegistryAccess, set: SecretSet, steps: Steps): Promise<Ping | null> {
  const ping = await pingAnonymously(access);
  if (ping.outcome !== 'challenged' && ping.outcome !== 'open') {
    const explanation = explainVerdict(ping, set);
    const step = stepOf(ping);
    if (step === 'version' || step === 'challenge') steps.ok('tls', 'The connection is secure, or may be plain.');
    if (step === 'challenge') steps.ok('version', `${access.host.host} answers GET /v2/.`);
    if (steps.has(step)) steps.skip('tls', 'Not reached.');
    steps.fail(step, explanation);
    return null;
  }
  if (ping.url.protocol === 'https:') steps.ok('tls', `The certificate of ${ping.url.host} is trusted.`);
  else steps.skip('tls', `Plain HTTP: ${ping.url.host} is on loopback, or in insecureRegistries.`);
  steps.ok('version', `${ping.url.host} answers GET /v2/ as a registry does.`);
  if (ping.outcome === 'open') {
    steps.ok('challenge', 'Anybody is let in; no login is asked for.');
    steps.skip('token', 'None is asked for.');
    return ping;
  }
  const challenge = chooseChallenge(ping.challenges);
  if (challenge !== null) steps.ok('challenge', describeChallenge(challenge));
  return ping;
}

/** The step at which a failed ping failed. */
function stepOf(failure: Failure): StepName {
  if (failure.outcome === 'unreachable') {
    const steps = {
      'name-not-resolved': 'resolve',
      'connection-refused': 'connect',
      proxy: 'connect',
      timeout: 'version',
      tls: 'tls',
      'connection-lost': 'version',
      'server-error': 'version',
      'rate-limited': 'version',
    } as const;
    return steps[failure.cause];
  }
  if (failure.outcome === 'unsupported' && failure.cause === 'unknown-challenge') return 'challenge';
  return failure.outcome === 'unsupported' && failure.cause === 'insecure-http' ? 'tls' : 'version';
}

function describeChallenge({ scheme, parameters }: Challenge): string {
  if (scheme === 'basic') return 'Basic: the password goes to the registry itself.';
  const realm = parameters.get('realm') ?? '';
  return URL.canParse(realm) ? `Bearer: tokens come from ${new URL(realm).host}.` : 'Bearer.';
}

async function checkLogin(
  access: RegistryAccess,
  set: SecretSet,
  ping: Ping,
  credential: Credential,
  steps: Steps,
): Promise<Explanation> {
  if (ping.outcome === 'open') {
    return finishLogin(set, await verifyLogin({ ...access, credential }), steps);
  }
  const isBasic = chooseChallenge(ping.challenges)?.scheme !== 'bearer';
  const authorization = await authorize(access, ping, credential);
  if (authorization.outcome !== 'authorized') {
    const explanation = explainVerdict(authorization, set);
    const isUnknown = authorization.outcome === 'unsupported' && authorization.cause === 'unknown-challenge';
    steps.fail(isUnknown ? 'challenge' : isBasic ? 'login' : 'token', explanation);
    return explanation;
  }
  if (!steps.has('token')) {
    if (isBasic) steps.skip('token', 'None is needed for Basic.');
    else steps.ok('token', 'The token service accepts the credentials.');
  }
  return finishLogin(set, await pingAuthorized(access, ping.url, authorization, credential), steps);
}

function finishLogin(set: SecretSet, verdict: Verdict, steps: Steps): Explanation {
  const explanation = explainVerdict(verdict, set);
  if (explanation.status === 'ok') steps.ok('login', explanation.message);
  else if (explanation.status === 'unverified') steps.skip('login', explanation.message);
  else steps.fail('login', explanation);
  return explanation;
}
