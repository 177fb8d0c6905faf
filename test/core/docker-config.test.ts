import { describe, expect, test } from 'vitest';
import { DockerConfigError, parseDockerConfig } from '../../src/core/docker-config-parser.ts';
import {
  authKeys,
  credHelpers,
  credsStore,
  type DockerConfig,
  findAuth,
  getAuth,
  helperFor,
  hostOfAuthKey,
  removeAuth,
  removeCredHelper,
  serializeDockerConfig,
  setAuth,
  setCredHelper,
} from '../../src/core/docker-config.ts';

const hub = 'https://index.docker.io/v1/';
const alice = { auth: Buffer.from('alice:pw').toString('base64') };
const bob = { auth: Buffer.from('bob:pw').toString('base64') };

function parse(value: unknown): DockerConfig {
  return parseDockerConfig(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));
}

function lines(...text: string[]): string {
  return text.join('\n');
}

describe('parsing', () => {
  test.each([
    ['nothing', ''],
    ['white space', ' \n'],
    ['null', 'null'],
    ['an empty object', '{}'],
    ['null fields', '{"auths":null,"credHelpers":null,"credsStore":null}'],
    ['a byte order mark', '\ufeff{}'],
  ])('%s is an empty config', (_claim, text) => {
    const config = parse(text);
    expect([authKeys(config), credHelpers(config).size, credsStore(config)]).toEqual([[], 0, null]);
  });

  test.each([
    ['an array', '[]', 'the file must be an object, not an array', 1, 1],
    ['a string', '"x"', 'the file must be an object, not a string', 1, 1],
    ['auths as an array', '{\n "auths": []}', '"auths" must be an object, not an array', 2, 11],
    [
      'an entry as a string',
      '{"auths":{"a.io":"planted"}}',
      '"auths"["a.io"] must be an object, not a string',
      1,
      18,
    ],
    [
      'auth as a number',
      '{"auths":{"a.io":{"Auth":5}}}',
      '"auth" of "auths"["a.io"] must be a string, not a number',
      1,
      26,
    ],
    [
      'identitytoken as an object',
      '{"auths":{"a.io":{"identitytoken":{}}}}',
      '"identitytoken" of "auths"["a.io"] must be a string, not an object',
      1,
      35,
    ],
    [
      'credHelpers as a string',
      '{"credHelpers":"planted"}',
      '"credHelpers" must be an object, not a string',
      1,
      16,
    ],
    [
      'a helper as a boolean',
      '{"credHelpers":{"a.io":true}}',
      '"credHelpers"["a.io"] must be a string, not a boolean',
      1,
      24,
    ],
    [
      'credsStore as an array',
      '{"credsStore":["planted"]}',
      '"credsStore" must be a string, not an array',
      1,
      15,
    ],
    [
      'a second auths of another shape',
      '{"auths":{},"AUTHS":1}',
      '"auths" must be an object, not a number',
      1,
      21,
    ],
    [
      'a key that would draw on the terminal',
      '{"auths":{"\\u001b[2J\\u2028":1}}',
      '"auths"["?[2J?"] must be an object, not a number',
      1,
      29,
    ],
  ])('%s is an error that names the place', (_claim, text, message, line, column) => {
    try {
      parse(text);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(DockerConfigError);
      expect(error).toMatchObject({ kind: 'shape', message, position: { line, column } });
      expect((error as Error).stack).not.toContain('planted');
    }
  });

  test('what does not parse is an error with its place', () => {
    expect(() => parse('{"auths": {planted}}')).toThrow(
      expect.objectContaining({
        kind: 'syntax',
        message: 'expected a name in double quotes',
        position: { line: 1, column: 12 },
      }),
    );
  });
});

