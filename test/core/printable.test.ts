import { expect, test } from 'vitest';
import { toPrintable } from '../../src/core/printable.ts';

test.each([
  { claim: 'plain text stays', text: 'Log in: "a" (b)', printable: 'Log in: "a" (b)' },
  { claim: 'every script stays', text: 'für 用户 🔑', printable: 'für 用户 🔑' },
  { claim: 'newlines stay', text: 'one\ntwo\n', printable: 'one\ntwo\n' },
  { claim: 'an escape sequence', text: '\u001B[31mred', printable: '\\u001b[31mred' },
  { claim: 'a C1 control sequence', text: '\u009B31mred', printable: '\\u009b31mred' },
  { claim: 'a carriage return, which overwrites the line', text: 'bad\rok', printable: 'bad\\u000dok' },
  { claim: 'a backspace', text: 'bad\b\b\bok', printable: 'bad\\u0008\\u0008\\u0008ok' },
  { claim: 'a tab', text: 'a\tb', printable: 'a\\u0009b' },
  { claim: 'a NUL', text: 'a\u0000b', printable: 'a\\u0000b' },
  { claim: 'a right-to-left override', text: 'a\u202Eb', printable: 'a\\u202eb' },
  { claim: 'a zero-width space', text: 'a\u200Bb\u2060', printable: 'a\u005cu200bb\u005cu2060' },
  { claim: 'a line separator', text: 'a\u2028b', printable: 'a\\u2028b' },
])('$claim', ({ text, printable }) => {
  expect(toPrintable(text)).toBe(printable);
});
