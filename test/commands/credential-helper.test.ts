import { mkdirSync, readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  accessKeyId,
  ecrHost as host,
  ecrVariables,
  otherKeyId,
  secret,
  startEcrFor,
} from '../support/ecr-scenario.ts';
import type { EcrStandIn } from '../support/ecr-stand-in.ts';
import { startRegistry } from '../support/registry.ts';
import { createScenario, decodeAuth, type Scenario, secretSet } from '../support/scenario.ts';
import { temporaryHome } from '../support/temporary-home.ts';

const hour = 3_600_000;
const notFound = { exitCode: 1, stdout: 'credentials not found in native keychain\n', stderr: '' };

let scenario: Scenario;
let password: string;
let ecr: EcrStandIn;
let now: number;
let env: Record<string, string>;

beforeEach(async () => {
  scenario = createScenario();
  password = scenario.plant('pa55-PLANTED-helper');
  now = Math.floor(Date.now() / 1000) * 1000;
  ecr = await startEcrFor(scenario, () => now);
  env = ecrVariables(ecr);
});

afterEach(async () => {
  scenario[Symbol.dispose]();
  await ecr.close();
});

const clock = () => ({ now: () => now });
const withoutKeys = (): Record<string, string> => ({ AWS_ENDPOINT_URL_ECR: ecr.url });

async function get(server = host, environment = env): Promise<{ exitCode: number; stdout: string }> {
  const { exitCode, stdout } = await scenario.runHelper('get', server, environment, clock());
  return { exitCode, stdout };
}

function answer(
  secretText: string | undefined,
  username = 'AWS',
  server = host,
): { exitCode: number; stdout: string } {
  return {
    exitCode: 0,
    stdout: `${JSON.stringify({ ServerURL: server, Username: username, Secret: secretText })}\n`,
  };
}

describe("Docker's protocol to the letter", () => {
  test.each([
    ['no action', '', '', 'Usage: docker-credential-registry-login <store|get|erase|list|version>\n'],
    [
      'two arguments',
      'get extra',
      '',
      'Usage: docker-credential-registry-login <store|get|erase|list|version>\n',
    ],
    ['an unknown action', 'frob', '', 'docker-credential-registry-login: unknown action: frob\n'],
    ['get of nothing', 'get', ' \n', 'no credentials server URL\n'],
    ['erase of nothing', 'erase', '', 'no credentials server URL\n'],
    ['store without a server', 'store', '{"Username":"u","Secret":"s"}', 'no credentials server URL\n'],
    ['store without a user', 'store', '{"ServerURL":"x","Secret":"s"}', 'no credentials username\n'],
    [
      'store of an empty user',
      'store',
      '{"ServerURL":"x","Username":"","Secret":"s"}',
      'no credentials username\n',
    ],
    ['get of a host that is not ours', 'get', 'registry.example.com\n', notFound.stdout],
    ['get of what is no host', 'get', 'not a host', notFound.stdout],
    ['get of a look-alike', 'get', `${host}.example.com`, notFound.stdout],
  ])('%s: the message on stdout, nothing on stderr, exit 1', async (_, action, input, stdout) => {
    expect(await scenario.runHelper(action, input, env, clock())).toMatchObject({
      exitCode: 1,
      stdout,
      stderr: '',
    });
    expect(ecr.requests).toHaveLength(0);
  });

  test.each(['__proto__', 'not a host', 'registry.example.com'])(
    'what is stored for %j is found there again',
    async (server) => {
      const login = scenario.plant('stored-PLANTED-login');
      await scenario.runHelper(
        'store',
        JSON.stringify({ ServerURL: server, Username: 'dora', Secret: login }),
        env,
        clock(),
      );
      const { exitCode, stdout } = await scenario.runHelper('get', server, env, clock());
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout)).toStrictEqual({ ServerURL: server, Username: 'dora', Secret: login });
      await scenario.runHelper('erase', server, env, clock());
      expect(await scenario.runHelper('get', server, env, clock())).toMatchObject({
        exitCode: 1,
        stdout: notFound.stdout,
      });
    },
  );

  test.each([
    '',
    '{',
    '[]',
    'null',
    '"text"',
    '{"ServerURL":"x","Username":"u","Secret":"pa55-PLANTED-helper',
  ])('store of %s: exit 1, and nothing of it is repeated', async (input) => {
    const run = await scenario.runHelper('store', input);
    expect(run).toMatchObject({ exitCode: 1, stderr: '' });
    expect(run.stdout).toMatch(/^.+\n$/);
  });

  test('version and list need no input', async () => {
    const version = await scenario.runHelper('version', '');
    expect(version).toMatchObject({ exitCode: 0, stderr: '' });
    expect(version.stdout).toMatch(
      /^docker-credential-registry-login \(devcontainer-registry-login\) \d+\.\d+\.\d+\n$/,
    );
    expect(await scenario.runHelper('list', '')).toMatchObject({ exitCode: 0, stdout: '{}\n' });
  });

  test('get answers with the server as it was asked for', async () => {
    const asked = `https://${host.toUpperCase()}/v2/`;
    expect(await get(`\n ${asked} \n`)).toStrictEqual(answer(ecr.passwords[0], 'AWS', asked));
  });

  test('field names of store may be in any case, as Go reads them', async () => {
    await scenario.runHelper(
      'store',
      `{"serverurl":"r.example.com","USERNAME":"dora","secret":"${password}"}`,
    );
    expect(await get('r.example.com')).toStrictEqual(answer(password, 'dora', 'r.example.com'));
  });
});

