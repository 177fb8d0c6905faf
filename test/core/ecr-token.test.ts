import { describe, expect, test } from 'vitest';
import { describeExpiry, readTokenExpiry } from '../../src/core/ecr-token.ts';

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64');
const token = { payload: 'cGF5bG9hZA==', datakey: 'a2V5', version: '2', type: 'DATA_KEY' };

describe('readTokenExpiry', () => {
  test('reads the seconds that an ECR token holds', () => {
    expect(readTokenExpiry(encode({ ...token, expiration: 1_700_000_000 }))).toEqual(
      new Date('2023-11-14T22:13:20Z'),
    );
  });

  test('does not mind a line break around the token', () => {
    expect(readTokenExpiry(`${encode({ expiration: 1_700_000_000 })}\n`)).toEqual(
      new Date('2023-11-14T22:13:20Z'),
    );
  });

  test.each([
    ['an opaque password', 'hunter2'],
    ['nothing', ''],
    ['base64 of something else', Buffer.from('hello there').toString('base64')],
    ['JSON that is not encoded', JSON.stringify({ expiration: 1_700_000_000 })],
    ['no expiration', encode(token)],
    ['an expiration in words', encode({ expiration: '1700000000' })],
    ['an expiration out of range', encode({ expiration: 1e300 })],
    ['a negative expiration', encode({ expiration: -1 })],
    ['zero', encode({ expiration: 0 })],
    ['null', encode(null)],
    ['an array', encode([1_700_000_000])],
    ['a number', encode(1_700_000_000)],
    ['an inherited field', encode({ __proto__: null, nested: { expiration: 1 } })],
    ['a very long token', encode({ pad: 'x'.repeat(70_000), expiration: 1_700_000_000 })],
  ])('%s says nothing', (_claim, password) => {
    expect(readTokenExpiry(password)).toBeNull();
  });
});

describe('describeExpiry', () => {
  const now = Date.parse('2026-03-01T12:00:00Z');
  const minute = 60_000;
  const hour = 60 * minute;
  test.each([
    [-3 * hour, 'expired 3 h ago'],
    [-3 * hour - 59 * minute, 'expired 3 h ago'],
    [-5 * minute, 'expired 5 min ago'],
    [-4_500, 'expired 4 s ago'],
    [0, 'expired 0 s ago'],
    [-72 * hour, 'expired 3 days ago'],
    [11 * hour + 30 * minute, 'expires in 11 h'],
    [12 * hour - 1, 'expires in 12 h'],
    [47 * hour, 'expires in 47 h'],
    [90_000, 'expires in 1 min'],
  ])('%i ms from now: %s', (offset, expected) => {
    expect(describeExpiry(new Date(now + offset), now)).toBe(expected);
  });
});
