import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ecrHost, ecrVariables, startEcrFor } from '../support/ecr-scenario.ts';
import type { EcrStandIn } from '../support/ecr-stand-in.ts';
import { startRegistry, type TestRegistry } from '../support/registry.ts';
import { createScenario, encodeAuth, type Scenario, secretSet } from '../support/scenario.ts';

let scenario: Scenario;
let password: string;
let registry: TestRegistry;
let ecr: EcrStandIn;
let env: Record<string, string>;

beforeEach(async () => {
  scenario = createScenario();
  password = scenario.plant('pa55-PLANTED-logout');
  registry = await startRegistry({ users: { dora: password } });
  ecr = await startEcrFor(scenario);
  env = { ...secretSet('ONE', registry.host, 'dora', password), ...ecrVariables(ecr) };
});

afterEach(async () => {
  scenario[Symbol.dispose]();
  await Promise.all([registry.close(), ecr.close()]);
});

const cache = (): string =>
  readFileSync(join(scenario.home.path, '.local/state/registry-login/credentials.json'), 'utf8');

test('removes entries, helper entries and cached tokens, sends nothing, and is idempotent', async () => {
  scenario.writeConfig({
    auths: { 'own.example.com': { auth: encodeAuth('me', 'mine') } },
    credHelpers: { 'other.example.com': 'other' },
    keep: 1,
  });
  await scenario.run(['login'], env);
  const run = await scenario.run(['logout'], env);
  expect(run.report).toStrictEqual({
    schemaVersion: 1,
    command: 'logout',
    configFile: scenario.home.configFile,
    registries: [
      { name: 'ECR', server: ecrHost, kind: 'ecr' },
      { name: 'ONE', server: registry.host, kind: 'basic' },
    ].map((row) => ({
      ...row,
      username: null,
      status: 'removed',
      store: null,
      expiresAt: null,
      durationMs: null,
      message: 'Logged out; what login stored has been removed.',
      advice: null,
    })),
    problems: [],
    restart: { needed: 'unknown', reasons: [], how: null },
  });
  expect([run.exitCode, run.usedHttp]).toStrictEqual([0, false]);
  expect(scenario.config()).toStrictEqual({
    auths: { 'own.example.com': { auth: encodeAuth('me', 'mine') } },
    credHelpers: { 'other.example.com': 'other' },
    keep: 1,
  });
  expect(JSON.parse(cache())).toMatchObject({ tokens: [] });
  const before = scenario.snapshot();
  const again = await scenario.run(['logout'], env);
  expect(again.report.registries).toStrictEqual([]);
  expect(again.exitCode).toBe(0);
  expect(scenario.snapshot()).toStrictEqual(before);
});

test('text says what was removed and no more', async () => {
  await scenario.run(['login'], secretSet('ONE', registry.host, 'dora', password));
  const run = await scenario.runText(['logout']);
  expect(run.stdout).toMatch(/^removed +ONE [^]+ has been removed\.\n$/);
  const again = await scenario.runText(['logout']);
  expect(again.stdout).toBe('Nothing to log out from.\n');
});

test.each([
  ['the server as it was given', () => registry.host],
  ['the server with a scheme and a path', () => `http://${registry.host}/v2/`],
  ['the name of the set', () => 'ONE'],
])('one only, by %s', async (_, server) => {
  await scenario.run(['login'], env);
  const run = await scenario.run(['logout', server()], env);
  expect(run.report.registries.map(({ name }) => name)).toStrictEqual(['ONE']);
  expect(Object.keys(scenario.config().auths ?? {})).toStrictEqual([ecrHost]);
});

test('a server that is not logged in to is logged out from already: exit 0, nothing touched', async () => {
  await scenario.run(['login'], env);
  const before = scenario.snapshot();
  const run = await scenario.run(['logout', 'nowhere.example.com', 'not a host'], env);
  expect([run.exitCode, run.report.registries]).toStrictEqual([0, []]);
  expect(scenario.snapshot()).toStrictEqual(before);
});