describe('get for ECR', () => {
  test('exchanges once, then answers from the cache while more than half of the life is left', async () => {
    expect(await get()).toStrictEqual(answer(ecr.passwords[0]));
    now += 6 * hour - 1;
    expect(await get()).toStrictEqual(answer(ecr.passwords[0]));
    expect(ecr.exchanges).toBe(1);
    now += 1;
    expect(await get()).toStrictEqual(answer(ecr.passwords[1]));
    expect(ecr.exchanges).toBe(2);
  });

  test('needs no keys while the token is fresh, nor while it is valid', async () => {
    await get();
    expect(await get(host, withoutKeys())).toStrictEqual(answer(ecr.passwords[0]));
    now += 11 * hour;
    expect(await get(host, withoutKeys())).toStrictEqual(answer(ecr.passwords[0]));
    expect(ecr.exchanges).toBe(1);
  });

  test('without keys and expired, it gives the real reason', async () => {
    await get();
    now += 15 * hour;
    const run = await get(host, withoutKeys());
    expect(run.exitCode).toBe(1);
    expect(run.stdout).toContain(`the ECR token for ${host} expired 3 h ago`);
    expect(run.stdout).toContain('no AWS keys');
  });

  test("takes keys that are in the codespace's secrets files only", async () => {
    using outside = temporaryHome();
    outside.write('user-secrets-envs.json', JSON.stringify(secretSet('ECR', host, accessKeyId, secret)));
    const behind = { ...withoutKeys(), REGISTRY_LOGIN_SECRETS_DIR: outside.path };
    expect(await get(host, behind)).toStrictEqual(answer(ecr.passwords[0]));
    const list = await scenario.runHelper('list', '', behind);
    expect(JSON.parse(list.stdout)).toStrictEqual({ [host]: 'AWS' });
  });

  test.each(['server-error', 'denied', 'unknown-key'] as const)(
    'the API fails (%s): the token of before while it is valid, else the real reason',
    async (error) => {
      await get();
      now += 7 * hour;
      ecr.fail(error);
      const slow = { ...env, REGISTRY_LOGIN_TIMEOUT: '0.5' };
      expect(await get(host, slow)).toStrictEqual(answer(ecr.passwords[0]));
      now += 6 * hour;
      const run = await get(host, slow);
      expect(run.exitCode).toBe(1);
      expect(run.stdout).toMatch(/^registry-login: .+\n$/);
      expect(run.stdout).not.toContain('not found in native keychain');
    },
  );

  test('the token of before does to its last second', async () => {
    ecr.setTokenLife(30_000);
    await get();
    ecr.fail('denied');
    now += 29_000;
    expect(await get()).toStrictEqual(answer(ecr.passwords[0]));
    expect(await get(host, withoutKeys())).toStrictEqual(answer(ecr.passwords[0]));
    now += 1_000;
    expect((await get()).exitCode).toBe(1);
    expect((await get(host, withoutKeys())).exitCode).toBe(1);
  });

  test('while another process exchanges and does not come to an end, the token of before does', async () => {
    await get();
    now += 7 * hour;
    mkdirSync(join(scenario.home.path, `.local/state/registry-login/exchange-${host}.lock`));
    const lock = setInterval(
      () =>
        utimesSync(
          join(scenario.home.path, `.local/state/registry-login/exchange-${host}.lock`),
          new Date(),
          new Date(),
        ),
      500,
    );
    try {
      expect(await get()).toStrictEqual(answer(ecr.passwords[0]));
      expect(ecr.exchanges).toBe(1);
    } finally {
      clearInterval(lock);
    }
  });

  test('other keys are exchanged at once', async () => {
    await get();
    const other = { ...env, ...secretSet('ECR', host, otherKeyId, secret) };
    expect(await get(host, other)).toStrictEqual(answer(ecr.passwords[1]));
    expect(await get(host, other)).toStrictEqual(answer(ecr.passwords[1]));
    expect(ecr.exchanges).toBe(2);
  });

  test('other keys that AWS refuses: the token of before, while it is valid', async () => {
    await get();
    const refused = { ...env, ...secretSet('ECR', host, 'AKIANOSUCHKEYEXAMPLE', secret) };
    expect(await get(host, refused)).toStrictEqual(answer(ecr.passwords[0]));
    now += 13 * hour;
    expect((await get(host, refused)).exitCode).toBe(1);
  });

  test('a clock that was set back makes an exchange, not a token that never ages', async () => {
    await get();
    now -= 24 * hour;
    await get();
    expect(ecr.exchanges).toBe(2);
  });

  test('a cache that is corrupt costs an exchange, and is left alone', async () => {
    const cache = scenario.home.write('.local/state/registry-login/credentials.json', '{ broken');
    expect(await get()).toStrictEqual(answer(ecr.passwords[0]));
    expect(readFileSync(cache, 'utf8')).toBe('{ broken');
  });

  test('nowhere to write is no reason to give no answer', async () => {
    scenario.home.write('.local', 'a file');
    expect(await get()).toStrictEqual(answer(ecr.passwords[0]));
  });

  test('the cache is 0600 in 0700', async () => {
    await get();
    const files = scenario.snapshot();
    expect(files['.local/state/registry-login/credentials.json']).toMatch(/^600 /);
    expect(files['.local/state/registry-login/']).toMatch(/^700 /);
  });

  test('USER AWS: the token as given, and once it has expired the reason', async () => {
    const token = scenario.plant(
      Buffer.from(JSON.stringify({ payload: 'PLANTED', expiration: now / 1000 + 60 })).toString('base64'),
    );
    const given = { ...withoutKeys(), ...secretSet('ECR', host, 'AWS', token) };
    expect(await get(host, given)).toStrictEqual(answer(token));
    now += 2 * hour;
    const run = await get(host, given);
    expect(run.exitCode).toBe(1);
    expect(run.stdout).toContain('ECR_CONTAINER_REGISTRY_PASSWORD expired 1 h ago');
  });
});

