import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { accessKeyId, ecrHost, secret, startEcrFor } from '../support/ecr-scenario.ts';
import type { EcrStandIn } from '../support/ecr-stand-in.ts';
import { startRegistry, type TestRegistry } from '../support/registry.ts';
import { createScenario, encodeAuth, type Scenario, secretSet } from '../support/scenario.ts';

let scenario: Scenario;
let password: string;
let registry: TestRegistry;
let ecr: EcrStandIn;

beforeEach(async () => {
  scenario = createScenario();
  password = scenario.plant('pa55-PLANTED-stores');
  registry = await startRegistry({ users: { dora: password } });
  ecr = await startEcrFor(scenario);
});

afterEach(async () => {
  scenario[Symbol.dispose]();
  await Promise.all([registry.close(), ecr.close()]);
});

type Kind = 'static' | 'ECR with keys';
type Where = { readonly auths: boolean; readonly ours: boolean };
const both = { auths: true, ours: true };
const entryOnly = { auths: true, ours: false };
const helperOnly = { auths: false, ours: true };

const surroundings = [
  { config: 'nothing configured', given: () => ({}) },
  { config: 'credsStore dev-containers-x', given: () => ({ credsStore: 'dev-containers-x' }) },
  { config: 'credsStore desktop', given: () => ({ credsStore: 'desktop' }) },
  { config: 'credsStore of a program that is missing', given: () => ({ credsStore: 'no-such-program' }) },
  { config: "another host's helper", given: () => ({ credHelpers: { 'other.example.com': 'other' } }) },
  { config: 'another helper for the host', given: (host: string) => ({ credHelpers: { [host]: 'other' } }) },
] as const;

const shadowed = (config: string): boolean =>
  config.startsWith('credsStore') || config === 'another helper for the host';

const rows: { option: string; kind: Kind; where: (config: string) => Where }[] = [
  { option: 'auto', kind: 'static', where: (config) => (shadowed(config) ? both : entryOnly) },
  { option: 'auto', kind: 'ECR with keys', where: () => both },
  { option: 'helper', kind: 'static', where: () => helperOnly },
  { option: 'helper', kind: 'ECR with keys', where: () => helperOnly },
  { option: 'config', kind: 'static', where: () => entryOnly },
  { option: 'config', kind: 'ECR with keys', where: () => entryOnly },
];

describe('credentialStore', () => {
  const table = rows.flatMap((row) =>
    surroundings.map((one) => ({ ...row, ...one, expected: row.where(one.config) })),
  );
  test.each(table)(
    '$option, $kind, $config: $expected',
    async ({ option, kind, config: surrounding, given, expected }) => {
      const host = kind === 'static' ? registry.host : ecrHost;
      const before = given(host);
      if (Object.keys(before).length > 0) scenario.writeConfig(before);
      const env = {
        ...(kind === 'static'
          ? secretSet('ONE', host, 'dora', password)
          : secretSet('ONE', host, accessKeyId, secret)),
        AWS_ENDPOINT_URL_ECR: ecr.url,
        REGISTRY_LOGIN_CREDENTIAL_STORE: option,
      };
      const run = await scenario.run(['login'], env);
      const config = scenario.config();
      const auth =
        kind === 'static' ? encodeAuth('dora', password) : encodeAuth('AWS', ecr.passwords[0] ?? '');
      expect(config.auths?.[host]).toStrictEqual(expected.auths ? { auth } : undefined);
      expect(config.credHelpers?.[host] === 'registry-login').toBe(expected.ours);
      expect(run.row('ONE')).toMatchObject({
        status: 'ok',
        store: expected.auths && expected.ours ? 'both' : expected.ours ? 'helper' : 'config',
      });
      expect(run.exitCode).toBe(0);
      expect(config.credsStore).toBe('credsStore' in before ? before.credsStore : undefined);
      // Nothing secret at rest, and nothing left of a helper once the set is gone.
      await scenario.run(['logout'], env);
      const after = scenario.config();
      expect(after.auths?.[host]).toBeUndefined();
      expect(after.credHelpers?.[host] === 'registry-login').toBe(false);
      if (surrounding === "another host's helper")
        expect(after.credHelpers).toStrictEqual({ 'other.example.com': 'other' });
    },
  );

  test('the option changed from config to helper and back moves the entry', async () => {
    const env = secretSet('ONE', registry.host, 'dora', password);
    await scenario.run(['login'], { ...env, REGISTRY_LOGIN_CREDENTIAL_STORE: 'config' });
    await scenario.run(['login'], { ...env, REGISTRY_LOGIN_CREDENTIAL_STORE: 'helper' });
    expect(scenario.config()).toStrictEqual({
      auths: {},
      credHelpers: { [registry.host]: 'registry-login' },
    });
    await scenario.run(['login'], { ...env, REGISTRY_LOGIN_CREDENTIAL_STORE: 'config' });
    expect(scenario.config()).toStrictEqual({
      auths: { [registry.host]: { auth: encodeAuth('dora', password) } },
    });
  });

  test('a helper that is named but not on PATH is a problem with the way out, exit 0', async () => {
    rmSync(join(scenario.home.path, 'bin', 'docker-credential-registry-login'));
    const env = {
      ...secretSet('ONE', registry.host, 'dora', password),
      REGISTRY_LOGIN_CREDENTIAL_STORE: 'helper',
    };
    const run = await scenario.run(['login'], env);
    expect(run.report.problems).toMatchObject([
      { code: 'helper-not-found', advice: expect.stringContaining('credentialStore') },
    ]);
    expect(run.exitCode).toBe(0);
    scenario.home.write('bin/docker-credential-registry-login', '#!/bin/sh\n', 0o644);
    expect((await scenario.run(['login'], env)).report.problems).toHaveLength(1);
    chmodSync(join(scenario.home.path, 'bin', 'docker-credential-registry-login'), 0o755);
    expect((await scenario.run(['login'], env)).report.problems).toHaveLength(0);
  });
});

