import { describe, expect, test } from 'vitest';
import { discoverSets } from '../../src/core/secret-set.ts';
import { setOf } from '../support/sets.ts';

const plain = { server: 'registry.example.com', user: 'someone', password: 'hunter2' };
const temporaryAwsKey = 'ASIAIOSFODNN7EXAMPLE';
const ecrHost = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';

describe('a set', () => {
  test('is three variables of one name', () => {
    const { sets, unusable, problems, names } = discoverSets(setOf('ACR', plain));
    expect({ unusable, problems, names }).toEqual({ unusable: [], problems: [], names: ['ACR'] });
    expect(sets).toMatchObject([
      {
        name: 'ACR',
        server: { key: 'registry.example.com' },
        username: 'someone',
        sessionToken: null,
        kind: 'basic',
        ecr: null,
        source: 'environment',
      },
    ]);
    expect(sets[0]?.password.reveal()).toBe('hunter2');
  });

  test('has a session token where there is one, without the white space around it', () => {
    const keys = {
      server: ecrHost,
      user: temporaryAwsKey,
      password: 'secret key',
      sessionToken: ' \tFwoGZXIvYXdzE\r\n',
    };
    const { sets } = discoverSets(setOf('ECR', keys));
    expect(sets[0]?.sessionToken?.reveal()).toBe('FwoGZXIvYXdzE');
  });

  test('is not there without its variables', () => {
    expect(discoverSets({ PATH: '/bin', HOME: '/root' })).toEqual({
      sets: [],
      unusable: [],
      problems: [],
      names: [],
    });
  });

  test.each([
    'A',
    '_',
    'acr',
    'Acr2',
    'ACR_2',
    '_2ND',
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'CONTAINER_REGISTRY',
    'A_CONTAINER_REGISTRY_B',
    'A_CONTAINER_REGISTRY_USER',
    'X_CONTAINER_REGISTRY_SESSION_TOKEN',
    'X'.repeat(1000),
  ])('may be called %s', (name) => {
    const { sets, unusable, problems, names } = discoverSets(setOf(name, plain));
    expect(sets.map((set) => [set.name, set.username, set.password.reveal()])).toEqual([
      [name, 'someone', 'hunter2'],
    ]);
    expect({ unusable, problems, names }).toEqual({ unusable: [], problems: [], names: [name] });
  });

  test('keeps to its own letter case: acr and ACR are two', () => {
    const { sets } = discoverSets({
      ...setOf('acr', { ...plain, server: 'one.example.com' }),
      ...setOf('ACR', { ...plain, server: 'two.example.com' }),
    });
    expect(sets.map(({ name }) => name)).toEqual(['ACR', 'acr']);
  });

  test('stands in the order of names, whatever the order of the environment and the locale', () => {
    const names = ['b', 'Z', 'A_2', 'A10', 'A1', '_'];
    const env = Object.assign(
      {},
      ...names.map((name, index) => setOf(name, { ...plain, server: `r${index}.example.com` })),
    );
    expect(discoverSets(env).sets.map(({ name }) => name)).toEqual(['A1', 'A10', 'A_2', 'Z', '_', 'b']);
  });
});

