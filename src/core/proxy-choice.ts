import { addressOctets, classifyAddress } from './network-address.ts';

type Variables = Readonly<Record<string, string | undefined>>;

export type ProxyChoice =
  | { readonly kind: 'direct' }
  /** `url` holds no user info; `authorization` is the whole `Proxy-Authorization` value, or null. */
  | {
      readonly kind: 'proxy';
      readonly variable: string;
      readonly url: URL;
      readonly authorization: string | null;
    }
  /** The variable does not name a proxy that can be used. `reason` does not repeat its value. */
  | { readonly kind: 'unusable'; readonly variable: string; readonly reason: string };

const direct: ProxyChoice = { kind: 'direct' };

/**
 * Which proxy a request takes, as Go programs such as docker choose it (golang.org/x/net `http/httpproxy/proxy.go`): `HTTPS_PROXY` for https and `HTTP_PROXY`
 * for http, each in capitals first; `NO_PROXY` with names, `.names`, addresses, CIDR ranges, ports and `*`; never for localhost and loopback addresses.
 */
export function chooseProxy(url: URL, env: Variables): ProxyChoice {
  const names = url.protocol === 'https:' ? ['HTTPS_PROXY', 'https_proxy'] : ['HTTP_PROXY', 'http_proxy'];
  const variable = names.find((name) => (env[name] ?? '').trim() !== '');
  if (variable === undefined || classifyAddress(url.hostname) === 'loopback') return direct;
  const exceptions = [env['NO_PROXY'], env['no_proxy']].find((value) => (value ?? '') !== '') ?? '';
  if (isException(url, exceptions)) return direct;
  return parseProxy(variable, (env[variable] ?? '').trim());
}

function parseProxy(variable: string, value: string): ProxyChoice {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  if (!URL.canParse(text)) return { kind: 'unusable', variable, reason: 'it is not a URL' };
  const parsed = new URL(text);
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') {
    return { kind: 'unusable', variable, reason: 'only http and https proxies can be used' };
  }
  const authorization =
    parsed.username === '' && parsed.password === ''
      ? null
      : `Basic ${Buffer.from(`${decode(parsed.username)}:${decode(parsed.password)}`).toString('base64')}`;
  return { kind: 'proxy', variable, url: new URL(parsed.origin), authorization };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function isException(url: URL, exceptions: string): boolean {
  const hostname = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return exceptions
    .split(/[,\s]+/)
    .filter((entry) => entry !== '')
    .some((entry) => entry === '*' || matchesEntry(hostname, port, entry.toLowerCase()));
}

function matchesEntry(hostname: string, port: string, entry: string): boolean {
  if (entry.includes('/')) return isInRange(hostname, entry);
  const [, bracketed, plain, entryPort] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? [];
  if (entryPort !== undefined && entryPort !== port) return false;
  const name = bracketed ?? plain ?? entry;
  if (/^[\d.]+$|:/.test(name)) return canonicalAddress(name) === canonicalAddress(hostname);
  const suffix = name.replace(/^\*\./, '.');
  if (suffix.startsWith('.')) return hostname.endsWith(suffix);
  return hostname === suffix || hostname.endsWith(`.${suffix}`);
}

function canonicalAddress(text: string): string {
  const url = `http://${text.includes(':') ? `[${text}]` : text}/`;
  return URL.canParse(url) ? new URL(url).hostname : text;
}

function isInRange(address: string, range: string): boolean {
  const [base = '', length = ''] = range.split('/');
  const one = addressBits(address);
  const other = addressBits(base);
  if (one === null || other === null || one.length !== other.length || !/^\d{1,3}$/.test(length))
    return false;
  return one.slice(0, Number(length)) === other.slice(0, Number(length));
}

function addressBits(text: string): string | null {
  const octets = addressOctets(canonicalAddress(text));
  return octets?.map((octet) => octet.toString(2).padStart(8, '0')).join('') ?? null;
}
