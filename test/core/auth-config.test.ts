import * as fc from 'fast-check';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import {
  AuthConfigError,
  decodeAuthConfig,
  encodeAuthConfig,
  sameAuthConfig,
} from '../../src/core/auth-config.ts';
import { Secret } from '../../src/core/secret.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const plain = (username: string, password: string) => ({ username, password: new Secret(password) });

describe('encodeAuthConfig', () => {
  test.each([
    ['a user and a password', plain('alice', 'pw'), { auth: base64('alice:pw') }],
    [
      'a password with colons and newlines',
      plain('_json_key', '{\n"a": "b:c"\n}'),
      { auth: base64('_json_key:{\n"a": "b:c"\n}') },
    ],
    ['what is not ASCII, as UTF-8', plain('jürgen', 'påss→'), { auth: base64('jürgen:påss→') }],
    [
      'an identity token goes without the password, the user stays',
      { username: 'alice', password: new Secret('pw'), identityToken: new Secret('refresh') },
      { auth: base64('alice:'), identitytoken: 'refresh' },
    ],
    [
      'an identity token without a user has no auth',
      { username: '', password: new Secret('pw'), identityToken: new Secret('refresh') },
      { identitytoken: 'refresh' },
    ],
    ['nothing at all', plain('', ''), {}],
  ])('%s', (_claim, credential, expected) => {
    expect(encodeAuthConfig(credential)).toEqual(expected);
  });
});

describe('decodeAuthConfig', () => {
  test.each([
    ['splits at the first colon', { auth: base64('alice:p:w') }, 'alice', 'p:w', null],
    ['an empty password is one', { auth: base64('alice:') }, 'alice', '', null],
    ['NULs around a password are padding', { auth: base64('alice:\0pw\0\0') }, 'alice', 'pw', null],
    ['a NUL inside a password stays', { auth: base64('alice:p\0w') }, 'alice', 'p\0w', null],
    ['a byte order mark is part of the user', { auth: base64('\ufeffalice:pw') }, '\ufeffalice', 'pw', null],
    [
      'line breaks in base64 are skipped',
      { auth: `${base64('alice:pw').slice(0, 5)}\r\n${base64('alice:pw').slice(5)}` },
      'alice',
      'pw',
      null,
    ],
    ['user name and password in the clear', { username: 'bob', password: 'pw' }, 'bob', 'pw', null],
    [
      'auth wins over those',
      { auth: base64('alice:pw'), username: 'bob', password: 'other' },
      'alice',
      'pw',
      null,
    ],
    ['an empty auth does not', { auth: '', username: 'bob', password: 'pw' }, 'bob', 'pw', null],
    [
      'an identity token beside a user',
      { auth: base64('alice:'), identitytoken: 'refresh' },
      'alice',
      '',
      'refresh',
    ],
    ['an identity token alone', { identitytoken: 'refresh' }, '', '', 'refresh'],
  ])('%s', (_claim, authConfig, username, password, identityToken) => {
    const credential = decodeAuthConfig(authConfig);
    expect(credential?.username).toBe(username);
    expect(credential?.password.reveal()).toBe(password);
    expect(credential?.identityToken?.reveal() ?? null).toBe(identityToken);
  });

  test.each([
    ['an empty entry', {}],
    ['a registry token alone', { registrytoken: 'x' }],
  ])('%s names no credential', (_claim, authConfig) => {
    expect(decodeAuthConfig(authConfig)).toBeNull();
  });

  test.each([
    ['what is not base64', 'planted-secret!'],
    ['base64 without its padding', base64('planted-secret:x').replace(/=+$/, '')],
    ['URL-safe base64', base64('planted-secret:ÿÿÿ>>>???').replaceAll('/', '_').replaceAll('+', '-')],
    ['no colon', base64('planted-secret')],
    ['no user', base64(':planted-secret')],
    ['bytes that are no text', Buffer.from([...Buffer.from('planted-secret:'), 0xff]).toString('base64')],
  ])('%s is an error that shows nothing of it', (_claim, auth) => {
    try {
      decodeAuthConfig({ auth });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(AuthConfigError);
      const shown = inspect(error, { depth: 5, showHidden: true });
      for (const part of ['planted', auth, auth.slice(0, 8)]) expect(shown).not.toContain(part);
    }
  });

  test('gives back what was encoded', () => {
    const username = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !text.includes(':'));
    const password = fc.string({ unit: 'grapheme' }).filter((text) => !/^\0|\0$/.test(text));
    fc.assert(
      fc.property(username, password, (user, pass) => {
        const decoded = decodeAuthConfig(encodeAuthConfig(plain(user, pass)));
        expect([decoded?.username, decoded?.password.reveal()]).toEqual([user, pass]);
      }),
    );
  });
});

test.each([
  ['the same auth', { auth: base64('a:b') }, { auth: base64('a:b') }, true],
  ['the clear form of it', { auth: base64('a:b') }, { username: 'a', password: 'b' }, true],
  ['another password', { auth: base64('a:b') }, { auth: base64('a:c') }, false],
  ['an identity token more', { auth: base64('a:') }, { auth: base64('a:'), identitytoken: 'x' }, false],
  ['a registry token more', { auth: base64('a:b') }, { auth: base64('a:b'), registrytoken: 'x' }, false],
  ['nothing', {}, null, false],
  ['the same unreadable auth', { auth: '!' }, { auth: '!' }, true],
  ['another unreadable auth', { auth: '!' }, { auth: '?' }, false],
])('an entry and %s', (_claim, one, other, same) => {
  expect(sameAuthConfig(one, other)).toBe(same);
});