describe('SERVER and USER lose the white space around them, PASSWORD exactly one trailing newline', () => {
  test.each([' ', '\n', '\r\n', '\t', ' \n \t ', '\u00A0', '\uFEFF'])(
    'around SERVER and USER %j goes',
    (space) => {
      const { sets } = discoverSets(
        setOf('ACR', {
          ...plain,
          server: `${space}registry.example.com${space}`,
          user: `${space}some one${space}`,
        }),
      );
      expect(sets).toMatchObject([{ server: { key: 'registry.example.com' }, username: 'some one' }]);
    },
  );

  const jsonKey =
    '{\n  "type": "service_account",\n  "private_key": "-----BEGIN PRIVATE KEY-----\\nMII\\n-----END PRIVATE KEY-----\\n"\n}';

  test.each([
    { claim: 'nothing to drop', value: 'hunter2', password: 'hunter2' },
    { claim: 'one newline', value: 'hunter2\n', password: 'hunter2' },
    { claim: 'one Windows newline', value: 'hunter2\r\n', password: 'hunter2' },
    { claim: 'the second of two newlines', value: 'hunter2\n\n', password: 'hunter2\n' },
    { claim: 'the second of two Windows newlines', value: 'hunter2\r\n\r\n', password: 'hunter2\r\n' },
    { claim: 'the newline but not the space before it', value: 'hunter2 \n', password: 'hunter2 ' },
    { claim: 'not the newline before a space', value: 'hunter2\n ', password: 'hunter2\n ' },
    { claim: 'not a carriage return alone', value: 'hunter2\r', password: 'hunter2\r' },
    { claim: 'not a leading newline', value: '\nhunter2', password: '\nhunter2' },
    { claim: 'not an inner newline', value: 'hunter\n2', password: 'hunter\n2' },
    { claim: 'not spaces and tabs', value: ' \thunter2\t ', password: ' \thunter2\t ' },
    { claim: 'not a no-break space', value: 'hunter2\u00A0', password: 'hunter2\u00A0' },
    { claim: 'not a Unicode line separator', value: 'hunter2\u2028', password: 'hunter2\u2028' },
    { claim: 'not a byte order mark', value: '\uFEFFhunter2', password: '\uFEFFhunter2' },
    { claim: 'no colon', value: ':hunter:2:', password: ':hunter:2:' },
    { claim: 'no letter of any script', value: 'pässwörd🔑密码', password: 'pässwörd🔑密码' },
    { claim: 'nothing that a shell would read', value: '$(id)`id`"\'\\', password: '$(id)`id`"\'\\' },
    { claim: "nothing of Google's _json_key", value: jsonKey, password: jsonKey },
    { claim: "only the last newline of Google's _json_key", value: `${jsonKey}\n`, password: jsonKey },
    { claim: 'nothing of a password that is one space', value: ' ', password: ' ' },
    { claim: 'one of two newlines that are all there is', value: '\n\n', password: '\n' },
  ])('drops $claim', ({ value, password }) => {
    const { sets, problems } = discoverSets(setOf('GAR', { ...plain, user: '_json_key', password: value }));
    expect(problems).toEqual([]);
    expect(sets[0]?.password.reveal()).toBe(password);
  });
});