describe('writing', () => {
  test('gives what docker writes for the same login', () => {
    const config = setAuth(setAuth(parse(''), 'z.example', alice), hub, bob);
    expect(serializeDockerConfig(config)).toBe(
      lines(
        '{',
        '\t"auths": {',
        `\t\t"${hub}": {`,
        `\t\t\t"auth": "${bob.auth}"`,
        '\t\t},',
        '\t\t"z.example": {',
        `\t\t\t"auth": "${alice.auth}"`,
        '\t\t}',
        '\t}',
        '}',
      ),
    );
  });

  test('keeps all that is not ours, in its order, and its numbers to the digit', () => {
    const text =
      '{"zeta":1.10,"HttpHeaders":{"b":"<1>","a":"2"},"auths":{"b.io":{"auth":"!","email":"x@y"},"a.io":{}},"credsStore":"pass",' +
      '"plugins":{"big":12345678901234567890},"__proto__":{"x":1},"currentContext":"c"}';
    expect(serializeDockerConfig(setCredHelper(setAuth(parse(text), 'c.io', alice), 'c.io', ''))).toBe(
      lines(
        '{',
        '\t"zeta": 1.10,',
        '\t"HttpHeaders": {',
        '\t\t"b": "\\u003c1\\u003e",',
        '\t\t"a": "2"',
        '\t},',
        '\t"auths": {',
        '\t\t"a.io": {},',
        '\t\t"b.io": {',
        '\t\t\t"auth": "!",',
        '\t\t\t"email": "x@y"',
        '\t\t},',
        '\t\t"c.io": {',
        `\t\t\t"auth": "${alice.auth}"`,
        '\t\t}',
        '\t},',
        '\t"credsStore": "pass",',
        '\t"credHelpers": {',
        '\t\t"c.io": ""',
        '\t},',
        '\t"plugins": {',
        '\t\t"big": 12345678901234567890',
        '\t},',
        '\t"__proto__": {',
        '\t\t"x": 1',
        '\t},',
        '\t"currentContext": "c"',
        '}',
      ),
    );
  });

  test('sorts by bytes, as Go does, not by UTF-16', () => {
    const config = setAuth(setAuth(parse(''), '\u{1f600}.io', alice), '\uff5e.io', alice);
    expect(authKeys(config)).toEqual(['\uff5e.io', '\u{1f600}.io']);
  });

  test('a login replaces the old secrets of an entry and keeps its unknown fields', () => {
    const config = parse({
      auths: {
        'a.io': {
          email: 'x@y',
          Username: 'old',
          password: 'old',
          identitytoken: 'old',
          registrytoken: 'old',
          auth: 'b2xkOm9sZA==',
        },
      },
    });
    expect(JSON.parse(serializeDockerConfig(setAuth(config, 'a.io', alice)))).toEqual({
      auths: { 'a.io': { ...alice, email: 'x@y' } },
    });
  });

  test('an entry of null becomes one', () => {
    expect(getAuth(setAuth(parse('{"auths":{"a.io":null}}'), 'a.io', alice), 'a.io')).toEqual(alice);
  });

  test('__proto__ is a key like any other', () => {
    const config = setCredHelper(setAuth(parse(''), '__proto__', alice), '__proto__', 'x');
    expect([getAuth(config, '__proto__'), credHelpers(config).get('__proto__')]).toEqual([alice, 'x']);
    expect([
      getAuth(parse('{"auths":{}}'), '__proto__'),
      getAuth(parse('{"auths":{}}'), 'constructor'),
    ]).toEqual([null, null]);
  });
});

describe('an edit that changes nothing gives the same config', () => {
  const config = parse({
    auths: { 'a.io': alice, 'b.io': { username: 'bob', password: 'pw' } },
    credHelpers: { 'c.io': 'x' },
  });
  test.each([
    ['setting what is there', (it: DockerConfig) => setAuth(it, 'a.io', alice)],
    ['setting what is there in the clear', (it: DockerConfig) => setAuth(it, 'b.io', bob)],
    ['removing what is not there', (it: DockerConfig) => removeAuth(it, 'c.io')],
    ['setting the same helper', (it: DockerConfig) => setCredHelper(it, 'c.io', 'x')],
    ['removing a helper that is not there', (it: DockerConfig) => removeCredHelper(it, 'a.io')],
  ])('%s', (_claim, edit) => {
    expect(edit(config)).toBe(config);
  });
});

describe('removing', () => {
  test('an emptied auths stays, an emptied credHelpers goes', () => {
    const config = parse({ auths: { 'a.io': alice }, credHelpers: { 'a.io': 'x' } });
    expect(serializeDockerConfig(removeCredHelper(removeAuth(config, 'a.io'), 'a.io'))).toBe(
      '{\n\t"auths": {}\n}',
    );
  });

  test('others stay', () => {
    const config = parse({
      auths: { 'a.io': alice, 'b.io': bob },
      credHelpers: { 'a.io': 'x', 'b.io': 'y' },
    });
    expect(JSON.parse(serializeDockerConfig(removeCredHelper(removeAuth(config, 'a.io'), 'a.io')))).toEqual({
      auths: { 'b.io': bob },
      credHelpers: { 'b.io': 'y' },
    });
  });
});

