import { mayUsePlainHttp } from '../core/realm-policy.ts';
import type { Challenge } from '../core/challenge.ts';
import type { StepList, StepName } from '../core/doctor-steps.ts';
import { explainCertificate } from '../core/explain-certificate.ts';
import { explainVerdict, type Explanation } from '../core/explain.ts';
import { chooseProxy } from '../core/proxy-choice.ts';
import { namesHost } from '../core/realm-policy.ts';
import type { SecretSet } from '../core/secret-set.ts';
import type { Verdict } from '../core/verdict.ts';
import { resolveHost, tryConnections } from './check-network.ts';
import { readPeerCertificate } from './peer-certificate.ts';
import { chooseChallenge, type Ping, pingAnonymously } from './registry-client.ts';
import type { Failure, RegistryAccess } from './registry-request.ts';
import type { System } from './system.ts';

/** How long a certificate may take that is fetched for its explanation only, in milliseconds. */
const certificateTimeoutMs = 3000;

/** What became of the steps before the login. One of both is null. */
export interface Reached {
  readonly ping: Ping | null;
  readonly failure: Explanation | null;
}

/** Resolves the name, connects, and asks `GET /v2/`; each step goes into `steps`. */
export async function reachRegistry(
  system: System,
  access: RegistryAccess,
  set: SecretSet,
  steps: StepList,
): Promise<Reached> {
  const failure = await checkNetwork(system, access, set, steps);
  return failure === null ? await checkVersion(system, access, set, steps) : { ping: null, failure };
}

async function checkNetwork(
  system: System,
  access: RegistryAccess,
  set: SecretSet,
  steps: StepList,
): Promise<Explanation | null> {
  const { host, hostname, scheme } = set.server;
  const proxy = chooseProxy(new URL(`${scheme ?? 'https'}://${host}`), system.env);
  if (proxy.kind !== 'direct') {
    steps.skip('resolve', 'Left to the proxy.');
    steps.skip('connect', `Through the proxy in ${proxy.variable}.`);
    return null;
  }
  const unreachable = (
    step: StepName,
    cause: Extract<Verdict, { outcome: 'unreachable' }>['cause'],
    detail: string,
  ): Explanation => {
    const explanation = explainVerdict({ outcome: 'unreachable', cause, detail }, set);
    steps.fail(step, explanation);
    return explanation;
  };
  const resolution = await resolveHost(system, hostname, access.signal);
  if (resolution.outcome === 'failed') return unreachable('resolve', 'name-not-resolved', resolution.detail);
  const { addresses } = resolution;
  steps.ok(
    'resolve',
    addresses[0] === hostname
      ? `${hostname} is an address.`
      : `${hostname} is ${addresses.slice(0, 4).join(', ')}.`,
  );
  const connection = await tryConnections(hostname, addresses, portsOf(access), access.signal);
  if (connection.outcome === 'failed') return unreachable('connect', connection.cause, connection.detail);
  steps.ok('connect', `${connection.address} accepts connections on port ${connection.port}.`);
  return null;
}

function portsOf(access: RegistryAccess): readonly number[] {
  const { host, scheme } = access.host;
  const port = /:(\d+)$/.exec(host)?.[1];
  if (port !== undefined) return [Number(port)];
  if (scheme === 'http') return [80];
  return scheme === null && mayUsePlainHttp(access.host, access.options.insecureRegistries)
    ? [443, 80]
    : [443];
}

/** TLS, `GET /v2/`, and what it asks for. */
async function checkVersion(
  system: System,
  access: RegistryAccess,
  set: SecretSet,
  steps: StepList,
): Promise<Reached> {
  const ping = await pingAnonymously(access);
  if (ping.outcome !== 'challenged' && ping.outcome !== 'open') {
    return { ping: null, failure: await explainFailedPing(system, access, set, ping, steps) };
  }
  if (ping.url.protocol === 'https:')
    steps.ok('tls', `The certificate is ${describeTrust(access, ping.url.href)}.`);
  else steps.skip('tls', 'Plain HTTP, which loopback and insecureRegistries may use.');
  steps.ok('version', 'Answers GET /v2/ as a registry does.');
  if (ping.outcome === 'open') {
    steps.ok('challenge', 'Anybody is let in; no login is asked for.');
    if (!steps.has('token')) steps.skip('token', 'None is asked for.');
  } else {
    const challenge = chooseChallenge(ping.challenges);
    if (challenge !== null) steps.ok('challenge', describeChallenge(challenge));
  }
  return { ping, failure: null };
}

function describeTrust({ options }: RegistryAccess, url: string): string {
  return namesHost(options.insecureRegistries, new URL(url))
    ? 'not checked: insecureRegistries names the host'
    : 'trusted';
}

async function explainFailedPing(
  system: System,
  access: RegistryAccess,
  set: SecretSet,
  ping: Failure,
  steps: StepList,
): Promise<Explanation> {
  const explanation = explainVerdict(ping, set);
  const cause = 'cause' in ping ? ping.cause : null;
  const fail = (step: StepName, failure: Explanation): Explanation => {
    steps.fail(step, failure);
    return failure;
  };
  if (cause === 'proxy' || cause === 'connection-refused') return fail('connect', explanation);
  if (cause === 'name-not-resolved') return fail('resolve', explanation);
  if (cause === 'insecure-http') return fail('tls', explanation);
  const mayBePlain =
    set.server.scheme !== 'https' && mayUsePlainHttp(access.host, access.options.insecureRegistries);
  const isUnclear = cause === 'timeout' || cause === 'connection-lost';
  const certificate =
    cause === 'tls' || (isUnclear && !mayBePlain) ? await fetchCertificate(system, set) : null;
  if (cause === 'tls') {
    const explained =
      certificate === null ? null : explainCertificate(explanation, certificate, set, system.now());
    return fail('tls', explained ?? explanation);
  }
  if (mayBePlain) steps.skip('tls', 'Not known: this host may answer in plain HTTP.');
  else if (isUnclear && certificate === null) return fail('tls', explanation);
  else steps.ok('tls', `The certificate is ${describeTrust(access, `https://${access.host.host}`)}.`);
  const lacksChallenge = ping.outcome === 'rejected' && ping.httpStatus === 401;
  if (cause !== 'unknown-challenge' && !lacksChallenge) return fail('version', explanation);
  steps.ok('version', 'Answers GET /v2/.');
  return fail('challenge', explanation);
}

/** With a deadline of its own: the set's may be what has just ended. */
async function fetchCertificate(
  system: System,
  { server }: SecretSet,
): ReturnType<typeof readPeerCertificate> {
  const url = new URL(`https://${server.host}`);
  return await readPeerCertificate(
    url,
    chooseProxy(url, system.env),
    AbortSignal.timeout(certificateTimeoutMs),
  );
}

function describeChallenge({ scheme, parameters }: Challenge): string {
  if (scheme === 'basic') return 'Basic: the registry itself checks the password.';
  const realm = parameters.get('realm') ?? '';
  return URL.canParse(realm) ? `Bearer: tokens come from ${new URL(realm).host}.` : 'Bearer.';
}
