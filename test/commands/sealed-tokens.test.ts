import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  accessKeyId,
  ecrHost as host,
  ecrVariables,
  secret,
  sessionToken,
  startEcrFor,
  temporaryKeyId,
} from '../support/ecr-scenario.ts';
import type { EcrStandIn } from '../support/ecr-stand-in.ts';
import { createScenario, decodeAuth, type Scenario, secretSet } from '../support/scenario.ts';
import { temporaryHome } from '../support/temporary-home.ts';

const otherHost = '210987654321.dkr.ecr.eu-west-1.amazonaws.com';
const hour = 3_600_000;
const cacheName = '.local/state/registry-login/credentials.json';

let scenario: Scenario;
let ecr: EcrStandIn;
let now: number;
let env: Record<string, string>;
let helper: Record<string, string>;

beforeEach(async () => {
  scenario = createScenario();
  now = Math.floor(Date.now() / 1000) * 1000;
  ecr = await startEcrFor(scenario, () => now);
  env = ecrVariables(ecr);
  helper = { ...env, REGISTRY_LOGIN_CREDENTIAL_STORE: 'helper' };
});

afterEach(async () => {
  scenario[Symbol.dispose]();
  await ecr.close();
});

const clock = () => ({ now: () => now });
const login = (environment = helper, ...flags: string[]) =>
  scenario.run(['login', ...flags], environment, clock());

async function get(environment = helper): Promise<string> {
  const { stdout } = await scenario.runHelper('get', host, environment, clock());
  return stdout.startsWith('{') ? String((JSON.parse(stdout) as { Secret?: string }).Secret) : stdout;
}

/** The files that hold one of the tokens, as it is or in base64. */
function filesWithToken(): string[] {
  const forms = ecr.passwords.flatMap((token) => [
    token,
    Buffer.from(token).toString('base64').replace(/=+$/, ''),
    Buffer.from(`AWS:${token}`).toString('base64').replace(/=+$/, ''),
  ]);
  return Object.entries(scenario.snapshot())
    .filter(([, content]) => forms.some((form) => content.includes(form)))
    .map(([name]) => name);
}

describe('credentialStore helper keeps nothing secret at rest', () => {
  test('a login and every answer leave no token in any file, and AWS is asked once', async () => {
    await login();
    expect(filesWithToken()).toStrictEqual([]);
    expect(await get()).toBe(ecr.passwords[0]);
    now += 6 * hour - 1;
    expect(await get()).toBe(ecr.passwords[0]);
    expect(ecr.exchanges).toBe(1);
    now += 1;
    expect(await get()).toBe(ecr.passwords[1]);
    expect(await get()).toBe(ecr.passwords[1]);
    expect(ecr.exchanges).toBe(2);
    expect(filesWithToken()).toStrictEqual([]);
  });

  test('a first get without a login leaves none either', async () => {
    expect(await get()).toBe(ecr.passwords[0]);
    expect(await get()).toBe(ecr.passwords[0]);
    expect(ecr.exchanges).toBe(1);
    expect(filesWithToken()).toStrictEqual([]);
  });

  test('temporary keys seal with their session token', async () => {
    const temporary = { ...helper, ...secretSet('ECR', host, temporaryKeyId, secret, sessionToken) };
    await login(temporary);
    expect(await get(temporary)).toBe(ecr.passwords[0]);
    expect(ecr.exchanges).toBe(1);
    expect(filesWithToken()).toStrictEqual([]);
  });

  test('a restart asks AWS for nothing while half of the life is left', async () => {
    await login(helper, '--skip-verified');
    const before = readFileSync(join(scenario.home.path, cacheName), 'utf8');
    const run = await login(helper, '--skip-verified');
    expect(run.row('ECR')).toMatchObject({ status: 'ok', store: 'helper' });
    expect([ecr.exchanges, run.usedHttp]).toStrictEqual([1, false]);
    expect(readFileSync(join(scenario.home.path, cacheName), 'utf8')).toBe(before);
  });

  test('the API fails: the sealed token of before, while it is valid', async () => {
    await get();
    now += 7 * hour;
    ecr.fail('denied');
    expect(await get()).toBe(ecr.passwords[0]);
    now += 6 * hour;
    expect(await get()).toMatch(/^registry-login: /);
  });

  test('without the keys it is as if it were not there, and the reason says so', async () => {
    await login();
    const without = { REGISTRY_LOGIN_CREDENTIAL_STORE: 'helper' };
    expect(await get(without)).toMatch(/^registry-login: .*this environment has no AWS keys.*\n$/);
    expect((await scenario.runHelper('list', '', without)).stdout).toBe('{}\n');
    expect(JSON.parse((await scenario.runHelper('list', '', helper)).stdout)).toStrictEqual({
      [host]: 'AWS',
    });
    now += 13 * hour;
    expect(await get(without)).toContain('this environment has no AWS keys');
    expect(ecr.exchanges).toBe(1);
  });

  test("the keys in the codespace's secrets files open it", async () => {
    await login();
    using outside = temporaryHome();
    outside.write('user-secrets-envs.json', JSON.stringify(secretSet('ECR', host, accessKeyId, secret)));
    const behind = { REGISTRY_LOGIN_CREDENTIAL_STORE: 'helper', REGISTRY_LOGIN_SECRETS_DIR: outside.path };
    expect(await get(behind)).toBe(ecr.passwords[0]);
    expect(ecr.exchanges).toBe(1);
  });

  test('a sealed token that somebody spoiled costs an exchange', async () => {
    await login();
    const path = join(scenario.home.path, cacheName);
    scenario.home.write(cacheName, readFileSync(path, 'utf8').replace(/("sealed": ")[^"]{8}/, '$1AAAAAAAA'));
    expect(await get()).toBe(ecr.passwords[1]);
    expect(await get()).toBe(ecr.passwords[1]);
  });

  test("what a user's own docker login stored stays as it is", async () => {
    await login();
    const password = scenario.plant('pa55-PLANTED-own');
    await scenario.runHelper(
      'store',
      JSON.stringify({ ServerURL: host, Username: 'me', Secret: password }),
      helper,
    );
    expect(await get()).toBe(password);
    expect(await get({})).toBe(password);
  });

  test('a set that is gone takes its sealed token along, and so does logout', async () => {
    await login();
    await scenario.run(['logout'], helper, clock());
    expect(JSON.parse(readFileSync(join(scenario.home.path, cacheName), 'utf8'))).toMatchObject({
      tokens: [],
    });
    await login();
    await login({ REGISTRY_LOGIN_CREDENTIAL_STORE: 'helper' });
    expect(JSON.parse(readFileSync(join(scenario.home.path, cacheName), 'utf8'))).toMatchObject({
      tokens: [],
    });
  });
});

