import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startRegistry, type TestRegistry } from '../support/registry.ts';
import { createScenario, decodeAuth, type Scenario, secretSet } from '../support/scenario.ts';

/** A host with a credential store of its own, where our helper stands on PATH only while npx runs. */
let scenario: Scenario;
let registry: TestRegistry;
let path: string;
let env: Record<string, string>;
const password = 'npx-PLANTED-pa55';

beforeEach(async () => {
  scenario = createScenario();
  scenario.plant(password);
  registry = await startRegistry({ users: { dora: password } });
  const passing = join(scenario.home.path, '.npm/_npx/0a1b/node_modules/.bin');
  const lasting = join(scenario.home.path, 'store');
  path = `${passing}:${lasting}`;
  program(passing, 'docker-credential-registry-login', 'exit 0');
  program(
    lasting,
    'docker-credential-keychain',
    `PATH=/usr/bin:/bin; mkdir -p "${scenario.home.path}/input"; env > "${scenario.home.path}/child-env"; cat > "${scenario.home.path}/input/$1"`,
  );
  env = { PATH: path, ...secretSet('BASE', registry.host, 'dora', password) };
});

afterEach(async () => {
  scenario[Symbol.dispose]();
  await registry.close();
});

function program(directory: string, name: string, body: string): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, name), `#!/bin/sh\n${body}\n`);
  chmodSync(join(directory, name), 0o755);
}

function given(action: string): string | null {
  const file = join(scenario.home.path, 'input', action);
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}

describe('a login by npx, on a host', () => {
  test('goes into the Docker config where no credsStore is set', async () => {
    const { exitCode, report } = await scenario.run(['login'], env);
    expect(exitCode).toBe(0);
    expect(report.registries[0]?.store).toBe('config');
    expect(report.problems).toStrictEqual([]);
    expect(decodeAuth(scenario.config().auths?.[registry.host]?.auth)).toBe(`dora:${password}`);
  });

  test("goes into the host's own credential store where one is set, as with docker login", async () => {
    scenario.writeConfig({ credsStore: 'keychain' });
    const { exitCode, row, report } = await scenario.run(['login'], env);
    expect(exitCode).toBe(0);
    expect(row('BASE')).toMatchObject({ status: 'ok', store: 'helper' });
    expect(report.problems).toStrictEqual([]);
    expect(JSON.parse(given('store') ?? '')).toStrictEqual({
      ServerURL: registry.host,
      Username: 'dora',
      Secret: password,
    });
    expect(scenario.config()).toStrictEqual({ credsStore: 'keychain' });
    expect(readFileSync(join(scenario.home.path, 'child-env'), 'utf8')).not.toContain(password);
  });

  test('status knows where it is, and doctor too', async () => {
    scenario.writeConfig({ credsStore: 'keychain' });
    await scenario.run(['login'], env);
    const status = await scenario.run(['status'], env);
    expect(status.row('BASE')).toMatchObject({ status: 'ok', store: 'helper', advice: null });
    expect((await scenario.run(['doctor'], env)).row('BASE').store).toBe('helper');
    scenario.writeConfig({});
    expect((await scenario.run(['status'], env)).row('BASE')).toMatchObject({
      status: 'planned',
      store: null,
    });
  });

  test('a logout takes it out of there again', async () => {
    scenario.writeConfig({ credsStore: 'keychain' });
    await scenario.run(['login'], env);
    const { row } = await scenario.run(['logout'], env);
    expect(row('BASE').status).toBe('removed');
    expect(given('erase')).toBe(registry.host);
  });

  test('a store that does not take it is named, with what to do', async () => {
    program(join(scenario.home.path, 'store'), 'docker-credential-keychain', 'exit 1');
    scenario.writeConfig({ credsStore: 'keychain' });
    const { exitCode, row, report } = await scenario.run(['login'], env);
    expect(exitCode).toBe(1);
    expect(row('BASE').store).toBeNull();
    expect(report.problems.map(({ code, name }) => ({ code, name }))).toStrictEqual([
      { code: 'helper-failed', name: 'BASE' },
    ]);
    expect(report.problems[0]?.message).toContain('docker-credential-keychain');
  });

  test('with our helper installed for good, the login goes around the store', async () => {
    program(join(scenario.home.path, 'store'), 'docker-credential-registry-login', 'exit 0');
    scenario.writeConfig({ credsStore: 'keychain' });
    const { row } = await scenario.run(['login'], env);
    expect(row('BASE').store).toBe('both');
    expect(scenario.config().credHelpers).toStrictEqual({ [registry.host]: 'registry-login' });
    expect(given('store')).toBeNull();
  });
});
