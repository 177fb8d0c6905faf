import { describe, expect, test } from 'vitest';
import { parseEnvSecrets, parseUserSecretsJson, type ParsedSecrets } from '../../src/core/secrets-files.ts';

const planted = 'planted-hunter2';

function revealed({ secrets }: ParsedSecrets): [string, string][] {
  return [...secrets].map(([name, value]) => [name, value.reveal()]);
}

function encode(value: string | Uint8Array): string {
  return Buffer.from(value).toString('base64');
}

describe('user-secrets-envs.json', () => {
  test.each<[claim: string, text: string, secrets: [string, string][], problems: string[]]>([
    [
      'a flat object of strings is read as it stands',
      '{"A":"1","B":"two\\nlines\\n"}',
      [
        ['A', '1'],
        ['B', 'two\nlines\n'],
      ],
      [],
    ],
    ['an empty object holds nothing', '{}', [], []],
    ['an empty value is a value', '{"A":""}', [['A', '']], []],
    [
      '`__proto__` and `constructor` are ordinary names',
      '{"__proto__":"p","constructor":"c"}',
      [
        ['__proto__', 'p'],
        ['constructor', 'c'],
      ],
      [],
    ],
    [
      'a value with braces, quotes and colons is no key',
      '{"A":"{\\"B\\":\\"1\\",\\"B\\":","B":"[:{"}',
      [
        ['A', '{"B":"1","B":'],
        ['B', '[:{'],
      ],
      [],
    ],
    ['text that is not JSON is a problem and is not quoted', `{"A": ${planted}}`, [], ['is not JSON']],
    ['an empty file is a problem', '', [], ['is not JSON']],
    ['an array is a problem', `["${planted}"]`, [], ['is not a JSON object of names and strings']],
    ['null is a problem', 'null', [], ['is not a JSON object of names and strings']],
    ['a string is a problem', `"${planted}"`, [], ['is not a JSON object of names and strings']],
    [
      'a nested value is left out, the rest is used',
      `{"A":{"x":"${planted}"},"B":"2"}`,
      [['B', '2']],
      ['A is an object, not a string; it is left out'],
    ],
    [
      'numbers, null and arrays are left out',
      `{"A":1,"B":null,"C":["${planted}"],"D":true}`,
      [],
      [
        'A is a number, not a string; it is left out',
        'B is null, not a string; it is left out',
        'C is an array, not a string; it is left out',
        'D is a boolean, not a string; it is left out',
      ],
    ],
    [
      'a key that is no variable name is left out and not printed',
      `{"${planted}\\u001b[2J":"x","B":"2"}`,
      [['B', '2']],
      ['has a key that is no variable name; it is left out'],
    ],
    [
      'of a repeated key the last value is used, and it is said',
      `{"A":"1","B":"2","\\u0041":"3"}`,
      [
        ['A', '3'],
        ['B', '2'],
      ],
      ['has A more than once; the last one is used'],
    ],
    [
      'the same key at another depth is no repetition',
      '{"A":"1","B":{"A":"2"}}',
      [['A', '1']],
      ['B is an object, not a string; it is left out'],
    ],
  ])('%s', (_claim, text, secrets, problems) => {
    const parsed = parseUserSecretsJson(text);
    expect(revealed(parsed)).toEqual(secrets);
    expect(parsed.problems).toEqual(problems);
  });
});

describe('.env-secrets', () => {
  test.each<[claim: string, text: string, secrets: [string, string][], problems: string[]]>([
    [
      'a line is KEY=base64(value)',
      `A=${encode('one')}\nB=${encode('two')}\n`,
      [
        ['A', 'one'],
        ['B', 'two'],
      ],
      [],
    ],
    [
      'the value may hold lines, equal signs and any character',
      `A=${encode('x=y\n"ü"\t🔑\n')}`,
      [['A', 'x=y\n"ü"\t🔑\n']],
      [],
    ],
    [
      'padding is no second separator',
      `A=${encode('a')}\nB=${encode('ab')}`,
      [
        ['A', 'a'],
        ['B', 'ab'],
      ],
      [],
    ],
    ['an empty value is a value', 'A=\n', [['A', '']], []],
    ['an empty file holds nothing', '', [], []],
    ['empty lines and # lines are skipped', `\n# note\n\nA=${encode('1')}\n\n`, [['A', '1']], []],
    [
      'CRLF ends a line too',
      `A=${encode('1')}\r\nB=${encode('2')}\r\n`,
      [
        ['A', '1'],
        ['B', '2'],
      ],
      [],
    ],
    ['`__proto__` is an ordinary name', `__proto__=${encode('p')}`, [['__proto__', 'p']], []],
    ['a byte order mark inside a value stays', `A=${encode('\ufeffx')}`, [['A', '\ufeffx']], []],
    [
      'a line without = is left out by number and not quoted',
      `${planted}\nB=${encode('2')}`,
      [['B', '2']],
      ['line 1 has no "="; it is left out'],
    ],
    [
      'a plain value is not base64',
      `A=${planted}!\nB=${encode('2')}`,
      [['B', '2']],
      ['line 1: the value of A is not base64 of UTF-8 text; it is left out'],
    ],
    [
      'base64 without its padding is not taken',
      'A=YQ',
      [],
      ['line 1: the value of A is not base64 of UTF-8 text; it is left out'],
    ],
    [
      'base64url is not taken',
      'A=_-_-',
      [],
      ['line 1: the value of A is not base64 of UTF-8 text; it is left out'],
    ],
    [
      'bytes that are no UTF-8 are not taken',
      `A=${encode(Uint8Array.of(0xff, 0xfe, 0x00))}`,
      [],
      ['line 1: the value of A is not base64 of UTF-8 text; it is left out'],
    ],
    [
      'a name that is none is left out and not printed',
      `${planted}\u001b[2J=${encode('1')}\nexport B=${encode('2')}`,
      [],
      [
        'line 1 does not begin with a variable name; it is left out',
        'line 2 does not begin with a variable name; it is left out',
      ],
    ],
    [
      'an empty name is left out',
      `=${encode('1')}`,
      [],
      ['line 1 does not begin with a variable name; it is left out'],
    ],
    [
      'of a repeated name the last value is used, and it is said',
      `A=${encode('1')}\nA=${encode('2')}`,
      [['A', '2']],
      ['line 2 has A once more; the last one is used'],
    ],
    ['a repetition of the same value is no problem', `A=${encode('1')}\nA=${encode('1')}`, [['A', '1']], []],
  ])('%s', (_claim, text, secrets, problems) => {
    const parsed = parseEnvSecrets(text);
    expect(revealed(parsed)).toEqual(secrets);
    expect(parsed.problems).toEqual(problems);
  });

  test('a hundred thousand lines are read in one go', () => {
    const text = Array.from({ length: 100_000 }, (_, index) => `K${index}=${encode(String(index))}`).join(
      '\n',
    );
    expect(parseEnvSecrets(text).secrets.size).toBe(100_000);
  });
});