describe('the option switched', () => {
  test.each([{ flags: [] }, { flags: ['--skip-verified'] }])(
    'auto, helper, auto at each login ($flags)',
    async ({ flags }) => {
      await login(env, ...flags);
      expect(filesWithToken()).toStrictEqual(['.docker/config.json', cacheName]);
      await login(helper, ...flags);
      expect(filesWithToken()).toStrictEqual([]);
      expect(await get()).toBe(ecr.passwords.at(-1));
      const run = await login(env, ...flags);
      expect(run.row('ECR')).toMatchObject({ status: 'ok', store: 'both' });
      expect(filesWithToken()).toStrictEqual(['.docker/config.json', cacheName]);
      expect(decodeAuth(scenario.config().auths?.[host]?.auth)).toBe(`AWS:${ecr.passwords.at(-1)}`);
      expect(await get({})).toBe(ecr.passwords.at(-1));
      expect(ecr.exchanges).toBe(flags.length > 0 ? 1 : 3);
    },
  );

  test('a login that AWS refuses, or does not answer, leaves no clear token in the cache', async () => {
    await login(env);
    ecr.fail('denied');
    await login(helper);
    expect(filesWithToken()).not.toContain(cacheName);
    expect(await get()).toBe(ecr.passwords[0]);
  });

  test('USER AWS in place of the keys: their token leaves the cache', async () => {
    await login(env);
    const given = {
      ...helper,
      ...secretSet('ECR', host, 'AWS', 'a-token-that-is-given'),
      REGISTRY_LOGIN_TIMEOUT: '0.5',
      HTTPS_PROXY: 'http://127.0.0.1:9',
    };
    await login(given);
    expect(filesWithToken()).not.toContain(cacheName);
  });

  test('a refresh reseals: no file has the old token or the new one, and the entry of the login is gone', async () => {
    await login(env);
    now += 7 * hour;
    expect(await get(helper)).toBe(ecr.passwords[1]);
    expect(filesWithToken()).toStrictEqual([]);
    expect(scenario.config().auths).toStrictEqual({});
    now += 7 * hour;
    expect(await get(env)).toBe(ecr.passwords[2]);
    expect(await get({})).toBe(ecr.passwords[2]);
  });

  test('a refresh that fails seals the token that it falls back on', async () => {
    await get(env);
    expect(filesWithToken()).toStrictEqual([cacheName]);
    now += 7 * hour;
    ecr.fail('denied');
    expect(await get(helper)).toBe(ecr.passwords[0]);
    expect(filesWithToken()).toStrictEqual([]);
  });

  test("another host's token is not touched by a login with --only", async () => {
    const two = { ...env, ...secretSet('TWO', otherHost, accessKeyId, secret) };
    await login(two);
    await login({ ...two, REGISTRY_LOGIN_CREDENTIAL_STORE: 'helper' }, '--only', 'ECR');
    const { tokens } = JSON.parse(readFileSync(join(scenario.home.path, cacheName), 'utf8')) as {
      tokens: Record<string, string>[];
    };
    expect(tokens.map(({ server, password }) => [server, password !== undefined])).toStrictEqual([
      [host, false],
      [otherHost, true],
    ]);
  });
});