describe('names that Go takes for a field', () => {
  const text = `{"Auths":{"a.io":${JSON.stringify(alice)}},"auths":{"a.io":{"AUTH":"${bob.auth}"},"b.io":{}},"CredsStore":"pass"}`;

  test('maps are merged, the later one wins, case does not matter', () => {
    expect([getAuth(parse(text), 'a.io'), authKeys(parse(text)), credsStore(parse(text))]).toEqual([
      bob,
      ['a.io', 'b.io'],
      'pass',
    ]);
  });

  test('an entry is set once and removed everywhere', () => {
    expect(serializeDockerConfig(setAuth(parse(text), 'a.io', alice)).match(/a\.io/g)).toHaveLength(1);
    expect(serializeDockerConfig(removeAuth(parse(text), 'a.io'))).not.toContain('a.io');
  });

  test('a duplicate key is one entry, the last', () => {
    const twice = parse(`{"auths":{"a.io":${JSON.stringify(bob)},"a.io":${JSON.stringify(alice)}}}`);
    expect(getAuth(twice, 'a.io')).toEqual(alice);
    expect(authKeys(removeAuth(twice, 'a.io'))).toEqual([]);
  });
});

test.each([
  ['the exact key', 'ghcr.io', { 'ghcr.io': alice }, 'ghcr.io'],
  ['the exact key before a legacy one', 'ghcr.io', { 'https://ghcr.io': bob, 'ghcr.io': alice }, 'ghcr.io'],
  ['https and a version path', 'ghcr.io', { 'https://ghcr.io/v1/': alice }, 'https://ghcr.io/v1/'],
  ['http', 'ghcr.io', { 'http://ghcr.io': alice }, 'http://ghcr.io'],
  ['a path without a scheme', 'ghcr.io', { 'ghcr.io/v2': alice }, 'ghcr.io/v2'],
  ['a port', 'localhost:5000', { 'https://localhost:5000/v2/': alice }, 'https://localhost:5000/v2/'],
  ['no other port', 'localhost:5000', { 'https://localhost': alice }, null],
  ['no other case', 'ghcr.io', { 'https://GHCR.io': alice }, null],
  ['no longer name', 'cr.io', { 'https://ghcr.io': alice }, null],
  ['no user info taken for the host', 'ghcr.io', { 'https://ghcr.io@evil.example/': alice }, null],
  ['for the Hub only its own key', hub, { 'index.docker.io': alice, 'https://index.docker.io': alice }, null],
])('docker finds %s', (_claim, key, auths, expected) => {
  expect(findAuth(parse({ auths }), key)?.key ?? null).toBe(expected);
});

// The table of docker/cli v28.5.2 cli/config/credentials/file_store_test.go
test.each([
  ['127.0.0.1', '127.0.0.1'],
  ['::1', '::1'],
  ['[::1]', '[::1]'],
  ['https://example.com/v2/', 'example.com'],
  ['unix:///var/run/docker.sock', 'unix:'],
  ['ftp://example.com', 'example.com'],
  ['[::1]:6556', '[::1]:6556'],
  ['https://[::1]:6555/v2/', '[::1]:6555'],
  ['http://example.com:6555', 'example.com:6555'],
  ['https://example.com:/v2/', 'example.com'],
])('the host of %s is %s', (key, host) => {
  expect(hostOfAuthKey(key)).toBe(host);
});

test.each([
  ['a helper of its own', { credHelpers: { 'a.io': 'x' }, credsStore: 'pass' }, 'x'],
  ['an empty helper of its own: auths', { credHelpers: { 'a.io': '' }, credsStore: 'pass' }, null],
  ['the store', { credHelpers: { 'b.io': 'x' }, credsStore: 'pass' }, 'pass'],
  ['auths', { credsStore: '' }, null],
])('docker asks %s', (_claim, value, expected) => {
  expect(helperFor(parse(value), 'a.io')).toBe(expected);
});
