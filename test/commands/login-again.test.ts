import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createScenario, decodeAuth, encodeAuth, type Scenario, secretSet } from '../support/scenario.ts';
import { testRegistries } from '../support/test-registries.ts';

let scenario: Scenario;
let password: string;
const registry = testRegistries(() => ({ users: { dora: password } }));

const first = { containerStart: { id: 'boot:1', startedAt: 1_000 } };
const second = { containerStart: { id: 'boot:2', startedAt: 2_000 } };

beforeEach(() => {
  scenario = createScenario();
  password = scenario.plant('pa55-PLANTED-again');
});
afterEach(() => scenario[Symbol.dispose]());

const auths = (): string[] => Object.keys(scenario.config().auths ?? {});

describe('--skip-verified', () => {
  test.each([
    { claim: 'Basic', options: {} },
    { claim: 'Bearer', options: { auth: 'bearer' } },
    { claim: 'Bearer with an identity token', options: { auth: 'bearer', refreshTokens: true } },
  ] as const)('the same values in the same start are not sent again ($claim)', async ({ options }) => {
    const { host, requests } = await registry(options);
    const env = secretSet('ONE', host, 'dora', password);
    await scenario.run(['login', '--skip-verified'], env, first);
    const [before, count] = [scenario.configText(), requests.length];
    const run = await scenario.run(['login', '--skip-verified'], env, first);
    expect(requests).toHaveLength(count);
    expect(run.usedHttp).toBe(false);
    expect(run.row('ONE')).toMatchObject({
      status: 'ok',
      store: 'config',
      durationMs: 0,
      message: 'Verified since this start; not sent again.',
    });
    expect(run.exitCode).toBe(0);
    expect(scenario.configText()).toBe(before);
  });

  test('a login without the flag always verifies', async () => {
    const { host, requests } = await registry();
    const env = secretSet('ONE', host, 'dora', password);
    await scenario.run(['login'], env, first);
    const count = requests.length;
    await scenario.run(['login'], env, first);
    expect(requests).toHaveLength(2 * count);
  });

  test('another start sends again', async () => {
    const { host, requests } = await registry();
    const env = secretSet('ONE', host, 'dora', password);
    await scenario.run(['login', '--skip-verified'], env, first);
    const count = requests.length;
    await scenario.run(['login', '--skip-verified'], env, second);
    expect(requests).toHaveLength(2 * count);
    await scenario.run(['login', '--skip-verified'], env, second);
    expect(requests).toHaveLength(2 * count);
  });

  test('where the system does not say which start this is, it sends again', async () => {
    const { host, requests } = await registry();
    const env = secretSet('ONE', host, 'dora', password);
    await scenario.run(['login', '--skip-verified'], env);
    const count = requests.length;
    await scenario.run(['login', '--skip-verified'], env);
    expect(requests).toHaveLength(2 * count);
  });

  test('changed values are sent', async () => {
    const { host } = await registry();
    await scenario.run(['login', '--skip-verified'], secretSet('ONE', host, 'dora', password), first);
    const wrong = scenario.plant('wrong-PLANTED-again');
    const run = await scenario.run(
      ['login', '--skip-verified'],
      secretSet('ONE', host, 'dora', wrong),
      first,
    );
    expect(run.row('ONE')).toMatchObject({ status: 'rejected', store: null });
    expect(decodeAuth(scenario.config().auths?.[host]?.auth)).toBe(`dora:${password}`);
  });

  test.each([
    { claim: 'unverified', options: { auth: 'none' }, status: 'unverified' },
    { claim: 'unreachable', options: { faults: [{ does: { status: 503 } }] }, status: 'unreachable' },
    { claim: 'rejected', options: { users: {} }, status: 'rejected' },
  ] as const)('what was $claim was not verified, and is sent again', async ({ options, status }) => {
    const { url, requests } = await registry(options);
    const env = secretSet('ONE', url, 'dora', password);
    await scenario.run(['login', '--skip-verified'], env, first);
    const count = requests.length;
    const run = await scenario.run(['login', '--skip-verified'], env, first);
    expect(run.row('ONE').status).toBe(status);
    expect(requests.length).toBeGreaterThan(count);
  });

  test('a config that was lost is restored without sending', async () => {
    const { host, requests } = await registry();
    const env = secretSet('ONE', host, 'dora', password);
    await scenario.run(['login'], env, first);
    const [before, count] = [scenario.configText(), requests.length];
    scenario.writeConfig({ auths: {} });
    const run = await scenario.run(['login', '--skip-verified'], env, first);
    expect(run.row('ONE')).toMatchObject({ status: 'ok', store: 'config' });
    expect(requests).toHaveLength(count);
    expect(scenario.configText()).toBe(before);
  });

  test('an identity token that was lost is fetched again: it stood in the entry alone', async () => {
    const { host, requests } = await registry({ auth: 'bearer', refreshTokens: true });
    const env = secretSet('ONE', host, 'dora', password);
    await scenario.run(['login'], env, first);
    const count = requests.length;
    scenario.writeConfig({ auths: {} });
    await scenario.run(['login', '--skip-verified'], env, first);
    expect(requests.length).toBeGreaterThan(count);
    expect(scenario.config().auths?.[host]?.identitytoken).toBeTypeOf('string');
  });

  test.each([{ refreshTokens: false }, { refreshTokens: true }])(
    "a user's own change of the entry is left alone, and stays theirs (%o)",
    async (more) => {
      const { host, requests } = await registry({ auth: 'bearer', ...more });
      const env = secretSet('ONE', host, 'dora', password);
      await scenario.run(['login'], env, first);
      const count = requests.length;
      const own = { auths: { [host]: { auth: encodeAuth('dora', 'of-my-own') } } };
      scenario.writeConfig(own);
      const run = await scenario.run(['login', '--skip-verified'], env, first);
      expect(run.row('ONE')).toMatchObject({
        status: 'ok',
        store: 'config',
        message:
          'Verified since this start; not sent again. Somebody has changed the entry in the Docker config since.',
      });
      expect(requests).toHaveLength(count);
      expect(scenario.config()).toStrictEqual(own);
      await scenario.run(['login'], {}, first);
      expect(scenario.config()).toStrictEqual(own);
    },
  );
});

