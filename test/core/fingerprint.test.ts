import { describe, expect, test } from 'vitest';
import { changedFields, fingerprint, fingerprintFields } from '../../src/core/fingerprint.ts';

const salt = 'a1'.repeat(32);

describe('a fingerprint', () => {
  test('is four hex digits, whatever the value', () => {
    for (const value of ['', 'a', 'planted-secret', '\0', 'ü\n🔑', 'x'.repeat(100_000)]) {
      expect(fingerprint(salt, value)).toMatch(/^[0-9a-f]{4}$/);
    }
  });

  test('is the same for the same value, so that several of one value say no more than one', () => {
    expect(fingerprint(salt, 'planted-secret')).toBe(fingerprint(salt, 'planted-secret'));
    const set = fingerprintFields(salt, { PASSWORD: 'planted-secret' });
    const entry = fingerprintFields(salt, { password: 'planted-secret' });
    expect(set.get('PASSWORD')).toBe(entry.get('password'));
  });

  test('is another one under another salt', () => {
    const values = Array.from({ length: 20 }, (_, index) => `value ${index}`);
    const other = 'b2'.repeat(32);
    expect(values.map((value) => fingerprint(salt, value))).not.toEqual(
      values.map((value) => fingerprint(other, value)),
    );
  });

  test('cannot confirm a guess: many words of a dictionary have it', () => {
    const target = fingerprint(salt, 'word 31337');
    const fits = Array.from({ length: 600_000 }, (_, index) => `word ${index}`).filter(
      (word) => fingerprint(salt, word) === target,
    );
    expect(fits.length).toBeGreaterThan(3);
  });
});

test('fields without a value have no fingerprint', () => {
  expect([...fingerprintFields(salt, { SERVER: 'a', SESSION_TOKEN: undefined }).keys()]).toEqual(['SERVER']);
});

test('changed fields are those that differ and those that one side lacks', () => {
  const before = new Map([
    ['SERVER', 'aaaa'],
    ['USER', 'bbbb'],
    ['PASSWORD', 'cccc'],
  ]);
  const after = new Map([
    ['SERVER', 'aaaa'],
    ['PASSWORD', 'dddd'],
    ['SESSION_TOKEN', 'eeee'],
  ]);
  expect(changedFields(before, after)).toEqual(['PASSWORD', 'SESSION_TOKEN', 'USER']);
  expect(changedFields(before, new Map(before))).toEqual([]);
});
