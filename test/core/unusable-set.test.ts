import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dockerHubKey } from '../../src/core/registry-host.ts';
import { discoverSets } from '../../src/core/secret-set.ts';
import { parseVariableName, variableName } from '../../src/core/variable-name.ts';
import { setOf } from '../support/sets.ts';

const plain = { server: 'registry.example.com', user: 'someone', password: 'hunter2' };
const awsKey = 'AKIAIOSFODNN7EXAMPLE';
const temporaryAwsKey = 'ASIAIOSFODNN7EXAMPLE';
const ecrHost = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';

describe('two sets for one server', () => {
  test('the first by name is used, the other is reported', () => {
    const { sets, problems } = discoverSets({ ...setOf('ZED', plain), ...setOf('ACR', plain) });
    expect(sets.map(({ name }) => name)).toEqual(['ACR']);
    expect(problems).toEqual([
      {
        code: 'duplicate-server',
        name: 'ZED',
        variables: ['ZED_CONTAINER_REGISTRY_SERVER'],
        message: 'The sets ACR and ZED are for the same server; ACR is used, ZED is not.',
        advice: 'Remove the set ZED, or give it another server.',
      },
    ]);
  });

  test.each([
    { one: 'registry.example.com', two: 'https://Registry.Example.com/v2/' },
    { one: 'docker.io', two: 'https://index.docker.io/v1/' },
    { one: 'registry-1.docker.io', two: 'index.docker.io' },
    { one: '[::1]:5000', two: 'http://[0:0::1]:5000/' },
  ])('$one and $two are one', ({ one, two }) => {
    const { sets, problems } = discoverSets({
      ...setOf('A', { ...plain, server: one }),
      ...setOf('B', { ...plain, server: two }),
    });
    expect(sets.map(({ name }) => name)).toEqual(['A']);
    expect(problems).toMatchObject([{ code: 'duplicate-server', name: 'B' }]);
  });

  test('of three, the first by name is used and both others are reported beside it', () => {
    const { sets, problems } = discoverSets({
      ...setOf('C', plain),
      ...setOf('B', plain),
      ...setOf('A', plain),
    });
    expect(sets.map(({ name }) => name)).toEqual(['A']);
    expect(problems.map(({ name, message }) => [name, message.slice(0, 18)])).toEqual([
      ['B', 'The sets A and B a'],
      ['C', 'The sets A and C a'],
    ]);
  });

  test.each([
    { one: 'registry.example.com', two: 'registry.example.com:443' },
    { one: 'registry.example.com', two: 'registry.example.org' },
    { one: 'docker.io', two: 'docker.io:5000' },
  ])('$one and $two are two', ({ one, two }) => {
    const { sets } = discoverSets({
      ...setOf('A', { ...plain, server: one }),
      ...setOf('B', { ...plain, server: two }),
    });
    expect(sets).toHaveLength(2);
  });

  test('one that cannot be used does not stand in the way of the next', () => {
    const { sets, unusable, problems } = discoverSets({
      ...setOf('A', { ...plain, user: awsKey }),
      ...setOf('B', plain),
    });
    expect({
      sets: sets.map(({ name }) => name),
      unusable: unusable.map(({ name }) => name),
      problems,
    }).toEqual({
      sets: ['B'],
      unusable: ['A'],
      problems: [],
    });
  });
});

describe('a complete set that cannot be used names the variable to fix', () => {
  test.each([
    'nowhere in particular',
    'https://someone:hunter2@registry.example.com',
    'hunter2://registry.example.com',
    'registry.example.com:99999',
    'bücher.example',
    'r'.repeat(300),
    '\u001B[31mred',
  ])('SERVER %j is none, and is not repeated', (server) => {
    const { sets, unusable, problems } = discoverSets(setOf('ACR', { ...plain, server }));
    expect({ sets, problems }).toEqual({ sets: [], problems: [] });
    expect(unusable).toMatchObject([{ name: 'ACR', server: null, username: 'someone', kind: 'basic' }]);
    expect(unusable[0]?.message).toMatch(/^ACR_CONTAINER_REGISTRY_SERVER (?:is|has) /);
    expect(unusable[0]?.advice).toContain('ACR_CONTAINER_REGISTRY_SERVER');
    const printed = JSON.stringify(unusable);
    for (const secret of [JSON.stringify(server).slice(1, -1), 'hunter2', '99999'])
      expect(printed).not.toContain(secret);
  });

  test.each([
    { user: 'someone:hunter2', claim: 'a colon', says: 'a colon' },
    { user: ':', claim: 'nothing but a colon', says: 'a colon' },
    { user: 'someone\nhunter2', claim: 'two lines', says: 'a line break or another control character' },
    {
      user: '\u001B[31msomeone',
      claim: 'an escape sequence',
      says: 'a line break or another control character',
    },
    {
      user: 'some\u009Bone',
      claim: 'a C1 control character',
      says: 'a line break or another control character',
    },
    { user: 'some\u0000one', claim: 'a NUL', says: 'a line break or another control character' },
  ])('USER with $claim is none, and is not repeated', ({ user, says }) => {
    const { sets, unusable } = discoverSets(setOf('ACR', { ...plain, user }));
    expect(sets).toEqual([]);
    expect(unusable).toMatchObject([
      { name: 'ACR', server: { key: 'registry.example.com' }, username: null },
    ]);
    expect(unusable[0]?.message).toContain(`ACR_CONTAINER_REGISTRY_USER contains ${says}`);
    expect(unusable[0]?.advice).toContain('ACR_CONTAINER_REGISTRY_USER');
    expect(JSON.stringify(unusable)).not.toContain('hunter2');
  });

  test.each([
    'some one',
    'sömeone',
    '用户',
    '00000000-0000-0000-0000-000000000000',
    '<token>',
    '$oauthtoken',
    'org+robot',
    'a@example.com',
  ])('USER %s is one', (user) => {
    expect(discoverSets(setOf('ACR', { ...plain, user })).sets).toMatchObject([{ username: user }]);
  });
});

