import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isLoopbackHostname, parseRegistryHost } from '../../src/core/registry-host.ts';

const dockerHub = {
  key: 'https://index.docker.io/v1/',
  host: 'registry-1.docker.io',
  hostname: 'registry-1.docker.io',
  scheme: 'https',
  isLoopback: false,
};

describe('Docker Hub has one key, however it is written', () => {
  test.each([
    'docker.io',
    'index.docker.io',
    'registry-1.docker.io',
    'docker.io/',
    'https://docker.io',
    'https://index.docker.io/v1/',
    'https://index.docker.io/v1',
    'https://index.docker.io/v2/',
    'index.docker.io/v1/',
    'http://docker.io',
    'HTTPS://Index.Docker.IO/v1/',
    'DOCKER.IO',
    'docker.io:443',
    'https://registry-1.docker.io:443/v2/',
    'docker.io/library/alpine:3.22',
  ])('%s', (text) => {
    expect(parseRegistryHost(text)).toEqual(dockerHub);
  });

  test.each([
    'docker.io.example.com',
    'notdocker.io',
    'my.docker.io',
    'docker.io:5000',
    'registry-2.docker.io',
    'hub.docker.com',
    'example.com/docker.io',
  ])('but %s is another registry', (text) => {
    expect(parseRegistryHost(text)).toMatchObject({ key: expect.not.stringContaining('index.docker.io') });
  });
});

describe('any other server becomes host[:port] in lower case', () => {
  test.each([
    { text: 'mycompany.azurecr.io', key: 'mycompany.azurecr.io', why: 'a plain host' },
    { text: 'MyCompany.AzureCR.io', key: 'mycompany.azurecr.io', why: 'letter case' },
    { text: 'https://mycompany.azurecr.io', key: 'mycompany.azurecr.io', why: 'a scheme' },
    {
      text: 'HTTPS://mycompany.azurecr.io/',
      key: 'mycompany.azurecr.io',
      why: 'a scheme in capitals and a slash',
    },
    { text: 'https://mycompany.azurecr.io/v2/', key: 'mycompany.azurecr.io', why: 'a path' },
    { text: 'ghcr.io/octo-org/app:1.2', key: 'ghcr.io', why: 'a whole image reference' },
    {
      text: 'ghcr.io/octo-org/app@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
      key: 'ghcr.io',
      why: 'a whole image reference with a digest',
    },
    { text: 'registry.example.com?x=1', key: 'registry.example.com', why: 'a query' },
    { text: 'registry.example.com#top', key: 'registry.example.com', why: 'a fragment' },
    { text: 'registry.example.com:5000', key: 'registry.example.com:5000', why: 'a port' },
    {
      text: 'https://registry.example.com:443/',
      key: 'registry.example.com:443',
      why: "a scheme's own port is kept too",
    },
    {
      text: 'registry.example.com:05000',
      key: 'registry.example.com:5000',
      why: 'a port with a leading zero',
    },
    { text: 'registry.example.com:65535', key: 'registry.example.com:65535', why: 'the last port' },
    { text: 'registry', key: 'registry', why: 'a name without a dot' },
    { text: '192.168.1.10:5000', key: '192.168.1.10:5000', why: 'an IPv4 address' },
    { text: '[2001:DB8:0::1]:5000', key: '[2001:db8::1]:5000', why: 'an IPv6 address' },
    { text: '[::1]', key: '[::1]', why: 'an IPv6 address without a port' },
    { text: 'xn--bcher-kva.example', key: 'xn--bcher-kva.example', why: 'a name in Punycode' },
    { text: `${'a'.repeat(63)}.example`, key: `${'a'.repeat(63)}.example`, why: 'a label of 63 letters' },
  ])('$why: $text', ({ text, key }) => {
    expect(parseRegistryHost(text)).toMatchObject({ key, host: key });
  });

  test('the host name stands without port and brackets', () => {
    expect(parseRegistryHost('https://[::1]:5000/v2/')).toEqual({
      key: '[::1]:5000',
      host: '[::1]:5000',
      hostname: '::1',
      scheme: 'https',
      isLoopback: true,
    });
  });

  test('the scheme is told as it was written', () => {
    expect(parseRegistryHost('http://registry.example.com')).toMatchObject({ scheme: 'http' });
    expect(parseRegistryHost('HTTPS://registry.example.com')).toMatchObject({ scheme: 'https' });
    expect(parseRegistryHost('registry.example.com')).toMatchObject({ scheme: null });
  });
});