describe('another helper that stood for the host before', () => {
  const given = (kind: Kind): { host: string; env: Record<string, string> } => {
    const host = kind === 'static' ? registry.host : ecrHost;
    const set =
      kind === 'static'
        ? secretSet('ONE', host, 'dora', password)
        : secretSet('ONE', host, accessKeyId, secret);
    return { host, env: { ...set, AWS_ENDPOINT_URL_ECR: ecr.url } };
  };
  const option = (credentialStore: string) => ({ REGISTRY_LOGIN_CREDENTIAL_STORE: credentialStore });
  const helperOf = (host: string): string | undefined => scenario.config().credHelpers?.[host];

  const cases = (['static', 'ECR with keys'] as const).flatMap((kind) => [
    { kind, store: 'auto', own: 'other' },
    { kind, store: 'helper', own: 'other' },
    { kind, store: 'helper', own: '' },
  ]);
  test.each(cases)(
    'comes back when the set is gone, at logout, and when the option is config ($kind, $store, "$own")',
    async ({ kind, store, own }) => {
      const { host, env } = given(kind);
      const before = { auths: {}, credHelpers: { 'b.example.com': 'b', [host]: own }, credsStore: 'desktop' };
      const login = (environment: Record<string, string>, ...flags: string[]) =>
        scenario.run(['login', ...flags], { ...option(store), ...environment });
      scenario.writeConfig(before);
      for (const flags of [[], [], ['--skip-verified']]) {
        await login(env, ...flags);
        expect(helperOf(host)).toBe('registry-login');
      }
      await login({ ...env, ONE_CONTAINER_REGISTRY_PASSWORD: 'wrong' });
      expect((await login({})).row('ONE', 'removed')).toMatchObject({ server: host });
      expect(scenario.config()).toStrictEqual(before);

      await login(env);
      expect((await scenario.run(['logout'])).row('ONE')).toMatchObject({ status: 'removed' });
      expect(scenario.config()).toStrictEqual(before);

      await login(env);
      await login({ ...env, ...option('config') });
      expect(helperOf(host)).toBe(own);
      expect(scenario.config().auths?.[host]).toBeDefined();
      await login(env);
      expect(helperOf(host)).toBe('registry-login');
      await login({});
      expect(scenario.config()).toStrictEqual(before);
    },
  );

  test('comes back with a set that was renamed meanwhile', async () => {
    const { host, env } = given('ECR with keys');
    scenario.writeConfig({ credHelpers: { [host]: 'ecr-login' } });
    await scenario.run(['login'], env);
    await scenario.run(['login'], {
      ...secretSet('TWO', host, accessKeyId, secret),
      AWS_ENDPOINT_URL_ECR: ecr.url,
    });
    await scenario.run(['login'], {});
    expect(scenario.config()).toStrictEqual({ auths: {}, credHelpers: { [host]: 'ecr-login' } });
  });

  test('comes back beside an entry that stood there before, too', async () => {
    const { host, env } = given('static');
    const before = {
      auths: { [host]: { auth: encodeAuth('dora', password) } },
      credHelpers: { [host]: 'other' },
    };
    scenario.writeConfig(before);
    await scenario.run(['login'], env);
    expect(helperOf(host)).toBe('registry-login');
    await scenario.run(['login'], {});
    expect(scenario.config()).toStrictEqual(before);
  });

  test.each([
    { claim: 'named yet another', now: 'third' },
    { claim: 'removed ours', now: undefined },
  ])('does not come back where somebody $claim since', async ({ now }) => {
    const { host, env } = given('ECR with keys');
    scenario.writeConfig({ credHelpers: { [host]: 'other' } });
    await scenario.run(['login'], env);
    const { auths = {} } = scenario.config();
    scenario.writeConfig({ auths, ...(now === undefined ? {} : { credHelpers: { [host]: now } }) });
    await scenario.run(['logout'], env);
    expect(helperOf(host)).toBe(now);
  });

  test.each([
    { claim: 'the one that it was changed to', now: 'third', after: 'third' },
    { claim: 'none where it was removed', now: undefined, after: undefined },
  ])('is the one that the last login replaced: $claim', async ({ now, after }) => {
    const { host, env } = given('ECR with keys');
    scenario.writeConfig({ credHelpers: { [host]: 'other' } });
    await scenario.run(['login'], env);
    scenario.writeConfig(now === undefined ? {} : { credHelpers: { [host]: now } });
    await scenario.run(['login'], env);
    expect(helperOf(host)).toBe('registry-login');
    await scenario.run(['login'], {});
    expect(helperOf(host)).toBe(after);
  });
});
