import { getDomain } from 'tldts';
import { describe, expect, test } from 'vitest';
import { classifyAddress } from '../../src/core/network-address.ts';
import { checkRealm, namesHost, type RealmQuestion } from '../../src/core/realm-policy.ts';
import type { RegistryHost } from '../../src/core/registry-host.ts';

interface Setting {
  scheme?: 'http' | 'https';
  insecure?: string[];
  trusted?: Record<string, string[]>;
}

function hostOf(host: string): RegistryHost {
  const key = host === 'registry-1.docker.io' ? 'https://index.docker.io/v1/' : host;
  const { hostname } = new URL(`https://${host}`);
  return { key, host, hostname, scheme: null, isLoopback: classifyAddress(hostname) === 'loopback' };
}

function question(
  registry: string,
  realm: string,
  { scheme = 'https', insecure = [], trusted = {} }: Setting,
): RealmQuestion {
  return {
    registry: hostOf(registry),
    registryOrigin: new URL(`${scheme}://${registry}`).origin,
    realm,
    insecureRegistries: insecure,
    trustedAuthHosts: new Map(Object.entries(trusted)),
    registrableDomain: (hostname) => getDomain(hostname, { allowPrivateDomains: true }),
  };
}

const allowed: [claim: string, registry: string, realm: string, setting?: Setting][] = [
  ['the own origin', 'r.example.com', 'https://r.example.com/token'],
  ['the own origin with its port', 'r.example.com:5000', 'https://r.example.com:5000/token'],
  ['the own origin with the default port written', 'r.example.com', 'https://r.example.com:443/token'],
  ['the own origin in capitals', 'r.example.com', 'HTTPS://R.EXAMPLE.COM/token'],
  ['a query of its own', 'r.example.com', 'https://r.example.com/token?x=1'],
  ['the same registrable domain', 'r.example.com', 'https://auth.example.com/token'],
  ['the same registrable domain on another port', 'r.example.com', 'https://auth.example.com:8443/token'],
  ['the registrable domain itself', 'r.example.co.uk', 'https://example.co.uk/token'],
  [
    'a domain in another script, in either spelling',
    'r.b\u00fccher.example',
    'https://auth.xn--bcher-kva.example/',
  ],
  ['Docker Hub and its auth host', 'registry-1.docker.io', 'https://auth.docker.io/token'],
  ['GitLab.com and its registry', 'registry.gitlab.com', 'https://gitlab.com/jwt/auth'],
  [
    'a trusted auth host',
    'r.example.com',
    'https://auth.other.example/',
    { trusted: { 'r.example.com': ['auth.other.example'] } },
  ],
  [
    'a trusted auth host on its port',
    'r.example.com:5000',
    'https://auth.other.example:8443/',
    { trusted: { 'r.example.com:5000': ['x.example', 'auth.other.example:8443'] } },
  ],
  [
    'a trusted auth host of the Hub, by any of its names',
    'registry-1.docker.io',
    'https://auth.other.example/',
    { trusted: { 'docker.io': ['auth.other.example'] } },
  ],
  [
    'a trusted private address over TLS',
    'r.example.com',
    'https://10.1.2.3/',
    { trusted: { 'r.example.com': ['10.1.2.3'] } },
  ],
  [
    'a trusted loopback host without TLS',
    '127.0.0.1:5000',
    'http://127.0.0.1:5001/token',
    { scheme: 'http', trusted: { '127.0.0.1:5000': ['127.0.0.1:5001'] } },
  ],
  [
    'the own origin on loopback, without TLS',
    '127.0.0.1:5000',
    'http://127.0.0.1:5000/token',
    { scheme: 'http' },
  ],
  ['the own origin on a private address', '10.0.0.5:5000', 'https://10.0.0.5:5000/token'],
  [
    'the own host and port over TLS where the registry itself has none',
    '127.0.0.1:5000',
    'https://127.0.0.1:5000/',
    { scheme: 'http' },
  ],
  ['IPv6 in another spelling', '[::1]:5000', 'https://[0:0:0:0:0:0:0:1]:5000/'],
  [
    'an insecure registry itself',
    'r.corp.example:5000',
    'http://r.corp.example:5000/t',
    { scheme: 'http', insecure: ['r.corp.example:5000'] },
  ],
  [
    'an insecure host of the same domain',
    'r.corp.example',
    'http://auth.corp.example/t',
    { insecure: ['auth.corp.example'] },
  ],
];