describe('what is no host is an error that does not repeat the value', () => {
  const notAHost = 'is not a host name with an optional port';
  const credentials = 'has a user name or password in it; use the host alone';
  const scheme = 'has a scheme that is neither https:// nor http://; use the host alone';

  test.each([
    { text: '', error: notAHost, why: 'nothing' },
    { text: '/', error: notAHost, why: 'a slash' },
    {
      text: 'https//registry.example.com',
      error: 'has a scheme without its colon; use the host alone',
      why: 'a scheme without its colon',
    },
    { text: '//registry.example.com', error: notAHost, why: 'slashes without a scheme' },
    { text: 'https://', error: notAHost, why: 'a scheme alone' },
    { text: 'https:/registry.example.com', error: notAHost, why: 'a scheme with one slash' },
    { text: 'https://https://registry.example.com', error: notAHost, why: 'a scheme twice' },
    { text: 'registry.example.com:', error: notAHost, why: 'an empty port' },
    { text: 'registry.example.com:0', error: notAHost, why: 'port 0' },
    { text: 'registry.example.com:65536', error: notAHost, why: 'port 65536' },
    { text: 'registry.example.com:-1', error: notAHost, why: 'a negative port' },
    { text: 'registry.example.com:http', error: notAHost, why: 'a port in letters' },
    { text: 'registry.example.com:50 00', error: notAHost, why: 'a space in the port' },
    { text: 'registry.example.com:5000:5000', error: notAHost, why: 'two ports' },
    { text: 'my registry.example.com', error: notAHost, why: 'a space' },
    { text: 'registry.example.com\nregistry.example.org', error: notAHost, why: 'two lines' },
    { text: 'registry\t.example.com', error: notAHost, why: 'a tab' },
    { text: 'registry.example.com\u0000', error: notAHost, why: 'a NUL' },
    { text: '\u001B[31mregistry.example.com', error: notAHost, why: 'an escape sequence' },
    { text: 'registry.example.com\\v2', error: notAHost, why: 'a backslash' },
    {
      text: 'my_registry.example.com',
      error: notAHost,
      why: 'an underscore, which image references do not have',
    },
    {
      text: 'registry.example.com.',
      error: notAHost,
      why: 'a trailing dot, which image references do not have',
    },
    { text: '.registry.example.com', error: notAHost, why: 'a leading dot' },
    { text: 'registry..example.com', error: notAHost, why: 'two dots' },
    { text: '-registry.example.com', error: notAHost, why: 'a leading hyphen' },
    { text: 'registry-.example.com', error: notAHost, why: 'a label that ends in a hyphen' },
    { text: '*.example.com', error: notAHost, why: 'a wildcard' },
    { text: 'registry%2eexample.com', error: notAHost, why: 'percent encoding' },
    { text: 'bücher.example', error: notAHost, why: 'Unicode' },
    {
      text: 'registry\u3002example.com',
      error: notAHost,
      why: 'an ideographic full stop, which browsers take for a dot',
    },
    { text: 'doc\u212Aer.io', error: notAHost, why: 'a Kelvin sign, whose lower case is k' },
    { text: '127.1', error: notAHost, why: 'a short IPv4 address' },
    { text: '2130706433', error: notAHost, why: 'an IPv4 address as one number' },
    { text: '0x7f.0.0.1', error: notAHost, why: 'an IPv4 address in hexadecimal' },
    { text: '0177.0.0.1', error: notAHost, why: 'an IPv4 address in octal' },
    { text: '127.0.0.256', error: notAHost, why: 'an IPv4 address out of range' },
    { text: '1.2.3.4.5', error: notAHost, why: 'five numbers' },
    { text: '::1', error: notAHost, why: 'an IPv6 address without brackets' },
    { text: '[::1', error: notAHost, why: 'an open bracket' },
    { text: '[::1]5000', error: notAHost, why: 'no colon behind the bracket' },
    { text: '[1::2::3]', error: notAHost, why: 'an IPv6 address that is none' },
    { text: '[fe80::1%25eth0]', error: notAHost, why: 'an IPv6 zone' },
    { text: `${'a'.repeat(64)}.example`, error: notAHost, why: 'a label of 64 letters' },
    { text: `${'a.'.repeat(149)}aa`, error: notAHost, why: 'a name of 300 characters' },
    { text: 'a'.repeat(100_000), error: notAHost, why: 'a hundred thousand letters' },
    { text: 'https://user:hunter2@registry.example.com', error: credentials, why: 'user and password' },
    { text: 'user@registry.example.com', error: credentials, why: 'a user' },
    { text: '@registry.example.com', error: credentials, why: 'an empty user' },
    {
      text: 'https://user:1234/hunter2@registry.example.com',
      error: credentials,
      why: 'a password with a slash',
    },
    { text: 'user:1234#hunter2@registry.example.com', error: credentials, why: 'a password with a hash' },
    { text: 'docker://registry.example.com', error: scheme, why: "skopeo's scheme" },
    { text: 'oci://registry.example.com', error: scheme, why: "Helm's scheme" },
    { text: 'ftp://registry.example.com', error: scheme, why: 'ftp' },
    { text: 'hunter2://registry.example.com', error: scheme, why: 'a scheme that is nobody knows what' },
    { text: 'httpsx://registry.example.com', error: scheme, why: 'nearly https' },
  ])('$why', ({ text, error }) => {
    expect(parseRegistryHost(text)).toEqual({ error });
  });
});

