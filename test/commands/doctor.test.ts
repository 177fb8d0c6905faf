import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { doctor, plantedPassword, setFor } from '../support/doctor.ts';
import { temporaryHome, type TemporaryHome } from '../support/temporary-home.ts';
import { testRegistries } from '../support/test-registries.ts';

let home: TemporaryHome;
const start = testRegistries(() => ({ users: { dora: plantedPassword } }));

beforeEach(() => {
  home = temporaryHome();
});
afterEach(() => home[Symbol.dispose]());

describe('all is well', () => {
  test('Basic: every step but the token is taken', async () => {
    const registry = await start();
    const result = await doctor(home, setFor(registry.host));
    expect(result.steps()).toBe(
      'variables ok, resolve ok, connect ok, tls skipped, version ok, challenge ok, token skipped, login ok, config skipped',
    );
    expect(result.row()).toMatchObject({
      name: 'ACR',
      server: registry.host,
      status: 'ok',
      message: 'Logged in as dora.',
      advice: null,
      store: null,
    });
    expect(result.exitCode).toBe(0);
  });

  test('Bearer: the token has a step of its own, and the challenge says where tokens come from', async () => {
    const registry = await start({ auth: 'bearer' });
    const result = await doctor(home, setFor(registry.host));
    expect(result.steps()).toContain('challenge ok, token ok, login ok');
    expect(result.step('challenge').message).toBe(`Bearer: tokens come from ${registry.tokenHost}.`);
  });

  test('a step has exactly step, status, message and advice; all nine are there, in order', async () => {
    const registry = await start();
    const { steps = [] } = (await doctor(home, setFor(registry.host))).row();
    for (const step of steps) expect(Object.keys(step)).toEqual(['step', 'status', 'message', 'advice']);
    const order = [
      'variables',
      'resolve',
      'connect',
      'tls',
      'version',
      'challenge',
      'token',
      'login',
      'config',
    ];
    expect(steps.map(({ step }) => step)).toEqual(order);
  });

  test('a registry that lets anybody in: not verified, exit 0', async () => {
    const result = await doctor(home, setFor((await start({ auth: 'none' })).host));
    expect(result.row().status).toBe('unverified');
    expect(result.steps()).toContain('challenge ok, token skipped, login skipped');
    expect(result.exitCode).toBe(0);
  });

  test('a registry that lets anybody in, and checks what is sent', async () => {
    const registry = await start({ auth: 'optional' });
    expect((await doctor(home, setFor(registry.host))).row().status).toBe('ok');
    expect((await doctor(home, setFor(registry.host, { user: 'nobody' }))).steps()).toContain('login failed');
  });

  test('a name is resolved first', async () => {
    const registry = await start();
    const host = registry.host.replace('127.0.0.1', 'localhost');
    expect((await doctor(home, setFor(host))).step('resolve')).toMatchObject({
      status: 'ok',
      message: 'localhost is 127.0.0.1.',
    });
  });

  test('nothing here: no row, exit 0', async () => {
    const { report, exitCode } = await doctor(home, {});
    expect(report).toMatchObject({ command: 'doctor', registries: [], problems: [], images: [] });
    expect(exitCode).toBe(0);
  });

  test('one bad registry neither holds up another nor hides its result', async () => {
    const [good, bad] = await Promise.all([start(), start({ faults: [{ does: 'hang' }] })]);
    const env = { ...setFor(good.host), ...setFor(bad.host, { name: 'BAD' }), REGISTRY_LOGIN_TIMEOUT: '1' };
    const { row, exitCode } = await doctor(home, env);
    expect([row('ACR').status, row('BAD').status, exitCode]).toEqual(['ok', 'unreachable', 1]);
    expect(row('ACR').durationMs).toBeLessThan(row('BAD').durationMs ?? 0);
  });
});

describe('sets', () => {
  test('an incomplete one is a problem, and exit 1', async () => {
    const { report, exitCode } = await doctor(home, {
      ACR_CONTAINER_REGISTRY_SERVER: 'x.example',
      ACR_CONTAINER_REGISTRY_PASS: 'PLANTED',
    });
    expect(report.problems).toContainEqual(expect.objectContaining({ code: 'incomplete-set', name: 'ACR' }));
    expect(exitCode).toBe(1);
  });

  test('one that cannot be used fails in its variables, and nothing else is tried', async () => {
    const result = await doctor(home, setFor('https://dora:PLANTED@x.example'));
    expect(result.steps()).toBe('variables failed');
    expect(result.row()).toMatchObject({ status: 'error', server: null });
    expect(result.step('variables')).toMatchObject({
      advice: expect.stringContaining('ACR_CONTAINER_REGISTRY_SERVER') as string,
    });
    expect(result.exitCode).toBe(1);
  });

  test('AWS keys for a host that is not AWS go nowhere', async () => {
    const registry = await start();
    const result = await doctor(home, setFor(registry.host, { user: 'AKIAIOSFODNN7EXAMPLE' }));
    expect(result.row().status).toBe('error');
    expect(registry.connections()).toBe(0);
  });

  test("one from the codespace's secrets files says so", async () => {
    const registry = await start();
    home.write('secrets/user-secrets-envs.json', JSON.stringify(setFor(registry.host)));
    const result = await doctor(home, { REGISTRY_LOGIN_SECRETS_DIR: `${home.path}/secrets` });
    expect(result.step('variables').message).toContain("in the codespace's secrets files");
  });
});

describe('files', () => {
  test('a config that does not parse: exit 3, and the logins are checked all the same', async () => {
    const registry = await start();
    home.write('.docker/config.json', '{ "auths": { "PLANTED" ');
    const result = await doctor(home, setFor(registry.host));
    expect(result.exitCode).toBe(3);
    expect(result.report.problems).toContainEqual(expect.objectContaining({ code: 'config-file' }));
    expect(result.row().status).toBe('ok');
    expect(result.step('config')).toMatchObject({
      status: 'skipped',
      message: 'The Docker config could not be read.',
    });
  });
});
