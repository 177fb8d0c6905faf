import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type CredentialCache,
  formatCache,
  isFresh,
  isValid,
  keyMark,
  parseCache,
} from '../../src/core/credential-cache.ts';

const plainObjects = { noNullPrototype: true };
const token = { username: 'AWS', password: 'p', issuedAt: 1_000, expiresAt: 3_000, keys: '00ff' };

describe('the age of a token', () => {
  test.each([
    ['just issued', 1_000, true, true],
    ['a millisecond before half of its life', 1_999, true, true],
    ['at half of its life', 2_000, false, true],
    ['a millisecond before its end', 2_999, false, true],
    ['at its end', 3_000, false, false],
    ['before it was issued: the clock was set back', 999, false, true],
  ])('%s', (_, now, fresh, valid) => {
    expect([isFresh(token, now), isValid(token, now)]).toStrictEqual([fresh, valid]);
  });
});

describe('the mark of a key pair', () => {
  test('is the same for the same keys and another one for others', () => {
    expect(keyMark('a', 'b', null)).toBe(keyMark('a', 'b', null));
    const marks = [
      keyMark('a', 'b', null),
      keyMark('a', 'c', null),
      keyMark('b', 'b', null),
      keyMark('a', 'b', 't'),
      keyMark('a', 'b', ''),
    ];
    expect(new Set(marks).size).toBe(marks.length);
  });

  test('does not mix up where one value ends and the next begins', () => {
    expect(keyMark('ab', 'c', null)).not.toBe(keyMark('a', 'bc', null));
  });

  test('is too short to tell a key', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (id, secret) => /^[0-9a-f]{4}$/.test(keyMark(id, secret, null))),
    );
  });
});

describe('the text of the cache', () => {
  test('comes back as it was, whatever is in it', () => {
    const texts = fc.string({ unit: 'binary' });
    const tokens = fc.array(
      fc.tuple(
        texts,
        fc.oneof(
          ...(['password', 'sealed'] as const).map((form) => {
            const facts = { username: texts, issuedAt: fc.nat(), expiresAt: fc.nat(), keys: texts };
            return fc.record(
              { ...facts, [form]: texts } as typeof facts & { password: typeof texts },
              plainObjects,
            );
          }),
        ),
      ),
    );
    const logins = fc.array(
      fc.tuple(texts, fc.option(fc.record({ username: texts, secret: texts }, plainObjects))),
    );
    fc.assert(
      fc.property(tokens, logins, (tokenEntries, loginEntries) => {
        const cache: CredentialCache = { tokens: new Map(tokenEntries), logins: new Map(loginEntries) };
        expect(parseCache(formatCache(cache))).toStrictEqual(cache);
      }),
      { numRuns: 30 },
    );
  });

  test('names such as __proto__ are ordinary', () => {
    const cache: CredentialCache = {
      tokens: new Map([['__proto__', token]]),
      logins: new Map([['constructor', null]]),
    };
    expect(parseCache(formatCache(cache))).toStrictEqual(cache);
  });

  test.each([
    '',
    'null',
    '[]',
    '{}',
    '{"schemaVersion":2,"tokens":[],"logins":[]}',
    '{"schemaVersion":1,"tokens":{},"logins":[]}',
    '{"schemaVersion":1,"tokens":[null],"logins":[]}',
    '{"schemaVersion":1,"tokens":[{"server":"a"}],"logins":[]}',
    '{"schemaVersion":1,"tokens":[{"server":"a","username":"AWS","password":"p","issuedAt":"1","expiresAt":2,"keys":"k"}],"logins":[]}',
    '{"schemaVersion":1,"tokens":[{"server":"a","username":"AWS","issuedAt":1,"expiresAt":2,"keys":"k"}],"logins":[]}',
    '{"schemaVersion":1,"tokens":[{"server":"a","username":"AWS","sealed":1,"issuedAt":1,"expiresAt":2,"keys":"k"}],"logins":[]}',
    '{"schemaVersion":1,"tokens":[],"logins":["a"]}',
    '{"schemaVersion":1,"tokens":[],"logins":[{"username":"u"}]}',
  ])('%s is none', (text) => {
    expect(parseCache(text)).toBeNull();
  });
});