describe('loopback', () => {
  test.each([
    'localhost',
    'LOCALHOST:5000',
    'app.localhost',
    '127.0.0.1:5000',
    '127.255.255.254',
    '[::1]:5000',
    '[0:0::1]',
    '[::ffff:127.0.0.1]',
  ])('%s is this machine', (text) => {
    expect(parseRegistryHost(text)).toMatchObject({ isLoopback: true });
  });

  test.each([
    'localhost.example.com',
    'notlocalhost',
    '127.0.0.1.example.com',
    '128.0.0.1',
    '0.0.0.0',
    '10.0.0.1',
    '[::]',
    '[::2]',
    '[::ffff:10.0.0.1]',
    '[::ffff:7f0:1]',
    'localhost.localdomain',
    'host.docker.internal',
  ])('%s is not', (text) => {
    expect(parseRegistryHost(text)).toMatchObject({ isLoopback: false });
  });

  test('an empty host name is not', () => {
    expect(isLoopbackHostname('')).toBe(false);
  });
});

describe('for every text', () => {
  const hosts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.webUrl({ withFragments: true, withQueryParameters: true, validSchemes: ['http', 'https', 'ftp'] }),
    fc
      .tuple(
        fc.oneof(
          fc.domain(),
          fc.ipV4(),
          fc.ipV4Extended(),
          fc.ipV6().map((ip) => `[${ip}]`),
        ),
        fc.nat(70_000),
      )
      .map(([host, port]) => `${host}:${port}`),
    fc.string({ unit: fc.constantFrom(...'aA0.-:[]/@#?_%\\ \n\u0000é') }),
  );

  test('parsing never throws, and what it gives parses to itself', () => {
    fc.assert(
      fc.property(hosts, (text) => {
        const parsed = parseRegistryHost(text);
        if ('error' in parsed) return;
        const { scheme: _scheme, ...canonical } = parsed;
        expect(parseRegistryHost(parsed.key)).toMatchObject(canonical);
        expect(parseRegistryHost(parsed.host)).toMatchObject(canonical);
        expect(new URL(`https://${parsed.host}/v2/`)).toMatchObject({
          username: '',
          password: '',
          pathname: '/v2/',
        });
      }),
      { numRuns: 2000 },
    );
  });
});
