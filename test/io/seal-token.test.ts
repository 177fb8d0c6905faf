import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SealedToken } from '../../src/core/credential-cache.ts';
import { Secret } from '../../src/core/secret.ts';
import { openToken, sealToken } from '../../src/io/seal-token.ts';

const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const token = { username: 'AWS', password: 'PLANTED-token', issuedAt: 1_000, expiresAt: 3_000, keys: '00ff' };
const keys = {
  username: 'AKIAIOSFODNN7EXAMPLE',
  password: new Secret('wJalr/PLANTEDKEY'),
  sessionToken: null,
};

describe('a sealed token', () => {
  test('comes back with the same keys, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (password) => {
        const sealed = sealToken(host, { ...token, password }, keys);
        expect(openToken(host, sealed, keys)).toStrictEqual({ ...token, password });
      }),
      { numRuns: 30 },
    );
  });

  test('shows neither itself nor the keys, and never looks the same twice', () => {
    const [one, two] = [sealToken(host, token, keys), sealToken(host, token, keys)];
    expect(one).not.toHaveProperty('password');
    const bytes = Buffer.from(one.sealed, 'base64').toString('latin1');
    for (const secret of [token.password, keys.password.reveal()])
      expect(`${JSON.stringify(one)}${bytes}`).not.toContain(secret);
    expect(one.sealed).not.toBe(two.sealed);
  });

  test.each([
    ['another secret access key', { password: new Secret('other') }],
    ['another access key id', { username: 'AKIAI44QH8DHBEXAMPLE' }],
    ['a session token', { sessionToken: new Secret('') }],
  ])('is none with %s', (_, change) => {
    expect(openToken(host, sealToken(host, token, keys), { ...keys, ...change })).toBeNull();
  });

  test.each<[string, string, (sealed: SealedToken) => Partial<SealedToken>]>([
    ['for another server', 'other.example.com', () => ({})],
    ['with a later end', host, () => ({ expiresAt: 9_000 })],
    ['with another user', host, () => ({ username: 'root' })],
    ['that was cut', host, ({ sealed }) => ({ sealed: sealed.slice(0, -8) })],
    ['that is too short', host, () => ({ sealed: 'AAAA' })],
    ['that is empty', host, () => ({ sealed: '' })],
    ['that is no base64', host, () => ({ sealed: '*'.repeat(200) })],
    [
      'with one bit turned',
      host,
      ({ sealed }) => ({ sealed: `${sealed.startsWith('A') ? 'B' : 'A'}${sealed.slice(1)}` }),
    ],
  ])('is none %s', (_, server, change) => {
    const sealed = sealToken(host, token, keys);
    expect(openToken(server, { ...sealed, ...change(sealed) }, keys)).toBeNull();
  });

  test('a token in the clear is opened by being there', () => {
    expect(openToken(host, token, keys)).toBe(token);
  });
});
