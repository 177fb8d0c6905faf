import { describe, expect, test } from 'vitest';
import { chooseProxy } from '../../src/core/proxy-choice.ts';

const both = { HTTP_PROXY: 'http://plain.proxy:3128', HTTPS_PROXY: 'http://tls.proxy:3128' };

describe('chooseProxy takes', () => {
  const cases: [claim: string, url: string, env: Record<string, string>, proxy: string | null][] = [
    ['none where none is set', 'https://r.example.com/', {}, null],
    ['HTTPS_PROXY for https', 'https://r.example.com/', both, 'http://tls.proxy:3128/'],
    ['HTTP_PROXY for http', 'http://r.example.com/', both, 'http://plain.proxy:3128/'],
    ['no HTTP_PROXY for https', 'https://r.example.com/', { HTTP_PROXY: 'http://p:1' }, null],
    ['the lower-case name', 'https://r.example.com/', { https_proxy: 'http://p:1' }, 'http://p:1/'],
    [
      'the capitals first',
      'https://r.example.com/',
      { https_proxy: 'http://p:1', HTTPS_PROXY: 'http://q:2' },
      'http://q:2/',
    ],
    [
      'the lower-case name where the capitals are empty',
      'https://r.example.com/',
      { https_proxy: 'http://p:1', HTTPS_PROXY: '' },
      'http://p:1/',
    ],
    ['a proxy without scheme', 'https://r.example.com/', { HTTPS_PROXY: 'p:3128' }, 'http://p:3128/'],
    ['a proxy over TLS', 'https://r.example.com/', { HTTPS_PROXY: 'https://p' }, 'https://p/'],
    ['none for localhost', 'https://localhost:5000/', both, null],
    ['none below localhost', 'https://a.localhost/', both, null],
    ['none for loopback', 'http://127.0.0.2:5000/', both, null],
    ['none for IPv6 loopback', 'http://[::1]:5000/', both, null],
    [
      'none for a host in NO_PROXY',
      'https://r.example.com/',
      { ...both, NO_PROXY: 'x, R.example.com' },
      null,
    ],
    ['none for a host in no_proxy', 'https://r.example.com/', { ...both, no_proxy: 'r.example.com' }, null],
    ['none below a name in NO_PROXY', 'https://r.example.com/', { ...both, NO_PROXY: 'example.com' }, null],
    ['none below a name with a dot', 'https://r.example.com/', { ...both, NO_PROXY: '.example.com' }, null],
    ['none below a name with a star', 'https://r.example.com/', { ...both, NO_PROXY: '*.example.com' }, null],
    [
      'a proxy for the name itself where a dot is before it',
      'https://example.com/',
      { ...both, NO_PROXY: '.example.com' },
      'http://tls.proxy:3128/',
    ],
    [
      'a proxy for a name that ends alike',
      'https://evilexample.com/',
      { ...both, NO_PROXY: 'example.com' },
      'http://tls.proxy:3128/',
    ],
    [
      'none for the port in NO_PROXY',
      'https://r.example.com:5000/',
      { ...both, NO_PROXY: 'r.example.com:5000' },
      null,
    ],
    [
      'none for the default port in NO_PROXY',
      'https://r.example.com/',
      { ...both, NO_PROXY: 'r.example.com:443' },
      null,
    ],
    [
      'a proxy for another port',
      'https://r.example.com/',
      { ...both, NO_PROXY: 'r.example.com:5000' },
      'http://tls.proxy:3128/',
    ],
    ['none for *', 'https://r.example.com/', { ...both, NO_PROXY: '*' }, null],
    ['none for an address', 'https://10.0.0.1/', { ...both, NO_PROXY: '10.0.0.1' }, null],
    ['none for an address with port', 'https://10.0.0.1:5000/', { ...both, NO_PROXY: '10.0.0.1:5000' }, null],
    ['none for an IPv6 address', 'https://[fd00::1]/', { ...both, NO_PROXY: 'fd00:0::1' }, null],
    [
      'none for an IPv6 address with port',
      'https://[fd00::1]:5000/',
      { ...both, NO_PROXY: '[fd00::1]:5000' },
      null,
    ],
    ['none in a range', 'https://10.1.2.3/', { ...both, NO_PROXY: '10.0.0.0/8' }, null],
    [
      'a proxy outside of a range',
      'https://11.1.2.3/',
      { ...both, NO_PROXY: '10.0.0.0/8' },
      'http://tls.proxy:3128/',
    ],
    ['none in an IPv6 range', 'https://[fd00::1]/', { ...both, NO_PROXY: 'fd00::/8' }, null],
    [
      'a proxy where the range is none',
      'https://10.1.2.3/',
      { ...both, NO_PROXY: '10.0.0.0/x,/8' },
      'http://tls.proxy:3128/',
    ],
  ];
  test.each(cases)('%s', (_claim, url, env, proxy) => {
    const choice = chooseProxy(new URL(url), env);
    expect(choice.kind === 'proxy' ? choice.url.href : null).toBe(proxy);
    expect(choice.kind).toBe(proxy === null ? 'direct' : 'proxy');
  });

  test('the user info out of the URL, decoded, into a header', () => {
    const choice = chooseProxy(new URL('https://r.example.com/'), {
      HTTPS_PROXY: 'http://us%40er:p%C3%A4ss%3A@p:3128',
    });
    expect(choice).toMatchObject({
      url: new URL('http://p:3128'),
      authorization: `Basic ${Buffer.from('us@er:p\u00e4ss:').toString('base64')}`,
    });
  });

  const unusable: [claim: string, value: string, reason: RegExp][] = [
    ['a value that is no URL', 'http://planted-secret:x@:::', /not a URL/],
    ['a SOCKS proxy', 'socks5://planted-secret@p:1080', /only http and https/],
  ];
  test.each(unusable)('no proxy from %s, and says so without the value', (_claim, value, reason) => {
    const choice = chooseProxy(new URL('https://r.example.com/'), { HTTPS_PROXY: value });
    expect(choice).toEqual({
      kind: 'unusable',
      variable: 'HTTPS_PROXY',
      reason: expect.stringMatching(reason) as string,
    });
    expect(JSON.stringify(choice)).not.toContain('planted-secret');
  });
});