describe('a set that has gone', () => {
  test('one that is for another server now: the entry for the old one goes, and that is what is said', async () => {
    const [old, now] = [await registry(), await registry()];
    await scenario.run(['login'], secretSet('ONE', old.host, 'dora', password), first);
    const run = await scenario.run(['login'], secretSet('ONE', now.host, 'dora', password), first);
    expect(run.row('ONE', 'ok').server).toBe(now.host);
    expect(run.row('ONE', 'removed')).toMatchObject({
      server: old.host,
      message: 'The set is for another server now; what was stored for this one has been removed.',
    });
    expect(auths()).toStrictEqual([now.host]);
  });

  test('its entry is removed and said so, others stay, exit 0', async () => {
    const [one, two] = [await registry(), await registry()];
    const both = {
      ...secretSet('ONE', one.host, 'dora', password),
      ...secretSet('TWO', two.host, 'dora', password),
    };
    scenario.writeConfig({ auths: { 'own.example.com': { auth: encodeAuth('me', 'mine') } } });
    await scenario.run(['login'], both, first);
    const run = await scenario.run(
      ['login', '--skip-verified'],
      secretSet('TWO', two.host, 'dora', password),
      second,
    );
    expect(run.row('ONE')).toStrictEqual({
      name: 'ONE',
      server: one.host,
      username: null,
      kind: 'basic',
      status: 'removed',
      store: null,
      expiresAt: null,
      durationMs: null,
      message: expect.stringContaining('removed'),
      advice: null,
    });
    expect(run.exitCode).toBe(0);
    expect(auths()).toStrictEqual([two.host, 'own.example.com'].toSorted());
    const again = await scenario.run(['login'], secretSet('TWO', two.host, 'dora', password), second);
    expect(again.report.registries.map(({ name }) => name)).toStrictEqual(['TWO']);
  });

  test('an entry that somebody changed stays, and no removal is reported', async () => {
    const { host } = await registry();
    await scenario.run(['login'], secretSet('ONE', host, 'dora', password), first);
    const own = { auths: { [host]: { auth: encodeAuth('dora', 'of-my-own') } } };
    scenario.writeConfig(own);
    const run = await scenario.run(['login'], {}, second);
    expect(run.report.registries).toStrictEqual([]);
    expect(scenario.config()).toStrictEqual(own);
  });

  test.each([
    { claim: 'as docker writes it', own: () => ({ auth: encodeAuth('dora', password) }) },
    {
      claim: 'with a field of its own',
      own: () => ({ auth: encodeAuth('dora', password), email: 'd@example.com' }),
    },
    { claim: 'spelled out', own: () => ({ username: 'dora', password }) },
  ])(
    'an entry that stood there before the first login is not ours: it stays, unreported ($claim)',
    async ({ own }) => {
      const { host } = await registry();
      const before = { auths: { [host]: own() } };
      scenario.writeConfig(before);
      for (const start of [first, second])
        await scenario.run(['login', '--skip-verified'], secretSet('ONE', host, 'dora', password), start);
      await scenario.run(['login'], secretSet('ONE', host, 'dora', password), second);
      const run = await scenario.run(['login'], {}, second);
      expect(run.report.registries).toStrictEqual([]);
      expect(scenario.config()).toStrictEqual(before);
    },
  );

  test('an entry of ours that later logins found as it was is still ours', async () => {
    const { host } = await registry();
    for (const start of [first, first, second])
      await scenario.run(['login'], secretSet('ONE', host, 'dora', password), start);
    expect((await scenario.run(['login'], {}, second)).row('ONE', 'removed')).toMatchObject({ server: host });
    expect(auths()).toStrictEqual([]);
  });

  test.each([
    ['email', { email: 'd@example.com' }],
    ['an unknown field', { note: { kept: [1, null] } }],
    ['registrytoken', { registrytoken: 'of-my-own' }],
    ['serveraddress', { serveraddress: 'r.example.com' }],
  ])('an entry of ours to which somebody added %s was changed: it stays, unreported', async (_, field) => {
    const { host } = await registry();
    await scenario.run(['login'], secretSet('ONE', host, 'dora', password), first);
    const changed = { auths: { [host]: { ...scenario.config().auths?.[host], ...field } } };
    scenario.writeConfig(changed);
    await scenario.run(['login', '--skip-verified'], secretSet('ONE', host, 'dora', password), first);
    const run = await scenario.run(['login'], {}, second);
    expect(run.report.registries).toStrictEqual([]);
    expect(scenario.config()).toStrictEqual(changed);
  });

  test('a field that stood beside the password that we replaced goes with the entry', async () => {
    const { host } = await registry();
    scenario.writeConfig({ auths: { [host]: { email: 'd@example.com', auth: encodeAuth('dora', 'old') } } });
    await scenario.run(['login'], secretSet('ONE', host, 'dora', password), first);
    expect(scenario.config().auths?.[host]).toStrictEqual({
      auth: encodeAuth('dora', password),
      email: 'd@example.com',
    });
    expect((await scenario.run(['login'], {}, second)).row('ONE', 'removed')).toMatchObject({ server: host });
    expect(auths()).toStrictEqual([]);
  });

  test('an entry that is ours in another spelling is removed', async () => {
    const { host } = await registry();
    await scenario.run(['login'], secretSet('ONE', host, 'dora', password), first);
    scenario.writeConfig({ auths: { [host]: { username: 'dora', password } } });
    const run = await scenario.run(['login'], {}, second);
    expect(run.row('ONE', 'removed')).toMatchObject({ server: host });
    expect(auths()).toStrictEqual([]);
  });

  test('a set whose server changed: the old entry goes, the new one comes', async () => {
    const [one, two] = [await registry(), await registry()];
    await scenario.run(['login'], secretSet('SET', one.host, 'dora', password), first);
    const run = await scenario.run(['login'], secretSet('SET', two.host, 'dora', password), second);
    expect(run.row('SET', 'ok')).toMatchObject({ server: two.host, store: 'config' });
    expect(run.row('SET', 'removed')).toMatchObject({ server: one.host });
    expect(auths()).toStrictEqual([two.host]);
    const last = await scenario.run(['login'], {}, second);
    expect(last.row('SET', 'removed')).toMatchObject({ server: two.host });
    expect(auths()).toStrictEqual([]);
  });

  test.each(['password', 'wrong'])(
    'a renamed set keeps its entry, which goes with the new name (%s)',
    async (kind) => {
      const { host } = await registry();
      await scenario.run(['login'], secretSet('OLD', host, 'dora', password), first);
      const run = await scenario.run(
        ['login'],
        secretSet('NEW', host, 'dora', kind === 'password' ? password : 'wrong'),
        second,
      );
      expect(run.report.registries.map(({ name, status }) => [name, status])).toStrictEqual([
        ['NEW', kind === 'password' ? 'ok' : 'rejected'],
      ]);
      expect(decodeAuth(scenario.config().auths?.[host]?.auth)).toBe(`dora:${password}`);
      const last = await scenario.run(['login'], {}, second);
      expect(last.report.registries.map(({ name, status }) => [name, status])).toStrictEqual([
        ['NEW', 'removed'],
      ]);
      expect(auths()).toStrictEqual([]);
    },
  );

  test('an incomplete set, or one whose server is now odd, is not gone', async () => {
    const { host } = await registry();
    await scenario.run(['login'], secretSet('ONE', host, 'dora', password), first);
    await scenario.run(['login'], { ONE_CONTAINER_REGISTRY_USER: 'dora' }, second);
    expect(auths()).toStrictEqual([host]);
    await scenario.run(['login'], secretSet('ONE', 'not a host', 'dora', password), second);
    expect(auths()).toStrictEqual([host]);
  });

  test('--only takes nothing for gone', async () => {
    const [one, two] = [await registry(), await registry()];
    await scenario.run(['login'], secretSet('ONE', one.host, 'dora', password), first);
    await scenario.run(['login', '--only', 'TWO'], secretSet('TWO', two.host, 'dora', password), second);
    expect(auths()).toStrictEqual([one.host, two.host].toSorted());
  });

  test('a shell without secrets, typed in the same start, logs out of nothing', async () => {
    const { host } = await registry();
    await scenario.run(['login'], secretSet('ONE', host, 'dora', password), first);
    await scenario.runText(['login'], {}, { ...first, isTTY: true });
    expect(auths()).toStrictEqual([host]);
    await scenario.runText(['login', '--skip-verified'], {}, { ...second, isTTY: true });
    expect(auths()).toStrictEqual([]);
  });

  test('a rejected set keeps the entry of before, which is still ours to remove', async () => {
    const { host } = await registry();
    await scenario.run(['login'], secretSet('ONE', host, 'dora', password), first);
    await scenario.run(['login'], secretSet('ONE', host, 'dora', 'wrong'), second);
    expect(auths()).toStrictEqual([host]);
    const run = await scenario.run(['login'], {}, second);
    expect(run.row('ONE', 'removed')).toBeDefined();
    expect(auths()).toStrictEqual([]);
  });

  test('what the last start had is told: new, changed and gone', async () => {
    const [one, two] = [await registry({ users: { dora: password, ada: password } }), await registry()];
    await scenario.run(['login'], secretSet('ONE', one.host, 'dora', password), first);
    const run = await scenario.run(
      ['login'],
      { ...secretSet('ONE', one.host, 'ada', password), ...secretSet('TWO', two.host, 'dora', password) },
      second,
    );
    expect(run.report.restart).toMatchObject({
      needed: 'no',
      reasons: [
        { secret: 'ONE', source: 'last-start', message: 'ONE has changed since the last start (USER).' },
        { secret: 'TWO', source: 'last-start', message: 'TWO is new since the last start.' },
      ],
    });
  });
});