describe('beside login', () => {
  const login = (environment = env) => scenario.run(['login'], environment, clock());

  test('answers with the token of the login, and puts a renewed one where the login wrote the old', async () => {
    await login();
    expect(await get()).toStrictEqual(answer(ecr.passwords[0]));
    now += 7 * hour;
    await get();
    expect(decodeAuth(scenario.config().auths?.[host]?.auth)).toBe(`AWS:${ecr.passwords[1]}`);
    const status = await scenario.run(['status'], env, clock());
    expect(status.row('ECR')).toMatchObject({
      status: 'ok',
      store: 'both',
      expiresAt: new Date(now + 12 * hour).toISOString(),
    });
    expect(status.row('ECR').message).not.toContain('changed');
    await scenario.run(['logout'], env, clock());
    expect(scenario.config()).toStrictEqual({ auths: {} });
  });

  test("leaves an entry of the user's alone when it renews", async () => {
    await login();
    scenario.writeConfig({
      auths: { [host]: { auth: Buffer.from('AWS:own').toString('base64') } },
      credHelpers: { [host]: 'registry-login' },
    });
    now += 7 * hour;
    await get();
    expect(decodeAuth(scenario.config().auths?.[host]?.auth)).toBe('AWS:own');
  });

  test('a token of replaced keys is replaced in the config too', async () => {
    await login();
    await get(host, { ...env, ...secretSet('ECR', host, otherKeyId, secret) });
    expect(decodeAuth(scenario.config().auths?.[host]?.auth)).toBe(`AWS:${ecr.passwords[1]}`);
  });

  test('logout drops the token from the cache', async () => {
    await login();
    await scenario.run(['logout'], env, clock());
    const text = readFileSync(
      join(scenario.home.path, '.local/state/registry-login/credentials.json'),
      'utf8',
    );
    expect(text).not.toContain(ecr.passwords[0]);
    expect(JSON.parse(text)).toMatchObject({ tokens: [], logins: [] });
  });

  test('static credentials: from the environment, else from the entry in the config, else the reason', async () => {
    const registry = await startRegistry({ users: { dora: password } });
    try {
      const given = secretSet('ONE', registry.host, 'dora', password);
      scenario.writeConfig({ credsStore: 'desktop' });
      await scenario.run(['login'], given);
      expect(await get(registry.host, given)).toStrictEqual(answer(password, 'dora', registry.host));
      expect(await get(registry.host, {})).toStrictEqual(answer(password, 'dora', registry.host));
      await scenario.run(['login'], { ...given, REGISTRY_LOGIN_CREDENTIAL_STORE: 'helper' });
      const run = await get(registry.host, {});
      expect(run.exitCode).toBe(1);
      expect(run.stdout).toContain('no secrets for');
    } finally {
      await registry.close();
    }
  });

  test('an identity token in the config is answered with the user <token>', async () => {
    scenario.writeConfig({
      auths: { 'r.example.com': { auth: Buffer.from('dora:').toString('base64'), identitytoken: password } },
      credHelpers: { 'r.example.com': 'registry-login' },
    });
    expect(await get('r.example.com', {})).toStrictEqual(answer(password, '<token>', 'r.example.com'));
  });

  test.each([
    ['a legacy key', 'https://r.example.com/v1/', 'r.example.com'],
    ['Docker Hub', 'https://index.docker.io/v1/', 'https://index.docker.io/v1/'],
  ])('finds an entry under %s', async (_, key, asked) => {
    scenario.writeConfig({ auths: { [key]: { auth: Buffer.from(`dora:${password}`).toString('base64') } } });
    expect(await get(asked, {})).toStrictEqual(answer(password, 'dora', asked));
  });

  test('a broken config is the reason, in one line', async () => {
    scenario.writeConfig('{ broken');
    const run = await get('r.example.com', {});
    expect(run.exitCode).toBe(1);
    expect(run.stdout).toMatch(/^registry-login: .*line 1, column 3.*\n$/);
  });
});

