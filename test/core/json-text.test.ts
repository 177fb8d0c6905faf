import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeUtf8, JsonSyntaxError, parseJson, printJson } from '../../src/core/json-text.ts';

const secret = 'planted-secret';

function reprint(text: string): string | null {
  const node = parseJson(text);
  return node === null ? null : printJson(node);
}

function failure(action: () => unknown): JsonSyntaxError {
  try {
    action();
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error;
    throw error;
  }
  throw new Error('no error');
}

describe('what is kept', () => {
  test.each([
    ['digits beyond a double', '[\n\t1.000000000000000000001,\n\t12345678901234567890,\n\t-0,\n\t1E400\n]'],
    ['the order of names that look like numbers', '{\n\t"10": 1,\n\t"9": 2\n}'],
    ['duplicates', '{\n\t"a": 1,\n\t"a": 2\n}'],
    [
      '__proto__ and constructor',
      '{\n\t"__proto__": {\n\t\t"polluted": true\n\t},\n\t"constructor": null\n}',
    ],
    ['a lone surrogate', '"\\ud800"'],
    ['empty objects and arrays', '{\n\t"a": {},\n\t"b": []\n}'],
  ])('%s', (_claim, text) => {
    expect(reprint(text)).toBe(text);
  });

  test('no prototype is polluted', () => {
    parseJson('{"__proto__":{"polluted":true}}');
    expect('polluted' in {}).toBe(false);
  });

  test('any JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        expect(JSON.parse(reprint(JSON.stringify(value)) ?? '')).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

test.each([
  ['<, > and & as Go does', '"a<b>&c"', '"a\\u003cb\\u003e\\u0026c"'],
  ['line separators as Go does', '"\u2028\u2029"', '"\\u2028\\u2029"'],
  [
    'control characters as Go does',
    '"\\u0000\\u001f\\b\\f\\n\\r\\t\\u007f"',
    '"\\u0000\\u001f\\b\\f\\n\\r\\t\u007f"',
  ],
  ['no needless escapes', '"\\u00e9\\/\\ud83d\\ude00"', '"é/😀"'],
  ['names too', '{"<":0}', '{\n\t"\\u003c": 0\n}'],
])('writes %s', (_claim, text, expected) => {
  expect(reprint(text)).toBe(expected);
});

test.each([
  ['nothing', ''],
  ['white space', ' \r\n\t'],
  ['a byte order mark', '\ufeff\n'],
])('%s holds no value', (_claim, text) => {
  expect(parseJson(text)).toBeNull();
});

test('a byte order mark before a value is accepted', () => {
  expect(reprint('\ufeff{}')).toBe('{}');
});

describe('a position in the text, and nothing of the text', () => {
  test.each([
    ['a missing comma', `{"a": "${secret}" "b": 1}`, 1, 24],
    ['a trailing comma', `{\n\t"a": "${secret}",\n}`, 3, 1],
    ['a missing colon', `{"${secret}" 1}`, 1, 19],
    ['a single-quoted name', `{'${secret}': 1}`, 1, 2],
    ['a comment', `// ${secret}\n{}`, 1, 1],
    ['a word', `{"a": ${secret}}`, 1, 7],
    ['a number with a leading zero', '[012]', 1, 3],
    ['the end of the text in a string', `{"a": "${secret}`, 1, 22],
    ['the end of the text in an object', `{"a": "${secret}"`, 1, 23],
    ['a newline in a string', `{"a": "${secret}\n"}`, 1, 22],
    ['a bad escape', `["\\x${secret}"]`, 1, 3],
    ['something after the value', `{}\r\n${secret}`, 2, 1],
    ['characters beyond the BMP count one', '["😀" x]', 1, 6],
    ['a byte order mark does not count', '\ufeff[x]', 1, 2],
    ['zeros that a crash left', '\0\0\0', 1, 1],
  ])('%s', (_claim, text, line, column) => {
    const error = failure(() => parseJson(text));
    expect(error.position).toEqual({ line, column });
    expect(`${error.stack} ${JSON.stringify(error)}`).not.toContain(secret);
  });

  test('nesting that would end the stack', () => {
    expect(failure(() => parseJson('['.repeat(100_000))).message).toBe('nested more than 500 levels deep');
  });

  test('bytes that are not UTF-8', () => {
    const bytes = Buffer.concat([Buffer.from(`{\n"${secret}": "`), Buffer.from([0xe9, 0x22, 0x7d])]);
    const error = failure(() => decodeUtf8(bytes));
    expect(error.position).toEqual({ line: 2, column: 20 });
    expect(String(error.stack)).not.toContain(secret);
  });
});
