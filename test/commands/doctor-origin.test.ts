import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { doctor, type Examination, plantedPassword, setFor } from '../support/doctor.ts';
import { startRegistry, type TestRegistry } from '../support/registry.ts';
import { temporaryHome, type TemporaryHome } from '../support/temporary-home.ts';

let registry: TestRegistry;
let home: TemporaryHome;

beforeAll(async () => {
  registry = await startRegistry({ users: { dora: plantedPassword } });
});
afterAll(() => registry.close());
beforeEach(() => {
  home = temporaryHome();
});
afterEach(() => home[Symbol.dispose]());

const encode = (user: string, password: string): string =>
  Buffer.from(`${user}:${password}`).toString('base64');
const entry = { auth: encode('dora', plantedPassword) };
const other = { auth: encode('old', 'PLANTED-old') };

function config(value: object): void {
  home.write('.docker/config.json', JSON.stringify(value));
}

function helper(name: string, script: string): void {
  home.write(`bin/docker-credential-${name}`, `#!/bin/sh\n${script}\n`, 0o755);
}

function giving(username: string, secret: string): string {
  return `/bin/cat >/dev/null; printf '%s' '${JSON.stringify({ ServerURL: 'x', Username: username, Secret: secret })}'`;
}

async function examine(env: Record<string, string> = {}): Promise<Examination> {
  return await doctor(home, { ...setFor(registry.host), ...env });
}

function expectFault(result: Examination, message: string, advice: RegExp): void {
  expect(result.step('config')).toMatchObject({ status: 'failed', message });
  expect(result.step('config').advice).toMatch(advice);
  // The login itself is good; docker does not use it, and that is what is wrong with this registry.
  expect(result.step('login').status).toBe('ok');
  expect(result.row()).toMatchObject({ status: 'error', message, advice: result.step('config').advice });
  expect(result.exitCode).toBe(1);
}

const again = /Run `registry-login login --only ACR`/;

describe('auths', () => {
  test('nothing yet: no failure, the next step is to log in', async () => {
    const result = await examine();
    expect(result.step('config')).toEqual({
      step: 'config',
      status: 'skipped',
      message: 'Not logged in yet: docker has no credentials for it.',
      advice: 'Run `registry-login login --only ACR`.',
    });
    expect(result.exitCode).toBe(0);
  });

  test('the login of this set', async () => {
    config({ auths: { [registry.host]: entry } });
    const result = await examine();
    expect(result.step('config')).toMatchObject({
      status: 'ok',
      message: 'docker reads them from auths: user dora.',
    });
    expect(result.row()).toMatchObject({ status: 'ok', store: 'config' });
  });

  test('under a legacy key, as docker finds it', async () => {
    config({ auths: { [`https://${registry.host}/v1/`]: entry } });
    expect((await examine()).step('config').status).toBe('ok');
  });

  test('user and password in fields of their own', async () => {
    config({ auths: { [registry.host]: { username: 'dora', password: plantedPassword } } });
    expect((await examine()).step('config').status).toBe('ok');
  });

  test('an identity token of this user', async () => {
    config({ auths: { [registry.host]: { auth: encode('dora', ''), identitytoken: 'PLANTED-identity' } } });
    expect((await examine()).step('config').status).toBe('ok');
  });

  test("somebody else's login", async () => {
    config({ auths: { [registry.host]: other } });
    expectFault(await examine(), 'docker reads them from auths: user old, and not the login of ACR.', again);
  });

  test('an older password of the same user', async () => {
    config({ auths: { [registry.host]: { auth: encode('dora', 'PLANTED-old') } } });
    expectFault(await examine(), 'docker reads them from auths: user dora, and not the login of ACR.', again);
  });

  test('an empty entry', async () => {
    config({ auths: { [registry.host]: {} } });
    expectFault(await examine(), 'docker reads them from auths, which has none.', again);
  });

  test('an entry that docker cannot read', async () => {
    config({ auths: { [registry.host]: { auth: 'PLANTED, no base64' } } });
    expectFault(await examine(), 'docker reads them from auths, which docker cannot read.', again);
  });

  test('a rejected set leaves what was there: no second failure', async () => {
    config({ auths: { [registry.host]: entry } });
    const result = await examine({ ACR_CONTAINER_REGISTRY_PASSWORD: 'PLANTED-wrong' });
    expect(result.row().status).toBe('rejected');
    expect(result.step('config')).toMatchObject({ status: 'skipped', advice: null });
  });
});

