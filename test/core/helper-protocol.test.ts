import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatCredential,
  formatList,
  isHelperAction,
  parseServerRequest,
  parseStoreRequest,
} from '../../src/core/helper-protocol.ts';

describe('actions', () => {
  test.each(['get', 'store', 'erase', 'list', 'version'])('%s is one', (action) =>
    expect(isHelperAction(action)).toBe(true),
  );
  test.each([undefined, '', 'GET', 'toString', '__proto__'])('%s is none', (action) =>
    expect(isHelperAction(action)).toBe(false),
  );
});

describe('the server in a request', () => {
  test.each([
    ['r.example.com', 'r.example.com'],
    [' https://r.example.com/v1/ \r\n', 'https://r.example.com/v1/'],
  ])('%j', (input, server) => expect(parseServerRequest(input)).toBe(server));
  test.each(['', ' \n\t'])('%j is missing', (input) => {
    expect(parseServerRequest(input)).toStrictEqual({ error: 'no credentials server URL' });
  });
});

describe('a store request', () => {
  const good = { serverUrl: 'r', username: 'u', secret: 's' };
  test.each([
    ['as docker writes it', '{"ServerURL":"r","Username":"u","Secret":"s"}', good],
    ['in other cases', '{"serverurl":"r","USERNAME":"u","sEcret":"s"}', good],
    ['the last of two wins', '{"ServerURL":"x","serverURL":"r","Username":"u","Secret":"s"}', good],
    ['more than is known', '{"ServerURL":"r","Username":"u","Secret":"s","Other":[1]}\n', good],
    ['without a secret', '{"ServerURL":"r","Username":"u"}', { ...good, secret: '' }],
    ['no server', '{"Username":"u","Secret":"s"}', { error: 'no credentials server URL' }],
    ['a server that is no text', '{"ServerURL":1,"Username":"u"}', { error: 'no credentials server URL' }],
    ['no user', '{"ServerURL":"r","Secret":"s"}', { error: 'no credentials username' }],
    ['null', 'null', { error: 'no credentials server URL' }],
  ])('%s', (_, input, expected) => expect(parseStoreRequest(input)).toStrictEqual(expected));

  test('what is no JSON is not quoted', () => {
    expect(JSON.stringify(parseStoreRequest('{"Secret":"hunter2'))).not.toContain('hunter2');
  });
});

describe('answers', () => {
  test('a credential is one line of JSON that gives back every character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (username, secret) => {
        const text = formatCredential({ serverUrl: 'r', username, secret });
        expect(text.indexOf('\n')).toBe(text.length - 1);
        expect(JSON.parse(text)).toStrictEqual({ ServerURL: 'r', Username: username, Secret: secret });
      }),
    );
  });

  test('a list is sorted by server, and an empty one an empty object', () => {
    expect(formatList(new Map())).toBe('{}\n');
    expect(
      formatList(
        new Map([
          ['b', '2'],
          ['a', '1'],
          ['__proto__', '3'],
        ]),
      ),
    ).toBe('{"__proto__":"3","a":"1","b":"2"}\n');
  });
});