const refused: [claim: string, registry: string, realm: string, reason: RegExp, setting?: Setting][] = [
  ['another domain', 'r.example.com', 'https://evil.example/token', /another domain/],
  ['a domain that ends alike', 'r.example.com', 'https://evilexample.com/token', /another domain/],
  ['a domain that begins alike', 'r.example.com', 'https://r.example.com.evil.net/token', /another domain/],
  ['a neighbour below a public suffix', 'a.co.uk', 'https://b.co.uk/token', /another domain/],
  ['a neighbour below a private suffix', 'mine.github.io', 'https://yours.github.io/token', /another domain/],
  ['a public suffix itself', 'mine.github.io', 'https://github.io/token', /another domain/],
  ['a neighbour of a name without a dot', 'registry', 'https://auth/token', /another domain/],
  [
    'somebody who borrows the Hub\u2019s name',
    'registry-1.docker.io',
    'https://auth.docker.io.evil.example/token',
    /another domain/,
  ],
  [
    'the Hub\u2019s auth host for another registry',
    'r.example.com',
    'https://auth.docker.io/token',
    /another domain/,
  ],
  ['plain HTTP', 'r.example.com', 'http://auth.example.com/token', /without TLS/],
  ['plain HTTP on the own host', 'r.example.com', 'http://r.example.com/token', /without TLS/],
  [
    'plain HTTP on the own host and port',
    'r.example.com:5000',
    'http://r.example.com:5000/token',
    /without TLS/,
  ],
  [
    'plain HTTP on a trusted host',
    'r.example.com',
    'http://auth.other.example/',
    /without TLS/,
    { trusted: { 'r.example.com': ['auth.other.example'] } },
  ],
  [
    'plain HTTP on another port of loopback',
    '127.0.0.1:5000',
    'http://127.0.0.1:5001/t',
    /its own host and port/,
    { scheme: 'http' },
  ],
  [
    'plain HTTP on the own host and port of loopback, which answers over TLS',
    '127.0.0.1:5000',
    'http://127.0.0.1:5000/t',
    /without TLS/,
  ],
  [
    'an insecure host of another domain',
    'r.example.com',
    'http://evil.example/t',
    /another domain/,
    { insecure: ['evil.example'] },
  ],
  [
    'a trusted host on another port',
    'r.example.com',
    'https://a.other.example:8443/',
    /another domain/,
    { trusted: { 'r.example.com': ['a.other.example'] } },
  ],
  [
    'a host that is trusted for another registry',
    'r.example.com',
    'https://a.other.example/',
    /another domain/,
    { trusted: { 'x.example.com': ['a.other.example'] } },
  ],
  [
    'a subdomain of a trusted host',
    'r.example.com',
    'https://x.a.other.example/',
    /another domain/,
    { trusted: { 'r.example.com': ['a.other.example'] } },
  ],
  ['loopback', 'r.example.com', 'https://127.0.0.1/token', /loopback/],
  ['loopback on another port', '127.0.0.1:5000', 'https://127.0.0.1:5001/token', /loopback/],
  ['loopback in short form', 'r.example.com', 'https://127.1/token', /loopback/],
  ['loopback as one number', 'r.example.com', 'https://2130706433/token', /loopback/],
  ['loopback in hexadecimal', 'r.example.com', 'https://0x7f.0.0.1/token', /loopback/],
  ['loopback with a dot at the end', 'r.example.com', 'https://127.0.0.1./token', /loopback/],
  ['localhost', 'r.example.com', 'https://localhost/token', /loopback/],
  ['localhost with a dot at the end', 'r.example.com', 'https://localhost./token', /loopback/],
  ['a name below localhost', 'a.b.localhost:5000', 'https://c.b.localhost/token', /loopback/],
  ['IPv6 loopback', 'r.example.com', 'https://[::1]/token', /loopback/],
  ['IPv4-mapped loopback', 'r.example.com', 'https://[::ffff:127.0.0.1]/token', /loopback/],
  ['a private address (10/8)', 'r.example.com', 'https://10.0.0.1/token', /private/],
  ['a private address (172.16/12)', 'r.example.com', 'https://172.31.255.255/token', /private/],
  ['a private address (192.168/16)', 'r.example.com', 'https://192.168.1.1/token', /private/],
  ['an IPv4-mapped private address', 'r.example.com', 'https://[::ffff:a00:1]/token', /private/],
  ['a NAT64 private address', 'r.example.com', 'https://[64:ff9b::10.0.0.1]/token', /private/],
  ['the metadata address of clouds', 'r.example.com', 'https://169.254.169.254/token', /link-local/],
  ['an IPv6 link-local address', 'r.example.com', 'https://[fe80::1]/token', /link-local/],
  ['a unique local address', 'r.example.com', 'https://[fd00::1]/token', /unique local/],
  ['carrier-grade NAT', 'r.example.com', 'https://100.64.0.1/token', /carrier-grade NAT/],
  ['an unspecified address', 'r.example.com', 'https://0.0.0.0/token', /unspecified/],
  ['an unspecified IPv6 address', 'r.example.com', 'https://[::]/token', /unspecified/],
  ['multicast', 'r.example.com', 'https://224.0.0.1/token', /multicast/],
  [
    'a public address that is not the registry\u2019s',
    'r.example.com',
    'https://203.0.114.7/token',
    /an IP address/,
  ],
  [
    'another port of the registry\u2019s own address',
    '203.0.114.7',
    'https://203.0.114.7:8443/token',
    /an IP address/,
  ],
  [
    'a name for a registry that has only an address',
    '203.0.114.7',
    'https://auth.example.com/token',
    /another domain/,
  ],
  [
    'a private address that is trusted on another port',
    'r.example.com',
    'https://10.1.2.3:8443/',
    /private/,
    { trusted: { 'r.example.com': ['10.1.2.3'] } },
  ],
  ['user info', 'r.example.com', 'https://user:pass@r.example.com/token', /user info/],
  [
    'a user name that looks like the registry',
    'r.example.com',
    'https://r.example.com@evil.example/',
    /user info/,
  ],
  ['a realm that is missing', 'r.example.com', '', /not a URL/],
  ['a relative realm', 'r.example.com', '/token', /not a URL/],
  ['a realm without scheme', 'r.example.com', '//r.example.com/token', /not a URL/],
  ['a backslash', 'r.example.com', 'https://r.example.com\\@evil.example/', /not a URL/],
  ['a newline', 'r.example.com', 'https://r.exam\nple.com/token', /not a URL/],
  ['white space', 'r.example.com', ' https://r.example.com/token', /not a URL/],
  ['a file', 'r.example.com', 'file:///etc/passwd', /not an https URL/],
  ['a script', 'r.example.com', 'javascript:alert(1)', /not an https URL/],
];