describe('an incomplete set names what is missing', () => {
  const server = 'GAR_CONTAINER_REGISTRY_SERVER';
  const user = 'GAR_CONTAINER_REGISTRY_USER';
  const password = 'GAR_CONTAINER_REGISTRY_PASSWORD';

  test.each([
    { here: { server: 'r.example.com', user: 'u' }, missing: [password] },
    { here: { server: 'r.example.com', password: 'p' }, missing: [user] },
    { here: { user: 'u', password: 'p' }, missing: [server] },
    { here: { server: 'r.example.com' }, missing: [user, password] },
    { here: { user: 'u' }, missing: [server, password] },
    { here: { password: 'p' }, missing: [server, user] },
    { here: { sessionToken: 't' }, missing: [server, user, password] },
  ])('$missing', ({ here, missing }) => {
    const { sets, unusable, problems, names } = discoverSets(setOf('GAR', here));
    expect({ sets, unusable, names }).toEqual({ sets: [], unusable: [], names: ['GAR'] });
    expect(problems).toMatchObject([{ code: 'incomplete-set', name: 'GAR', variables: missing }]);
  });

  test('in a sentence, with what to do', () => {
    expect(discoverSets(setOf('GAR', { server: 'r.example.com', user: 'u' })).problems).toEqual([
      {
        code: 'incomplete-set',
        name: 'GAR',
        variables: [password],
        message: `The set GAR is incomplete: ${password} is missing or empty.`,
        advice: `Add ${password}.`,
      },
    ]);
    expect(discoverSets(setOf('GAR', { sessionToken: 't' })).problems).toMatchObject([
      { message: `The set GAR is incomplete: ${server}, ${user} and ${password} are missing or empty.` },
    ]);
  });

  test.each([
    { claim: 'an empty SERVER', parts: { ...plain, server: '' }, missing: [server] },
    { claim: 'a blank SERVER', parts: { ...plain, server: ' \n' }, missing: [server] },
    { claim: 'a blank USER', parts: { ...plain, user: '\t' }, missing: [user] },
    { claim: 'an empty PASSWORD', parts: { ...plain, password: '' }, missing: [password] },
    { claim: 'a PASSWORD that is one newline', parts: { ...plain, password: '\n' }, missing: [password] },
  ])('$claim is missing', ({ parts, missing }) => {
    expect(discoverSets(setOf('GAR', parts)).problems).toMatchObject([
      { code: 'incomplete-set', variables: missing },
    ]);
  });

  test('three empty variables, as ${localEnv:…} gives them where nothing is set, are no set at all', () => {
    expect(discoverSets(setOf('GAR', { server: '', user: '', password: '\n' }))).toEqual({
      sets: [],
      unusable: [],
      problems: [],
      names: [],
    });
  });

  test('a blank session token is none', () => {
    const { sets, problems } = discoverSets(setOf('GAR', { ...plain, sessionToken: ' \n' }));
    expect({ token: sets[0]?.sessionToken, problems }).toEqual({ token: null, problems: [] });
  });

  test('with a near miss for each missing part, it only asks to rename', () => {
    const env = {
      ...setOf('GAR', { server: 'r.example.com', password: 'p' }),
      GAR_CONTAINER_REGISTRY_USERNAME: 'u',
    };
    expect(discoverSets(env).problems[0]?.advice).toBe(`Rename GAR_CONTAINER_REGISTRY_USERNAME to ${user}.`);
  });

  test('with a near miss for one of two, it asks to rename that one and to add the other', () => {
    const env = { ...setOf('GAR', { server: 'r.example.com' }), GAR_CONTAINER_REGISTRY_USERNAME: 'u' };
    expect(discoverSets(env).problems[0]?.advice).toBe(
      `Rename GAR_CONTAINER_REGISTRY_USERNAME to ${user}. Add ${password}.`,
    );
  });

  test('does not hold up a complete one', () => {
    const { sets, problems } = discoverSets({ ...setOf('ACR', plain), ...setOf('GAR', { user: 'u' }) });
    expect(sets.map(({ name }) => name)).toEqual(['ACR']);
    expect(problems).toHaveLength(1);
  });
});

describe('a near miss is named with its correction', () => {
  test('beside the set that it leaves incomplete', () => {
    const env = {
      ...setOf('ACR', { server: 'r.example.com', user: 'u' }),
      ACR_CONTAINER_REGISTRY_TOKEN: 'hunter2',
    };
    expect(discoverSets(env).problems).toMatchObject([
      { code: 'incomplete-set', name: 'ACR', variables: ['ACR_CONTAINER_REGISTRY_PASSWORD'] },
      {
        code: 'near-miss',
        name: 'ACR',
        variables: ['ACR_CONTAINER_REGISTRY_TOKEN'],
        message: 'ACR_CONTAINER_REGISTRY_TOKEN is not read: the name is nearly right.',
        advice: 'Rename the secret to ACR_CONTAINER_REGISTRY_PASSWORD.',
      },
    ]);
  });

  test('an empty one is none', () => {
    expect(discoverSets({ ACR_CONTAINER_REGISTRY_USERNAME: ' ' }).problems).toEqual([]);
  });

  test('no two sets: a look-alike beside a complete set is left alone', () => {
    const env = {
      ...setOf('ACR', plain),
      ACR_CONTAINER_REGISTRY_USERNAME: 'u',
      ACR_CONTAINER_REGISTRY_TOKEN: 't',
      ACR_CONTAINER_REGISTRY_URL: 'x',
    };
    expect(discoverSets(env).problems).toEqual([]);
  });
});