describe('an AWS access key goes to AWS only', () => {
  test.each([
    'registry.example.com',
    'docker.io',
    'ghcr.io',
    `${ecrHost}.example.com`,
    `example.com/${ecrHost}`,
    `my${ecrHost}`,
    '12345678901.dkr.ecr.eu-central-1.amazonaws.com',
    '123456789012.dkr.ecr.eu-central-1.amazonaws.com.example.com',
    '123456789012.dkr.ecr.eu-central-1.amazonaws.co',
    '123456789012.dkr-ecr.eu-central-1.amazonaws.com',
    '123456789012.dkrxecr.eu-central-1.amazonaws.com',
    'public.ecr.aws.example.com',
    'notpublic.ecr.aws',
    'localhost:5000',
  ])('not to %s', (server) => {
    for (const user of [awsKey, temporaryAwsKey, ` ${awsKey}\n`]) {
      const { sets, unusable } = discoverSets(setOf('ECR', { server, user, password: 'hunter2' }));
      expect(sets).toEqual([]);
      expect(unusable).toMatchObject([{ name: 'ECR', username: user.trim(), kind: 'basic' }]);
      expect(unusable[0]?.message).toContain('Nothing was sent');
      expect(unusable[0]?.advice).toContain('ECR_CONTAINER_REGISTRY_SERVER');
    }
  });

  test.each([
    { server: ecrHost, kind: 'ecr' },
    { server: `https://${ecrHost.toUpperCase()}/v2/`, kind: 'ecr' },
    { server: `${ecrHost}:443`, kind: 'ecr' },
    { server: '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn', kind: 'ecr' },
    { server: '123456789012.dkr-ecr.eu-central-1.on.aws', kind: 'ecr' },
    { server: 'public.ecr.aws', kind: 'ecr-public' },
    { server: 'https://public.ecr.aws/a1b2c3d4/app', kind: 'ecr-public' },
    { server: 'ecr-public.aws.com', kind: 'ecr-public' },
  ])('to $server', ({ server, kind }) => {
    expect(discoverSets(setOf('ECR', { server, user: awsKey, password: 'key' })).sets).toMatchObject([
      { kind, ecr: { kind } },
    ]);
  });

  test('USER AWS on an ECR host is a token, on another host an ordinary user', () => {
    const { sets } = discoverSets({
      ...setOf('A', { server: ecrHost, user: 'AWS', password: 'token' }),
      ...setOf('B', { ...plain, user: 'AWS' }),
    });
    expect(sets).toMatchObject([
      { name: 'A', username: 'AWS', kind: 'ecr' },
      { name: 'B', username: 'AWS', kind: 'basic', ecr: null },
    ]);
  });

  test.each([
    'AKIA',
    'akiaiosfodnn7example',
    'AKIA-team',
    'XAKIAIOSFODNN7EXAMPLE',
    'ASIA-PACIFIC-DEPLOYMENT',
  ])('%s is an ordinary user', (user) => {
    expect(discoverSets(setOf('ACR', { ...plain, user })).sets).toMatchObject([{ username: user }]);
  });
});