describe('checkRealm allows', () => {
  test.each(allowed)('%s: %s, %s', (_claim, registry, realm, setting = {}) => {
    const decision = checkRealm(question(registry, realm, setting));
    expect(decision).toEqual({ allowed: true, url: new URL(realm) });
  });
});

describe('checkRealm refuses', () => {
  test.each(refused)('%s: %s, %s', (_claim, registry, realm, reason, setting = {}) => {
    const decision = checkRealm(question(registry, realm, setting));
    expect(decision).toMatchObject({ allowed: false, reason: expect.stringMatching(reason) as string });
  });

  test.each([
    ['another domain', 'https://auth.other.example/token', 'auth.other.example'],
    ['another port', 'https://10.0.0.1:8443/token', '10.0.0.1:8443'],
    ['no TLS, which trust does not replace', 'http://auth.other.example/token', null],
    ['no URL', 'nonsense', null],
  ])('and says what trustedAuthHosts could allow: %s', (_claim, realm, trustable) => {
    expect(checkRealm(question('r.example.com', realm, {}))).toMatchObject({ allowed: false, trustable });
  });

  test('without asking for the public suffix list where an origin decides', () => {
    const registrableDomain = (): never => {
      throw new Error('was asked');
    };
    const own = question('r.example.com', 'https://r.example.com/token', {});
    expect(checkRealm({ ...own, registrableDomain }).allowed).toBe(true);
    const local = question('r.example.com', 'https://127.0.0.1/token', {});
    expect(checkRealm({ ...local, registrableDomain }).allowed).toBe(false);
  });
});

describe('namesHost compares whole hosts', () => {
  const cases: [entry: string, url: string, expected: boolean][] = [
    ['r.example.com', 'https://r.example.com/v2/', true],
    ['R.Example.com', 'https://r.example.com/v2/', true],
    ['r.example.com:443', 'https://r.example.com/v2/', true],
    ['r.example.com:80', 'https://r.example.com/v2/', false],
    ['r.example.com', 'https://r.example.com:5000/v2/', false],
    ['example.com', 'https://r.example.com/v2/', false],
    ['', 'https://r.example.com/v2/', false],
    ['r.example.com/x', 'https://r.example.com/v2/', false],
    ['x@r.example.com', 'https://r.example.com/v2/', false],
    ['*', 'https://r.example.com/v2/', false],
    ['[::1]:5000', 'http://[::1]:5000/v2/', true],
  ];
  test.each(cases)('%s and %s: %s', (entry, url, expected) => {
    expect(namesHost([entry], new URL(url))).toBe(expected);
  });
});