describe.each([
  ['credHelpers', (name: string) => ({ credHelpers: { [registry.host]: name } })],
  ['credsStore', (name: string) => ({ credsStore: name })],
] as const)('%s', (field, configOf) => {
  test('a helper that gives this login', async () => {
    config(configOf('stub'));
    helper('stub', giving('dora', plantedPassword));
    expect((await examine()).step('config')).toMatchObject({
      status: 'ok',
      message: `docker asks docker-credential-stub (${field}): user dora.`,
    });
  });

  test('a helper that gives an identity token', async () => {
    config(configOf('stub'));
    helper('stub', giving('<token>', 'PLANTED-identity'));
    expect((await examine()).step('config').message).toBe(
      `docker asks docker-credential-stub (${field}): an identity token.`,
    );
  });

  test('a helper that gives another login hides auths', async () => {
    config({ ...configOf('stub'), auths: { [registry.host]: entry } });
    helper('stub', giving('old', 'PLANTED-old'));
    const message = `docker asks docker-credential-stub (${field}): user old, and not the login of ACR. What stands in auths is not looked at.`;
    expectFault(
      await examine(),
      message,
      new RegExp(`credentialStore on auto, which goes around it; or take stub out of ${field}`),
    );
  });

  test.each([
    ['fails, and says a secret', 'echo "PLANTED broke"; echo PLANTED >&2; exit 1', 'which fails'],
    ['answers in something else', 'echo PLANTED', 'which fails'],
    ['answers in other JSON', 'echo "[1]"', 'which fails'],
    ['answers without end', 'while :; do echo PLANTEDPLANTEDPLANTEDPLANTED; done', 'which fails'],
    ['cannot be run', 'exit 126', 'which fails'],
  ])('a helper that %s', async (_claim, script, fault) => {
    config(configOf('stub'));
    helper('stub', script);
    expectFault(await examine(), `docker asks docker-credential-stub (${field}), ${fault}.`, again);
  });

  test.each([
    ['knows nothing', 'echo "credentials not found in native keychain"; exit 1'],
    ['gives an empty login', giving('', '')],
  ])('a helper that %s: not logged in yet, unless it hides an entry', async (_claim, script) => {
    helper('stub', script);
    config(configOf('stub'));
    const where = `docker asks docker-credential-stub (${field}), which has none.`;
    expect((await examine()).step('config')).toMatchObject({
      status: 'skipped',
      message: `Not logged in yet: ${where}`,
    });
    config({ ...configOf('stub'), auths: { [registry.host]: entry } });
    expectFault(await examine(), `${where} What stands in auths is not looked at.`, again);
  });

  test('a helper that is not there', async () => {
    config(configOf('dev-containers-0123'));
    expectFault(
      await examine(),
      `docker asks docker-credential-dev-containers-0123 (${field}), which is not on PATH.`,
      again,
    );
  });

  test('a helper whose name is a path is not run', async () => {
    config(configOf('../../bin/sh'));
    expect((await examine()).step('config').message).toContain('which is not on PATH');
  });

  test('our helper is not there', async () => {
    config(configOf('registry-login'));
    expectFault(
      await examine(),
      `docker asks our credential helper (${field}), which is not on PATH.`,
      /npm install --global devcontainer-registry-login/,
    );
  });

  test('our helper is there', async () => {
    config(configOf('registry-login'));
    helper('registry-login', 'exit 1');
    expect((await examine()).step('config')).toMatchObject({
      status: 'ok',
      message: `docker asks our credential helper (${field}): user dora.`,
    });
  });
});

test('a helper that hangs is ended, and all else is told', async () => {
  config({ credsStore: 'stub' });
  helper('stub', 'exec sleep 30');
  const result = await examine({ PATH: `${home.path}/bin:/usr/bin:/bin` });
  expectFault(result, 'docker asks docker-credential-stub (credsStore), which does not answer.', again);
}, 15_000);

test('an empty entry in credHelpers turns the credsStore off', async () => {
  config({ credHelpers: { [registry.host]: '' }, credsStore: 'stub', auths: { [registry.host]: entry } });
  expect((await examine()).step('config').message).toBe('docker reads them from auths: user dora.');
});