test('an entry that somebody changed stays, and the report says so', async () => {
  await scenario.run(['login'], secretSet('ONE', registry.host, 'dora', password));
  const own = { auths: { [registry.host]: { auth: encodeAuth('dora', 'of-my-own') } } };
  scenario.writeConfig(own);
  const run = await scenario.run(['logout']);
  expect(run.row('ONE')).toMatchObject({
    status: 'unverified',
    store: 'config',
    advice: `To remove it: docker logout ${registry.host}`,
  });
  expect(run.exitCode).toBe(0);
  expect(scenario.config()).toStrictEqual(own);
});

test.each([
  ['that stood there before the first login', true, {}],
  ['to which somebody added a field', false, { email: 'd@example.com' }],
])('an entry %s stays, and the report says so', async (_, isOwn, field) => {
  const own = { auths: { [registry.host]: { auth: encodeAuth('dora', password), ...field } } };
  if (isOwn) scenario.writeConfig(own);
  await scenario.run(['login'], secretSet('ONE', registry.host, 'dora', password));
  if (!isOwn) scenario.writeConfig(own);
  const run = await scenario.run(['logout']);
  expect(run.row('ONE')).toMatchObject({ status: 'unverified', store: 'config' });
  expect(scenario.config()).toStrictEqual(own);
});

test("a user's own docker login through the helper stays and works", async () => {
  await scenario.run(['login'], env);
  await scenario.runHelper(
    'store',
    JSON.stringify({ ServerURL: ecrHost, Username: 'me', Secret: password }),
    env,
  );
  // docker writes an empty entry beside the helper's.
  scenario.writeConfig({ auths: { [ecrHost]: {} }, credHelpers: { [ecrHost]: 'registry-login' } });
  const run = await scenario.run(['logout'], env);
  expect(run.row('ECR')).toMatchObject({ status: 'unverified', store: 'both' });
  expect(scenario.config()).toStrictEqual({
    auths: { [ecrHost]: {} },
    credHelpers: { [ecrHost]: 'registry-login' },
  });
  expect(JSON.parse((await scenario.runHelper('get', ecrHost, env)).stdout)).toMatchObject({
    Username: 'me',
    Secret: password,
  });
});

test('a set that was only ever rejected has nothing to log out from', async () => {
  await scenario.run(['login'], secretSet('ONE', registry.host, 'dora', 'wrong'));
  const run = await scenario.run(['logout']);
  expect(run.report.registries).toStrictEqual([]);
});

test('an entry that is gone already is no error', async () => {
  await scenario.run(['login'], secretSet('ONE', registry.host, 'dora', password));
  scenario.writeConfig('{}');
  const run = await scenario.run(['logout']);
  expect(run.row('ONE')).toMatchObject({
    status: 'removed',
    message: 'Logged out already: nothing is stored for it.',
  });
  expect(run.exitCode).toBe(0);
});

test('a broken config: exit 3, untouched, nothing said to be removed, and remembered for the next try', async () => {
  await scenario.run(['login'], secretSet('ONE', registry.host, 'dora', password));
  const good = scenario.configText() ?? '';
  scenario.writeConfig('{ broken');
  const run = await scenario.run(['logout']);
  expect(run.exitCode).toBe(3);
  expect(run.row('ONE')).toMatchObject({ status: 'error', store: 'config' });
  expect(scenario.configText()).toBe('{ broken');
  scenario.writeConfig(good);
  expect((await scenario.run(['logout'])).row('ONE').status).toBe('removed');
  expect(scenario.config()).toStrictEqual({ auths: {} });
});

test.each(['state.json', 'credentials.json'])('a corrupt %s: exit 3, untouched', async (name) => {
  await scenario.run(['login'], env);
  const file = scenario.home.write(`.local/state/registry-login/${name}`, '{ broken');
  const run = await scenario.run(['logout'], env);
  expect(run.exitCode).toBe(3);
  expect(run.report.problems).toMatchObject([{ code: 'state-file', message: expect.stringContaining(name) }]);
  expect(readFileSync(file, 'utf8')).toBe('{ broken');
});

test('a set that is gone takes its token out of the cache too', async () => {
  await scenario.run(['login'], env);
  await scenario.run(['login'], secretSet('ONE', registry.host, 'dora', password));
  expect(cache()).not.toContain(ecr.passwords[0]);
});
