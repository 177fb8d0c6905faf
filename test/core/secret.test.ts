import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/core/secret.ts';

const secret = new Secret('hunter2');

describe('a secret is not printed by accident', () => {
  test.each([
    ['String()', () => String(secret)],
    ['a template', () => `a ${secret as unknown as string}`],
    ['concatenation', () => ''.concat(secret as unknown as string)],
    ['an array that is joined', () => [secret].join()],
    ['JSON', () => JSON.stringify({ secret })],
    ['inspect, as console.log does it', () => inspect(secret)],
    [
      'inspect of what holds it',
      () => inspect({ deep: { deeper: [secret] } }, { depth: Infinity, showHidden: true }),
    ],
    ['an error that carries it', () => inspect(new Error('failed', { cause: { secret } }))],
  ])('by %s', (_claim, print) => {
    expect(print()).toContain('[redacted]');
    expect(print()).not.toContain('hunter2');
  });

  test('by its own properties', () => {
    expect(Object.values(secret)).toEqual([]);
    expect({ ...secret }).toEqual({});
    expect(Reflect.ownKeys(secret)).toEqual([]);
  });

  test('by a copy', () => {
    expect(JSON.stringify(structuredClone(secret))).not.toContain('hunter2');
  });
});

test('reveal gives the value as it came in', () => {
  expect(new Secret(' \n{"a": "ü"}\n').reveal()).toBe(' \n{"a": "ü"}\n');
  expect(new Secret('').reveal()).toBe('');
});

test('two secrets are compared by their values', () => {
  expect(secret.equals(new Secret('hunter2'))).toBe(true);
  expect(secret.equals(new Secret('hunter2 '))).toBe(false);
  expect(secret.equals(new Secret('[redacted]'))).toBe(false);
});