describe('the store that docker picks by itself', () => {
  test.each(['secretservice', 'pass'])('%s, while the config has no login at all', async (store) => {
    helper(store, 'echo "no D-Bus"; exit 1');
    if (store === 'pass') home.write('bin/pass', '#!/bin/sh\n', 0o755);
    const result = await examine();
    expect(result.step('config')).toEqual({
      step: 'config',
      status: 'skipped',
      message: `Not logged in yet: docker picks docker-credential-${store} by itself while its config has no login, which fails.`,
      advice: 'Run `registry-login login --only ACR`.',
    });
    expect(result.row().status).toBe('ok');
    expect(result.exitCode).toBe(0);
  });

  test('one that knows nothing: not logged in yet', async () => {
    helper('secretservice', 'echo "credentials not found in native keychain"; exit 1');
    expect((await examine()).step('config')).toMatchObject({
      status: 'skipped',
      advice: 'Run `registry-login login --only ACR`.',
    });
  });

  test('not once the config has any login', async () => {
    helper('secretservice', 'exit 1');
    config({ auths: { 'other.example': other } });
    expect((await examine()).step('config').status).toBe('skipped');
  });
});

describe('DOCKER_AUTH_CONFIG', () => {
  const variable = (value: unknown): Record<string, string> => ({
    DOCKER_AUTH_CONFIG: typeof value === 'string' ? value : JSON.stringify(value),
  });

  test('goes before helpers and auths', async () => {
    config({ credsStore: 'stub', auths: { [registry.host]: entry } });
    helper('stub', giving('dora', plantedPassword));
    const message =
      'docker 28.3 and later reads them from DOCKER_AUTH_CONFIG: user old, and not the login of ACR. What stands in auths is not looked at.';
    expectFault(
      await examine(variable({ auths: { [registry.host]: other } })),
      message,
      /^Unset DOCKER_AUTH_CONFIG/,
    );
  });

  test('with this very login it is no fault', async () => {
    expect((await examine(variable({ auths: { [registry.host]: entry } }))).step('config').status).toBe('ok');
  });

  test('for other servers it does not matter', async () => {
    config({ auths: { [registry.host]: entry } });
    const { message } = (await examine(variable({ auths: { 'other.example': other } }))).step('config');
    expect(message).toBe('docker reads them from auths: user dora.');
  });

  test.each([
    ['not JSON', 'PLANTED'],
    ['with an unknown field', { auths: { x: other }, credsStore: 'PLANTED' }],
    ['with an unknown field in an entry', { auths: { x: { ...other, email: 'PLANTED' } } }],
    ['with an entry without auth', { auths: { x: {} } }],
    ['with an auth that is not base64', { auths: { x: { auth: 'PLANTED!' } } }],
    ['with a second object', '{"auths":{}} {}'],
  ])('%s, docker passes it over, and that is said', async (_claim, value) => {
    config({ auths: { [registry.host]: entry } });
    expect((await examine(variable(value))).step('config')).toMatchObject({
      status: 'ok',
      message:
        'docker reads them from auths: user dora. docker passes DOCKER_AUTH_CONFIG over, which is not valid.',
    });
  });
});

test('no helper gets our secrets in its environment, and it gets what it needs', async () => {
  using outside = temporaryHome();
  config({ credsStore: 'stub' });
  helper('stub', `/usr/bin/env >${outside.path}/env; ${giving('dora', plantedPassword)}`);
  await examine({
    GITHUB_TOKEN: 'PLANTED',
    GH_TOKEN: 'PLANTED',
    REGISTRY_LOGIN_GITHUB_TOKEN: 'PLANTED',
    DOCKER_AUTH_CONFIG: '{"auths":{}}',
    GAR_CONTAINER_REGISTRY_PASS: 'PLANTED',
    GAR_CONTANER_REGISTY_TOKEN: 'PLANTED',
    gar_container_registry_password: 'PLANTED',
    GNUPGHOME: '/needed',
    REGISTRY_AUTH_FILE: '/needed/too',
  });
  const env = readFileSync(`${outside.path}/env`, 'utf8');
  expect(env).toMatch(/^GNUPGHOME=\/needed$/m);
  expect(env).toMatch(/^REGISTRY_AUTH_FILE=/m);
  expect(env).toMatch(/^HOME=/m);
  expect(env).not.toMatch(/PLANTED|DOCKER_AUTH_CONFIG|ACR_/);
});