describe("the codespace's secrets file", () => {
  const file = (name: string, parts: Parameters<typeof setOf>[1]): Map<string, string> =>
    new Map(
      Object.entries(setOf(name, parts)).flatMap(([variable, value]) =>
        value === undefined ? [] : [[variable, value]],
      ),
    );

  test('gives a set that the environment lacks', () => {
    expect(discoverSets({}, file('ACR', plain)).sets).toMatchObject([
      { name: 'ACR', source: 'secrets-file' },
    ]);
  });

  test('completes a set', () => {
    const { sets, problems } = discoverSets(
      setOf('ACR', { server: 'r.example.com', user: 'u', password: '' }),
      file('ACR', plain),
    );
    expect(problems).toEqual([]);
    expect(sets).toMatchObject([{ server: { key: 'r.example.com' }, username: 'u', source: 'secrets-file' }]);
    expect(sets[0]?.password.reveal()).toBe('hunter2');
  });

  test('never replaces what the environment has', () => {
    const { sets } = discoverSets(
      setOf('ACR', plain),
      file('ACR', { server: 'other.example.com', user: 'other', password: 'other' }),
    );
    expect(sets).toMatchObject([
      { server: { key: 'registry.example.com' }, username: 'someone', source: 'environment' },
    ]);
    expect(sets[0]?.password.reveal()).toBe('hunter2');
  });

  test('is cleaned as the environment is', () => {
    const { sets } = discoverSets(
      {},
      file('ACR', { server: ' r.example.com\n', user: ' u ', password: ' p \n\n' }),
    );
    expect(sets).toMatchObject([{ server: { key: 'r.example.com' }, username: 'u' }]);
    expect(sets[0]?.password.reveal()).toBe(' p \n');
  });

  test('may hold near misses too', () => {
    expect(discoverSets({}, new Map([['ACR_CONTAINER_REGISTRY_USERNAME', 'u']])).problems).toMatchObject([
      { code: 'near-miss' },
    ]);
  });
});

describe('variable names', () => {
  test('are made and read back', () => {
    for (const part of ['SERVER', 'USER', 'PASSWORD', 'SESSION_TOKEN'] as const) {
      expect(parseVariableName(variableName('A_B', part))).toEqual({ name: 'A_B', part });
    }
  });

  test.each([
    '_CONTAINER_REGISTRY_SERVER',
    'CONTAINER_REGISTRY_SERVER',
    '2ND_CONTAINER_REGISTRY_SERVER',
    'A-B_CONTAINER_REGISTRY_SERVER',
    'É_CONTAINER_REGISTRY_SERVER',
    'A_CONTAINER_REGISTRY_SERVER\n',
    'A_CONTAINER_REGISTRY_SERVERS',
    'A_CONTAINER_REGISTRY_TOKEN',
    'a_container_registry_server',
    'A B_CONTAINER_REGISTRY_SERVER',
  ])('%j is none', (variable) => {
    expect(parseVariableName(variable)).toBeNull();
  });
});

describe('for every environment', () => {
  const planted = 'PLANTED-PASSWORD';
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      'registry.example.com',
      'docker.io',
      ecrHost,
      awsKey,
      'someone',
      '',
      ' ',
      '\n',
      'https://a:b@c',
      'x:y',
    ),
  );
  const variable = fc.oneof(
    fc
      .tuple(
        fc.constantFrom('', 'A', 'acr', '__proto__', 'constructor', '2ND', 'A-B', '\u001B[31m'),
        fc.constantFrom(
          '_CONTAINER_REGISTRY_',
          '_CONTAINER_REGISTY_',
          'CONTAINER_REGISTRY_',
          '_container_registry_',
        ),
        fc.constantFrom(
          'SERVER',
          'USER',
          'PASSWORD',
          'SESSION_TOKEN',
          'USERNAME',
          'PASS',
          'TOKEN',
          'URL',
          'HOST',
          'server',
        ),
      )
      .map((parts) => parts.join('')),
    fc.string({ unit: 'binary' }),
  );
  const variables = fc.array(fc.tuple(variable, value), { maxLength: 30 });

  test('discovery never throws, prints no password, and accounts for every name', () => {
    fc.assert(
      fc.property(variables, variables, (env, file) => {
        const plant = ([name, text]: [string, string]): [string, string] =>
          /PASS|TOKEN/i.test(name) && text !== '' ? [name, `${text}${planted}`] : [name, text];
        const found = discoverSets(Object.fromEntries(env.map(plant)), new Map(file.map(plant)));
        expect(JSON.stringify(found)).not.toContain(planted);
        const accounted = new Set(
          [...found.sets, ...found.unusable, ...found.problems].map(({ name }) => name),
        );
        for (const name of found.names) expect(accounted).toContain(name);
        const keys = found.sets.map(({ server }) => server.key);
        expect(new Set(keys).size).toBe(keys.length);
        for (const { message, advice } of [...found.problems, ...found.unusable])
          expect(`${message}${advice}`).not.toMatch(/[\u0000-\u001F\u007F-\u009F]/);
      }),
      { numRuns: 500 },
    );
  });

  test('a password that stands in SERVER or USER with user info or a colon is not printed either', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9/?#:@._-]{0,8}$/), (junk) => {
        const found = discoverSets({
          ...setOf('A', { ...plain, server: `https://user:${junk}${planted}@registry.example.com` }),
          ...setOf('B', { ...plain, user: `user:${junk}${planted}` }),
          ...setOf('C', { ...plain, user: `${planted}:user` }),
        });
        expect(found.unusable).toHaveLength(3);
        expect(JSON.stringify(found)).not.toContain(planted);
        expect(JSON.stringify(found).toUpperCase()).not.toContain(planted);
      }),
    );
  });
});

test('Docker Hub is discovered under the key that Docker reads', () => {
  expect(discoverSets(setOf('HUB', { ...plain, server: 'docker.io' })).sets).toMatchObject([
    { server: { key: dockerHubKey } },
  ]);
});