describe("a user's own docker login and docker logout", () => {
  const store = (username: string) =>
    scenario.runHelper(
      'store',
      JSON.stringify({ ServerURL: host, Username: username, Secret: password }),
      env,
      clock(),
    );

  test.each(['dora', '<token>'])('store then get gives it back (%s), before the token', async (username) => {
    await get();
    expect(await store(username)).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
    expect(await get()).toStrictEqual(answer(password, username));
    expect(await get(`https://${host}/`)).toStrictEqual(answer(password, username, `https://${host}/`));
    expect(ecr.exchanges).toBe(1);
  });

  test('erase ends it, and the token with it: nothing secret is left in the cache', async () => {
    await get();
    await store('dora');
    expect(await scenario.runHelper('erase', `${host}\n`, env, clock())).toMatchObject({
      exitCode: 0,
      stdout: '',
    });
    expect(await get()).toStrictEqual({ exitCode: 1, stdout: notFound.stdout });
    const text = readFileSync(
      join(scenario.home.path, '.local/state/registry-login/credentials.json'),
      'utf8',
    );
    expect(text).not.toContain(password);
    expect(text).not.toContain(ecr.passwords[0]);
    expect(await scenario.runHelper('erase', host, env, clock())).toMatchObject({ exitCode: 0 });
  });

  test('the next login is good again', async () => {
    await store('dora');
    await scenario.runHelper('erase', host, env, clock());
    await scenario.run(['login'], env, clock());
    expect(await get()).toStrictEqual(answer(ecr.passwords[0]));
  });

  test('list names every server with its user', async () => {
    await get();
    await scenario.runHelper(
      'store',
      JSON.stringify({ ServerURL: 'own.example.com', Username: 'dora', Secret: password }),
    );
    await scenario.runHelper('erase', 'gone.example.com');
    const run = await scenario.runHelper('list', '', {
      ...env,
      ...secretSet('ACR', 'acr.example.com', 'ada', password),
    });
    expect(run.exitCode).toBe(0);
    expect(JSON.parse(run.stdout)).toStrictEqual({
      [host]: 'AWS',
      'acr.example.com': 'ada',
      'own.example.com': 'dora',
    });
  });

  test('a cache that is corrupt is not overwritten by store: the reason on stdout, exit 1', async () => {
    const cache = scenario.home.write('.local/state/registry-login/credentials.json', '{ broken');
    const run = await store('dora');
    expect(run.exitCode).toBe(1);
    expect(run.stdout).toMatch(/^registry-login: .*credentials\.json/);
    expect(readFileSync(cache, 'utf8')).toBe('{ broken');
  });
});
