import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startRegistry, type TestRegistry } from '../support/registry.ts';
import { createScenario, encodeAuth, type Scenario, secretSet } from '../support/scenario.ts';

let scenario: Scenario;
let password: string;
let registry: TestRegistry;
let env: Record<string, string>;

beforeEach(async () => {
  scenario = createScenario();
  password = scenario.plant('pa55-PLANTED-status');
  registry = await startRegistry({ users: { dora: password } });
  env = secretSet('ONE', registry.host, 'dora', password);
});

afterEach(async () => {
  scenario[Symbol.dispose]();
  await registry.close();
});

const at = (now: number) => ({ now, containerStart: { id: 'boot:1', startedAt: 1 } });
const noon = Date.UTC(2030, 0, 1, 12);

describe('what is configured', () => {
  test('before a login: planned, with the command; nothing is sent and nothing written', async () => {
    const before = scenario.snapshot();
    const run = await scenario.run(['status'], env, at(noon));
    expect(run.report).toStrictEqual({
      schemaVersion: 1,
      command: 'status',
      configFile: scenario.home.configFile,
      registries: [
        {
          name: 'ONE',
          server: registry.host,
          username: 'dora',
          kind: 'basic',
          status: 'planned',
          store: null,
          expiresAt: null,
          durationMs: null,
          message: 'Not logged in yet.',
          advice: 'Run `registry-login login --only ONE`.',
        },
      ],
      problems: [],
      restart: { needed: 'no', reasons: [], how: null },
    });
    expect([run.exitCode, run.usedHttp]).toStrictEqual([0, false]);
    expect(scenario.snapshot()).toStrictEqual(before);
    expect(registry.requests).toHaveLength(0);
  });

  test('after a login: ok, where it is stored, and when it was verified', async () => {
    await scenario.run(['login'], env, at(noon));
    const sent = registry.requests.length;
    const before = scenario.snapshot();
    const run = await scenario.run(['status'], env, at(noon + 60_000));
    expect(run.row('ONE')).toMatchObject({
      status: 'ok',
      store: 'config',
      message: 'Verified at 2030-01-01T12:00:00.000Z.',
      advice: null,
    });
    expect(registry.requests).toHaveLength(sent);
    expect(scenario.snapshot()).toStrictEqual(before);
  });

  test('other values than those that were verified are planned', async () => {
    await scenario.run(['login'], env, at(noon));
    const run = await scenario.run(
      ['status'],
      secretSet('ONE', registry.host, 'dora', 'another-one'),
      at(noon),
    );
    expect(run.row('ONE')).toMatchObject({
      status: 'planned',
      store: 'config',
      message: 'Not logged in with the values that are here now.',
    });
  });

  test('an entry that is lost, and one that somebody changed', async () => {
    await scenario.run(['login'], env, at(noon));
    scenario.writeConfig({ auths: { [registry.host]: { auth: encodeAuth('dora', 'of-my-own') } } });
    expect((await scenario.run(['status'], env, at(noon))).row('ONE').message).toContain(
      'Somebody has changed the entry',
    );
    scenario.writeConfig('{}');
    expect((await scenario.run(['status'], env, at(noon))).row('ONE')).toMatchObject({
      status: 'planned',
      store: null,
    });
  });

  test('a config that does not parse: what was stored may still stand there, which is not known', async () => {
    await scenario.run(['login'], env, at(noon));
    scenario.writeConfig('{bad');
    const run = await scenario.run(['status'], env, at(noon));
    expect(run.exitCode).toBe(3);
    expect(run.row('ONE')).toMatchObject({
      status: 'ok',
      store: null,
      message:
        'Verified at 2030-01-01T12:00:00.000Z. Whether it still stands in the Docker config is not known.',
      advice: null,
    });
  });

  test('a rejected login stays rejected until another one: exit 1', async () => {
    const wrong = secretSet('ONE', registry.host, 'dora', 'wrong');
    await scenario.run(['login'], wrong, at(noon));
    const run = await scenario.run(['status'], wrong, at(noon));
    expect(run.row('ONE')).toMatchObject({ status: 'rejected', store: null });
    expect(run.exitCode).toBe(1);
    expect(run.report.restart.needed).toBe('unknown');
  });

  test.each([
    ['config', '.docker/config.json', 'config-file'],
    ['state', '.local/state/registry-login/state.json', 'state-file'],
  ])('a broken %s: exit 3, untouched, the rest is told', async (_, file, code) => {
    scenario.home.write(file, '{ broken');
    const before = scenario.snapshot();
    const run = await scenario.run(['status'], env, at(noon));
    expect(run.exitCode).toBe(3);
    expect(run.report.problems).toMatchObject([{ code }]);
    expect(run.report.registries).toHaveLength(1);
    expect(scenario.snapshot()).toStrictEqual(before);
  });

  test('a shell without the secrets: the login that stands is told, with its state', async () => {
    await scenario.run(['login'], env, at(noon));
    const run = await scenario.run(['status'], {}, at(noon));
    expect(run.report.registries).toStrictEqual([
      {
        name: 'ONE',
        server: registry.host,
        username: null,
        kind: 'basic',
        status: 'ok',
        store: 'config',
        expiresAt: null,
        durationMs: null,
        message: 'Verified at 2030-01-01T12:00:00.000Z. Its secrets are not in this shell.',
        advice: null,
      },
    ]);
    expect(run.report.restart).toStrictEqual({ needed: 'no', reasons: [], how: null });
    expect(run.exitCode).toBe(0);
    scenario.writeConfig({});
    expect((await scenario.run(['status'], {}, at(noon))).report.registries).toStrictEqual([]);
  });

  test('no set: an empty report, exit 0', async () => {
    const run = await scenario.run(['status']);
    expect(run.report).toMatchObject({ registries: [], problems: [], restart: { needed: 'no' } });
    expect(run.exitCode).toBe(0);
  });
});

