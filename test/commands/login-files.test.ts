import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createScenario, decodeAuth, type Scenario, secretSet } from '../support/scenario.ts';
import { startRegistry, type TestRegistry } from '../support/registry.ts';

let scenario: Scenario;
let registry: TestRegistry;
let password: string;
let env: Record<string, string>;

beforeEach(async () => {
  scenario = createScenario();
  password = scenario.plant('pa55-PLANTED-files');
  registry = await startRegistry({ users: { dora: password } });
  env = secretSet('ONE', registry.host, 'dora', password);
});

afterEach(async () => {
  scenario[Symbol.dispose]();
  await registry.close();
});

const stored = (): string | null => decodeAuth(scenario.config().auths?.[registry.host]?.auth);

describe('the Docker config', () => {
  test.each([
    { claim: 'broken JSON', text: '{\n  "auths": {\n    "a": oops\n  }\n}', place: 'line 3, column 10' },
    { claim: 'cut short', text: '{"auths": {', place: 'line 1' },
    { claim: 'a list', text: '[]', place: 'line 1, column 1' },
    { claim: 'auths that is a list', text: '{"auths": []}', place: 'line 1' },
    { claim: 'no text', text: '{"a":"\u0001"}', place: 'line 1' },
  ])('$claim: exit 3 with line and column, untouched byte for byte', async ({ text, place }) => {
    scenario.writeConfig(text, 0o640);
    const run = await scenario.run(['login'], env);
    expect(run.exitCode).toBe(3);
    expect(run.report.problems).toMatchObject([{ code: 'config-file', name: null }]);
    expect(run.report.problems[0]?.message).toContain(scenario.home.configFile);
    expect(run.report.problems[0]?.message).toContain(place);
    const message = 'Logged in as dora. But storing it failed: see the problem with the file.';
    expect(run.row('ONE')).toMatchObject({ status: 'ok', store: null, message });
    expect(scenario.configText()).toBe(text);
    expect(statSync(scenario.home.configFile).mode & 0o777).toBe(0o640);
    expect(scenario.home.list().filter((name) => name.startsWith('.docker/'))).toStrictEqual([
      '.docker/',
      '.docker/config.json',
    ]);
  });

  test('after a broken config is repaired, --skip-verified writes what was verified', async () => {
    const start = { containerStart: { id: 'boot:1', startedAt: 1 } };
    scenario.writeConfig('{');
    await scenario.run(['login', '--skip-verified'], env, start);
    scenario.writeConfig('{}');
    const run = await scenario.run(['login', '--skip-verified'], env, start);
    expect(run.exitCode).toBe(0);
    expect(stored()).toBe(`dora:${password}`);
  });

  test.each([
    { claim: 'empty', text: '' },
    { claim: 'white space', text: ' \n' },
    { claim: 'with a byte order mark', text: '\uFEFF{"keep": [1.0, 1e2], "auths": {}}' },
  ])('$claim is a config', async ({ text }) => {
    scenario.writeConfig(text);
    const run = await scenario.run(['login'], env);
    expect(run.exitCode).toBe(0);
    expect(
      decodeAuth(
        (
          JSON.parse(scenario.configText()?.replace('\uFEFF', '') ?? '') as {
            auths: Record<string, { auth: string }>;
          }
        ).auths[registry.host]?.auth,
      ),
    ).toBe(`dora:${password}`);
  });

  test('mode 0644 is kept, a new file is 0600', async () => {
    scenario.writeConfig('{}', 0o644);
    await scenario.run(['login'], env);
    expect(statSync(scenario.home.configFile).mode & 0o777).toBe(0o644);
    const other = { ...env, DOCKER_CONFIG: join(scenario.home.path, 'elsewhere') };
    await scenario.run(['login'], other);
    expect(statSync(join(scenario.home.path, 'elsewhere', 'config.json')).mode & 0o777).toBe(0o600);
  });

  test.each([
    { claim: 'a symbolic link', target: '{"keep": 1}' },
    { claim: 'a dangling symbolic link', target: null },
  ])('$claim is followed and stays', async ({ target }) => {
    const file = join(scenario.home.path, 'dotfiles', 'config.json');
    if (target === null) mkdirSync(dirname(file));
    else scenario.home.write('dotfiles/config.json', target);
    mkdirSync(dirname(scenario.home.configFile));
    symlinkSync('../dotfiles/config.json', scenario.home.configFile);
    const run = await scenario.run(['login'], env);
    expect(run.exitCode).toBe(0);
    expect(lstatSync(scenario.home.configFile).isSymbolicLink()).toBe(true);
    expect(readlinkSync(scenario.home.configFile)).toBe('../dotfiles/config.json');
    expect(stored()).toBe(`dora:${password}`);
  });

  test('read-only: exit 3 with the next step, untouched', async () => {
    scenario.writeConfig('{"keep": 1}', 0o444);
    const run = await scenario.run(['login'], env);
    expect(run.exitCode).toBe(3);
    expect(run.report.problems).toMatchObject([
      {
        code: 'config-file',
        message: expect.stringContaining('read-only'),
        advice: expect.stringContaining('chmod'),
      },
    ]);
    expect(scenario.configText()).toBe('{"keep": 1}');
  });

  test('what is not ours is kept, and unchanged means not written', async () => {
    scenario.writeConfig(
      '{"zeta": 1.50, "HttpHeaders": {"X": "y"}, "auths": {"b.example.com": {"auth": "Yjpi", "email": "x"}}}',
    );
    await scenario.run(['login'], env);
    const text = scenario.configText();
    expect(text).toContain('"zeta": 1.50');
    expect(text).toContain('"email": "x"');
    const before = statSync(scenario.home.configFile, { bigint: true });
    await scenario.run(['login'], env);
    const after = statSync(scenario.home.configFile, { bigint: true });
    expect([after.ino, after.mtimeNs]).toStrictEqual([before.ino, before.mtimeNs]);
  });

  test('no home and no DOCKER_CONFIG: exit 3, and the logins are reported all the same', async () => {
    const { createTestSystem } = await import('../support/test-system.ts');
    const { runCli } = await import('../../src/cli.ts');
    const homeless = createTestSystem({
      home: null,
      args: ['login', '--json'],
      env: { ...env, REGISTRY_LOGIN_SECRETS_DIR: '/nonexistent' },
    });
    try {
      expect(await runCli(homeless.system)).toBe(3);
      expect(JSON.parse(homeless.stdout())).toMatchObject({
        configFile: null,
        registries: [{ name: 'ONE', status: 'ok', store: null }],
        problems: [{ code: 'config-file', advice: expect.stringContaining('DOCKER_CONFIG') }],
      });
      expect(homeless.stdout()).not.toContain(password);
    } finally {
      await homeless.cleanup();
    }
  });

  test('no home but DOCKER_CONFIG: logged in, with nothing to remember it by', async () => {
    const { createTestSystem } = await import('../support/test-system.ts');
    const { runCli } = await import('../../src/cli.ts');
    const directory = join(scenario.home.path, 'given');
    const homeless = createTestSystem({
      home: null,
      args: ['--json'],
      env: { ...env, DOCKER_CONFIG: directory, REGISTRY_LOGIN_SECRETS_DIR: '/nonexistent' },
    });
    try {
      expect(await runCli(homeless.system)).toBe(0);
      expect(readFileSync(join(directory, 'config.json'), 'utf8')).toContain(registry.host);
    } finally {
      await homeless.cleanup();
    }
  });

  test('a DOCKER_CONFIG that is a file: exit 3', async () => {
    const run = await scenario.run(['login'], { ...env, DOCKER_CONFIG: scenario.home.write('file', 'x') });
    expect(run.exitCode).toBe(3);
    expect(run.row('ONE')).toMatchObject({ status: 'ok', store: null });
  });
});

