/** `name` is anything that is not an IP address; `public` an address that none of the special ranges holds. */
export type AddressKind =
  | 'name'
  | 'public'
  | 'loopback'
  | 'private'
  | 'link-local'
  | 'unspecified'
  | 'shared (carrier-grade NAT)'
  | 'unique local'
  | 'multicast or reserved';

/**
 * What kind of address a URL's `hostname` is. It has to come from `URL`, which has already turned every spelling
 * (octal, hexadecimal, short forms, a dot at the end) into the canonical one. `localhost` and all below it count as loopback (RFC 6761 §6.3).
 * Ranges: IANA special-purpose registries (RFC 6890).
 */
export function classifyAddress(urlHostname: string): AddressKind {
  const hostname = urlHostname.toLowerCase().replace(/\.+$/, '');
  if (hostname === 'localhost' || hostname.endsWith('.localhost')) return 'loopback';
  const octets = addressOctets(hostname);
  if (octets === null) return 'name';
  return octets.length === 4 ? classifyIPv4(octets) : classifyIPv6(octets);
}

/** The 4 or 16 octets of an address as `URL` writes it (IPv6 in brackets); null where it is none. */
export function addressOctets(urlHostname: string): readonly number[] | null {
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(urlHostname)) return urlHostname.split('.').map(Number);
  if (!urlHostname.startsWith('[')) return null;
  const [head = '', tail = ''] = urlHostname.slice(1, -1).split('::');
  const before = head.split(':').filter((group) => group !== '');
  const after = tail.split(':').filter((group) => group !== '');
  const zeros = Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0');
  return [...before, ...zeros, ...after].flatMap((text) => {
    const group = Number.parseInt(text, 16);
    return [group >> 8, group & 0xff];
  });
}

function classifyIPv4(octets: readonly number[]): AddressKind {
  const [a = 0, b = 0] = octets;
  // All of 0.0.0.0/8 means this host on Linux.
  if (a === 0) return 'unspecified';
  if (a === 127) return 'loopback';
  if (a === 10 || (a === 172 && b >= 16 && b <= 31) || (a === 192 && b === 168)) return 'private';
  if (a === 169 && b === 254) return 'link-local';
  if (a === 100 && b >= 64 && b <= 127) return 'shared (carrier-grade NAT)';
  if (a >= 224) return 'multicast or reserved';
  return 'public';
}

function classifyIPv6(octets: readonly number[]): AddressKind {
  const [a = 0, b = 0, c = 0, d = 0] = octets;
  const startsWithZeros = (count: number): boolean => octets.slice(0, count).every((octet) => octet === 0);
  if (startsWithZeros(16)) return 'unspecified';
  if (startsWithZeros(15) && octets[15] === 1) return 'loopback';
  const isMapped = startsWithZeros(10) && octets[10] === 0xff && octets[11] === 0xff;
  const isTranslated = a === 0 && b === 0x64 && c === 0xff && d === 0x9b;
  if (isMapped || isTranslated || startsWithZeros(12)) return classifyIPv4(octets.slice(12));
  if (a === 0xfe && (b & 0xc0) === 0x80) return 'link-local';
  if ((a & 0xfe) === 0xfc) return 'unique local';
  if (a === 0xff) return 'multicast or reserved';
  return 'public';
}