describe('--quiet and --exit-code', () => {
  const behind = () => {
    scenario.home.write('input/user-secrets-envs.json', JSON.stringify(env));
    return { REGISTRY_LOGIN_SECRETS_DIR: `${scenario.home.path}/input` };
  };

  test('silent when all is well, also before a login', async () => {
    expect(await scenario.runText(['status', '--quiet'], env, at(noon))).toMatchObject({
      stdout: '',
      stderr: '',
      exitCode: 0,
    });
    await scenario.run(['login'], env, at(noon));
    expect(await scenario.runText(['status', '--quiet'], env, at(noon))).toMatchObject({
      stdout: '',
      stderr: '',
      exitCode: 0,
    });
  });

  test('a shell that lacks what the secrets file has: yes, exit 10 with --exit-code only', async () => {
    const shell = behind();
    const run = await scenario.run(['status', '--exit-code'], shell, at(noon));
    expect(run.exitCode).toBe(10);
    expect(run.report.restart).toMatchObject({
      needed: 'yes',
      how: expect.stringMatching(/open a new terminal/i),
    });
    expect((await scenario.runText(['status', '--quiet'], shell, at(noon))).stdout).toContain(
      'ONE_CONTAINER_REGISTRY_PASSWORD',
    );
    expect((await scenario.run(['status'], shell, at(noon))).exitCode).toBe(0);
  });

  test('unknown is not 10: an incomplete set ends with 1, with and without --exit-code', async () => {
    const half = { ONE_CONTAINER_REGISTRY_USER: 'dora' };
    for (const args of [['status'], ['status', '--exit-code'], ['status', '--quiet']]) {
      const run = await scenario.run(args, half, at(noon));
      expect(run.exitCode).toBe(1);
      expect(run.report.restart.needed).toBe('unknown');
    }
  });

  test('what is expected and not here is unknown, told even when quiet', async () => {
    const run = await scenario.runText(
      ['status', '--quiet'],
      { ...env, REGISTRY_LOGIN_EXPECT: 'ONE,ACR' },
      at(noon),
    );
    expect(run.stdout).toContain('ACR is expected');
    expect(run.exitCode).toBe(0);
  });
});