describe('the state', () => {
  const state = (): string => join(scenario.home.path, '.local/state/registry-login/state.json');
  const cache = (): string => join(scenario.home.path, '.local/state/registry-login/credentials.json');

  test.each([
    ['state.json', 'not json'],
    ['state.json', '{"schemaVersion": 2}'],
    ['state.json', ''],
    ['credentials.json', 'not json'],
    ['credentials.json', '{"schemaVersion": 1}'],
  ])('a corrupt %s (%s): exit 3, untouched; the login is made and stored', async (name, text) => {
    scenario.home.write(`.local/state/registry-login/${name}`, text);
    const run = await scenario.run(['login'], env);
    expect(run.exitCode).toBe(3);
    expect(run.report.problems).toMatchObject([
      { code: 'state-file', message: expect.stringContaining(name) },
    ]);
    expect(run.row('ONE')).toMatchObject({ status: 'ok', store: 'config' });
    expect(stored()).toBe(`dora:${password}`);
    expect(readFileSync(join(dirname(state()), name), 'utf8')).toBe(text);
  });

  test('a file where its directory should be: exit 3; the login is made and stored', async () => {
    scenario.home.write('.local', 'a file');
    const run = await scenario.run(['login'], env);
    expect(run.exitCode).toBe(3);
    expect(run.report.problems).toMatchObject([{ code: 'state-file' }]);
    expect(stored()).toBe(`dora:${password}`);
  });

  test('is 0600 in a directory 0700, under XDG_STATE_HOME where that is set', async () => {
    const base = join(scenario.home.path, 'xdg');
    await scenario.run(['login'], { ...env, XDG_STATE_HOME: base });
    expect(statSync(join(base, 'registry-login')).mode & 0o777).toBe(0o700);
    expect(statSync(join(base, 'registry-login', 'state.json')).mode & 0o777).toBe(0o600);
    expect(scenario.home.list().some((name) => name.startsWith('.local'))).toBe(false);
  });

  test('a corrupt one hides no salt and no values in a later start', async () => {
    await scenario.run(['login'], env);
    const text = readFileSync(state(), 'utf8');
    writeFileSync(state(), text.slice(0, -20));
    chmodSync(state(), 0o600);
    const run = await scenario.run(['status'], env);
    expect(run.exitCode).toBe(3);
    expect(readFileSync(state(), 'utf8')).toBe(text.slice(0, -20));
    expect(() => statSync(cache())).toThrow('ENOENT');
  });
});
