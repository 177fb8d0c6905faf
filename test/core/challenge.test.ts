import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseChallenges } from '../../src/core/challenge.ts';

interface Plain {
  scheme: string;
  token68?: string;
  parameters?: Record<string, string>;
}

function plain(headers: readonly string[]): Plain[] {
  return parseChallenges(headers).map(({ scheme, token68, parameters }) => ({
    scheme,
    ...(token68 === null ? {} : { token68 }),
    ...(parameters.size === 0 ? {} : { parameters: Object.fromEntries(parameters) }),
  }));
}

const bearer = { scheme: 'bearer', parameters: { realm: 'https://a.example/token', service: 's' } };

const cases: [claim: string, headers: string[], expected: Plain[]][] = [
  ['no header holds no challenge', [], []],
  ['an empty header holds no challenge', [''], []],
  ['one Basic challenge', ['Basic realm="r"'], [{ scheme: 'basic', parameters: { realm: 'r' } }]],
  [
    'a Bearer challenge with several parameters',
    ['Bearer realm="https://a.example/token",service="s"'],
    [bearer],
  ],
  ['white space around commas', ['Bearer realm="https://a.example/token" ,\tservice="s"'], [bearer]],
  ['white space around the equals sign', ['Bearer realm = "https://a.example/token", service= s'], [bearer]],
  [
    'scheme and parameter names in any case',
    ['bEARER Realm="https://a.example/token",SERVICE="s"'],
    [bearer],
  ],
  [
    'the case of values is kept',
    ['Bearer realm="https://A.example/Token"'],
    [{ scheme: 'bearer', parameters: { realm: 'https://A.example/Token' } }],
  ],
  ['an unquoted value', ['Basic realm=r'], [{ scheme: 'basic', parameters: { realm: 'r' } }]],
  [
    'several challenges in one header',
    ['Basic realm="r", Bearer realm="https://a.example/token",service="s"'],
    [{ scheme: 'basic', parameters: { realm: 'r' } }, bearer],
  ],
  [
    'several headers, in order',
    ['Bearer realm="https://a.example/token",service="s"', 'Basic realm="r"'],
    [bearer, { scheme: 'basic', parameters: { realm: 'r' } }],
  ],
  [
    'a comma inside quotes separates nothing',
    ['Bearer realm="x",scope="repository:a:pull,push", Basic realm="r"'],
    [
      { scheme: 'bearer', parameters: { realm: 'x', scope: 'repository:a:pull,push' } },
      { scheme: 'basic', parameters: { realm: 'r' } },
    ],
  ],
  [
    'a challenge inside quotes is none',
    ['Basic realm="x, Bearer realm=\\"https://evil.example/\\""'],
    [{ scheme: 'basic', parameters: { realm: 'x, Bearer realm="https://evil.example/"' } }],
  ],
  ['escapes in quotes', ['Basic realm="a\\"b\\\\c"'], [{ scheme: 'basic', parameters: { realm: 'a"b\\c' } }]],
  ['a scheme alone', ['Negotiate'], [{ scheme: 'negotiate' }]],
  [
    'a scheme alone before another',
    ['Negotiate, Basic realm="r"'],
    [{ scheme: 'negotiate' }, { scheme: 'basic', parameters: { realm: 'r' } }],
  ],
  [
    'token68',
    ['Negotiate YWJj/+~==, Basic'],
    [{ scheme: 'negotiate', token68: 'YWJj/+~==' }, { scheme: 'basic' }],
  ],
  [
    'empty list elements',
    [',, Basic realm="r",,, Digest nonce=1,'],
    [
      { scheme: 'basic', parameters: { realm: 'r' } },
      { scheme: 'digest', parameters: { nonce: '1' } },
    ],
  ],
  ['a missing comma between parameters', ['Bearer realm="https://a.example/token" service="s"'], [bearer]],
  [
    'a missing comma between challenges',
    ['Basic realm="r" Bearer realm="https://a.example/token",service="s"'],
    [{ scheme: 'basic', parameters: { realm: 'r' } }, bearer],
  ],
  [
    'the first of two equal names counts',
    ['Bearer realm="one",realm="two"'],
    [{ scheme: 'bearer', parameters: { realm: 'one' } }],
  ],
  ['an empty value', ['Bearer realm=""'], [{ scheme: 'bearer', parameters: { realm: '' } }]],
  ['a parameter before any scheme belongs to none', ['realm="x", Basic'], [{ scheme: 'basic' }]],
  [
    'a quoted string without its end is dropped with what follows',
    ['Bearer realm="https://a, Basic realm=r'],
    [{ scheme: 'bearer' }],
  ],
  [
    'a stray quoted string is stepped over',
    ['"Bearer realm=x" Basic realm="r"'],
    [{ scheme: 'basic', parameters: { realm: 'r' } }],
  ],
  [
    'garbage is stepped over',
    ['(){}@@ \u00e9 Basic realm="r"'],
    [{ scheme: 'basic', parameters: { realm: 'r' } }],
  ],
  ['only garbage', ['\u0000\u0001 ""==,;;'], []],
];

describe('parseChallenges reads', () => {
  test.each(cases)('%s', (_claim, headers, expected) => {
    expect(plain(headers)).toEqual(expected);
  });

  test('a parameter called __proto__ like any other', () => {
    const [challenge] = parseChallenges(['Bearer __proto__="x",constructor="y"']);
    expect([...(challenge?.parameters ?? [])]).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });
});

describe('parseChallenges is bounded', () => {
  test('in the number of challenges', () => {
    expect(parseChallenges([Array(5000).fill('Basic realm="r"').join(', ')])).toHaveLength(16);
    expect(parseChallenges(Array<string>(5000).fill('Basic'))).toHaveLength(16);
  });

  test('in the number of parameters', () => {
    const parameters = Array.from({ length: 1000 }, (_, index) => `p${index}=1`).join(',');
    expect(parseChallenges([`Basic ${parameters}`])[0]?.parameters.size).toBe(32);
  });

  test('in the length of a header', () => {
    expect(parseChallenges([`${','.repeat(20_000)}Basic`])).toEqual([]);
  });
});

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,9}$/);
const value = fc.string({ unit: 'grapheme-ascii', maxLength: 20 });
const challenge = fc.record({
  scheme: name,
  parameters: fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key, minLength: 1, maxLength: 5 }),
});

describe('parseChallenges, whatever comes,', () => {
  test('reads back what was written by the grammar', () => {
    fc.assert(
      fc.property(fc.array(challenge, { maxLength: 8 }), (challenges) => {
        const header = challenges
          .map(({ scheme, parameters }) => {
            const list = parameters.map(([key, text]) => `${key}="${text.replaceAll(/["\\]/g, '\\$&')}"`);
            return `${scheme} ${list.join(', ')}`;
          })
          .join(', ');
        const read = parseChallenges([header]).map(({ scheme, parameters }) => ({
          scheme,
          parameters: [...parameters],
        }));
        expect(read).toEqual(challenges);
      }),
    );
  });

  test('never throws, and gives tokens as schemes', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('Bearer ', 'realm=', '"', '\\', ',', '=', ' '),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        for (const { scheme } of parseChallenges([pieces.join('')])) expect(scheme).toMatch(/^[^\s",=()]+$/);
      }),
    );
  });
});
