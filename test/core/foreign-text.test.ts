import { describe, expect, test } from 'vitest';
import { quoteForeign } from '../../src/core/foreign-text.ts';
import { Secret } from '../../src/core/secret.ts';

const password = 'planted-P\u00e4ssw0rd+/"1';
const secrets = [new Secret(password), new Secret(`user:${password}`)];
const bytes = Buffer.from(password);

describe('quoteForeign shows', () => {
  const cases: [claim: string, text: string, expected: string | null][] = [
    ['plain text', 'incorrect username or password', 'incorrect username or password'],
    ['one line of many', ' a\r\n\tb \u2028 c ', 'a b c'],
    ['no control characters', 'a\u0000b\u001b[31mc\u0007', 'a b [31mc'],
    ['no characters that turn text around or hide', 'a\u202eb\u200bc', 'abc'],
    ['200 characters at most', 'x'.repeat(500), `${'x'.repeat(199)}\u2026`],
    ['nothing of nothing', ' \r\n ', null],
  ];
  test.each(cases)('%s', (_claim, text, expected) => {
    expect(quoteForeign(text, secrets)).toBe(expected);
  });
});

describe('quoteForeign shows nothing that repeats', () => {
  const cases: [claim: string, text: string][] = [
    ['the password', `wrong: ${password}`],
    ['the password in another case', `wrong: ${password.toUpperCase()}`],
    ['a part of the password', 'wrong: planted-P...'],
    ['the password in JSON', `wrong: ${JSON.stringify(password)}`],
    ['the password in a URL', `wrong: ${encodeURIComponent(password)}`],
    ['the password in base64', `wrong: ${bytes.toString('base64')}`],
    ['the password in base64url', `wrong: ${bytes.toString('base64url')}`],
    ['the password in hexadecimal', `wrong: ${bytes.toString('hex')}`],
    ['the Basic header', `wrong: Basic ${Buffer.from(`user:${password}`).toString('base64')}`],
    ['the password with control characters in it', `wrong: pl\u200banted-P\u00e4ssw0rd`],
    ['the password at the cut', `${'x'.repeat(190)}${password}`],
  ];
  test.each(cases)('%s', (_claim, text) => {
    expect(quoteForeign(text, secrets)).toBeNull();
  });

  test('a short password', () => {
    expect(quoteForeign('wrong: pw1', [new Secret('pw1')])).toBeNull();
  });

  test('a line of a password of many lines', () => {
    expect(
      quoteForeign('bad key: "private_key_id": 12345', [new Secret('{\n  "private_key_id": 12345\n}')]),
    ).toBeNull();
  });
});
