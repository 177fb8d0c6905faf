import { classifyAddress } from './network-address.ts';
import type { RegistryHost } from './registry-host.ts';

export interface RealmQuestion {
  readonly registry: RegistryHost;
  /** The origin that sent the challenge, such as `https://registry.example.com:5000`. */
  readonly registryOrigin: string;
  /** As it stands in the challenge. */
  readonly realm: string;
  /** `host[:port]`, lower case. */
  readonly insecureRegistries: readonly string[];
  /** Registry `host[:port]` → token hosts `host[:port]`. */
  readonly trustedAuthHosts: ReadonlyMap<string, readonly string[]>;
  /** The registrable domain after the public suffix list, private suffixes included; null where there is none. */
  readonly registrableDomain: (hostname: string) => string | null;
}

/**
 * `reason` is a plain fact for a person; it may hold the realm's host, which the registry chose. `trustable` is what `trustedAuthHosts` would
 * have to name for this to be allowed; null where that would not help.
 */
export type RealmDecision =
  | { readonly allowed: true; readonly url: URL }
  | { readonly allowed: false; readonly reason: string; readonly trustable: string | null };

const hubHosts: readonly string[] = ['registry-1.docker.io', 'index.docker.io', 'docker.io'];

/** Token hosts that are known to belong to a registry, as `host[:port]` on both sides. */
const knownAuthHosts: ReadonlyMap<string, readonly string[]> = new Map([
  ...hubHosts.map((host): [string, string[]] => [host, ['auth.docker.io']]),
  ['registry.gitlab.com', ['gitlab.com']],
]);

/**
 * May this registry's credentials go to this realm? Own origin, trusted by the user, a known pair, or the same registrable domain;
 * and over TLS, unless the realm is the registry's own origin, insecure by the user's own word, or a trusted loopback host.
 * Hosts are compared whole and canonical, as `URL` writes them.
 */
export function checkRealm(question: RealmQuestion): RealmDecision {
  const url = parseRealm(question.realm);
  if (typeof url === 'string') return refuse(`to ${url}`);
  const kind = classifyAddress(url.hostname);
  const isTrusted = namesHost(trustedBy(question), url);

  const registryUrl = new URL(question.registryOrigin);
  if (url.origin === question.registryOrigin) return { allowed: true, url };
  if (url.protocol !== 'https:' && !namesHost(question.insecureRegistries, url)) {
    // Of another server on loopback it is the port that is wrong.
    const isElsewhere = isTrusted || !sameHostAndPort(url, registryUrl);
    if (kind !== 'loopback' || !isElsewhere) return refuse(`to ${url.host} without TLS`);
  }
  if (isTrusted) return { allowed: true, url };
  if (kind !== 'name') {
    if (sameHostAndPort(url, registryUrl)) return { allowed: true, url };
    const what = kind === 'public' ? 'an IP address' : `a ${kind} address`;
    return refuse(`to ${url.host}, ${what} that is not its own host and port`, url.host);
  }
  if (namesHost(knownAuthHosts.get(question.registry.host) ?? [], url)) return { allowed: true, url };
  if (classifyAddress(registryUrl.hostname) === 'name') {
    const domain = question.registrableDomain(withoutFinalDot(url.hostname));
    if (domain !== null && domain === question.registrableDomain(withoutFinalDot(registryUrl.hostname))) {
      return { allowed: true, url };
    }
  }
  return refuse(`to ${url.host}, which belongs to another domain`, url.host);

  function refuse(reason: string, trustable: string | null = null): RealmDecision {
    return { allowed: false, reason: `${question.registry.host} sends logins ${reason}`, trustable };
  }
}

/** The URL, or why it is none. */
function parseRealm(realm: string): URL | string {
  // `URL` drops or rewrites these silently; a realm that needs that is nobody's honest realm.
  if (/[\s\\\p{Cc}]/u.test(realm) || !URL.canParse(realm)) return 'a realm that is not a URL';
  const url = new URL(realm);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'a realm that is not an https URL';
  if (url.username !== '' || url.password !== '') return 'a realm that holds user info';
  return url;
}

function trustedBy({ registry, trustedAuthHosts }: RealmQuestion): readonly string[] {
  const names = hubHosts.includes(registry.host)
    ? [...hubHosts, registry.key]
    : [registry.host, registry.key];
  return names.flatMap((name) => trustedAuthHosts.get(name) ?? []);
}

/** On loopback, or insecure by the user's own word. */
export function mayUsePlainHttp(host: RegistryHost, insecureRegistries: readonly string[]): boolean {
  const urls = [`https://${host.host}`, `http://${host.host}`].map((text) => new URL(text));
  return host.isLoopback || urls.some((url) => namesHost(insecureRegistries, url));
}

/** Whether one of the entries is exactly this URL's host and port, the port of its scheme being the default. */
export function namesHost(entries: readonly string[], url: URL): boolean {
  return entries.some((entry) => {
    const text = `${url.protocol}//${entry}`;
    if (/[/?#@\\\s]/.test(entry) || !URL.canParse(text)) return false;
    return new URL(text).host === url.host;
  });
}

function sameHostAndPort(one: URL, other: URL): boolean {
  return one.hostname === other.hostname && effectivePort(one) === effectivePort(other);
}

function effectivePort(url: URL): string {
  return url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
}

function withoutFinalDot(hostname: string): string {
  return hostname.endsWith('.') ? hostname.slice(0, -1) : hostname;
}
