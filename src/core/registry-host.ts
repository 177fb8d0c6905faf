export interface RegistryHost {
  /** The key in `auths` and `credHelpers`: `host[:port]`, and for Docker Hub `https://index.docker.io/v1/`. */
  readonly key: string;
  /** `host[:port]` to connect to, lower case; for Docker Hub `registry-1.docker.io`. IPv6 in brackets. */
  readonly host: string;
  /** The host without port and brackets. */
  readonly hostname: string;
  /** As it was written, or null where none was. */
  readonly scheme: 'https' | 'http' | null;
  readonly isLoopback: boolean;
}

/** The key under which every Docker client looks for Docker Hub (docker/docker v28 `registry/config.go` IndexServer). */
export const dockerHubKey = 'https://index.docker.io/v1/';

const dockerHub: RegistryHost = {
  key: dockerHubKey,
  host: 'registry-1.docker.io',
  hostname: 'registry-1.docker.io',
  scheme: 'https',
  isLoopback: false,
};

const dockerHubNames = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io']);

/** A domain as image references know it (distribution/reference v0.6 `regexp.go` domainName): no underscore, no trailing dot. */
const domainName =
  /^(?:[a-z0-9]|[a-z0-9][a-z0-9-]{0,61}[a-z0-9])(?:\.(?:[a-z0-9]|[a-z0-9][a-z0-9-]{0,61}[a-z0-9]))*$/;

/** An `@` other than that of an image's digest: a password with a slash in it would else be cut in two and its head taken for a host. */
const strayAt = /@(?!sha\d+:[0-9a-f]+$)/;

/**
 * Reads the value of a `…_SERVER` secret: scheme and path are dropped, the host is lower-cased, a port is kept.
 * Returns the reason where it is no host; the reason never repeats the value, which may hold a password by mistake.
 */
export function parseRegistryHost(text: string): RegistryHost | { readonly error: string } {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase() ?? null;
  if (scheme !== null && scheme !== 'https' && scheme !== 'http') {
    return { error: 'has a scheme that is neither https:// nor http://; use the host alone' };
  }
  const authority = text.slice(scheme === null ? 0 : scheme.length + 3).split(/[/?#]/, 1)[0] ?? '';
  if (authority.includes('@') || strayAt.test(text)) {
    return { error: 'has a user name or password in it; use the host alone' };
  }
  const address = splitPort(authority);
  if (address === null) return { error: 'is not a host name with an optional port' };
  const { hostname, port } = address;
  // `https//host`, without its colon, would be the host `https`.
  if (scheme === null && (hostname === 'https' || hostname === 'http')) {
    return { error: 'has a scheme without its colon; use the host alone' };
  }
  if (dockerHubNames.has(hostname) && (port === null || port === 443)) return dockerHub;
  const bracketed = hostname.includes(':') ? `[${hostname}]` : hostname;
  const host = port === null ? bracketed : `${bracketed}:${port}`;
  return { key: host, host, hostname, scheme, isLoopback: isLoopbackHostname(hostname) };
}

function splitPort(authority: string): { hostname: string; port: number | null } | null {
  // ASCII before it is lower-cased: U+212A KELVIN SIGN would become a k.
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+))(?::(\d{1,5}))?$/i.exec(authority);
  if (match === null) return null;
  const port = match[3] === undefined ? null : Number(match[3]);
  if (port !== null && (port < 1 || port > 65_535)) return null;
  const hostname =
    match[1] === undefined ? canonicalName((match[2] ?? '').toLowerCase()) : canonicalIPv6(match[1]);
  return hostname === null ? null : { hostname, port };
}

function canonicalName(name: string): string | null {
  if (name.length > 253 || !domainName.test(name)) return null;
  // The URL parser rewrites 127.1 and 0x7f.1 to an address: such a name would be checked as one host and connected as another.
  return urlHostname(name) === name ? name : null;
}

function canonicalIPv6(address: string): string | null {
  return urlHostname(`[${address}]`)?.slice(1, -1) ?? null;
}

function urlHostname(host: string): string | null {
  return URL.canParse(`https://${host}`) ? new URL(`https://${host}`).hostname : null;
}

/** Whether a canonical host name (no brackets) can only be this machine: `localhost`, `*.localhost` (RFC 6761), 127.0.0.0/8, `::1`. */
export function isLoopbackHostname(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname) ||
    hostname === '::1' ||
    /^::ffff:7f[0-9a-f]{2}:/.test(hostname)
  );
}
