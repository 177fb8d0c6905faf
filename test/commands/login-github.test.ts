import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAuthority, type TestAuthority } from '../support/certificates.ts';
import { type GithubStandIn, startGithubStandIn } from '../support/github-stand-in.ts';
import { startProxy, type TestProxy } from '../support/proxy.ts';
import { startRegistry, type TestRegistry } from '../support/registry.ts';
import { createScenario, decodeAuth, type Scenario, secretSet } from '../support/scenario.ts';

const token = 'ghu_PLANTEDcodespacetoken0123456789';
let authority: TestAuthority;
let registry: TestRegistry;
let proxy: TestProxy;
let github: GithubStandIn;
let scenario: Scenario;
let env: Record<string, string>;

beforeAll(async () => {
  authority = await createAuthority();
  const tls = await authority.issue(['DNS:ghcr.io']);
  registry = await startRegistry({
    auth: 'bearer',
    users: { octocat: token, 'x-access-token': token, me: 'own' },
    tls,
    challenge: 'Bearer realm="https://ghcr.io/token",service="ghcr.io"',
  });
  proxy = await startProxy({ target: registry.host });
  github = await startGithubStandIn();
});

afterAll(async () => {
  await Promise.all([proxy.close(), registry.close(), github.close(), authority.remove()]);
});

beforeEach(() => {
  scenario = createScenario();
  scenario.plant(token);
  env = {
    CODESPACES: 'true',
    GITHUB_TOKEN: token,
    GITHUB_USER: 'octocat',
    GITHUB_API_URL: github.url,
    HTTPS_PROXY: `http://${proxy.host}`,
    NODE_EXTRA_CA_CERTS: scenario.home.write('ca.pem', authority.cert),
  };
});

afterEach(() => scenario[Symbol.dispose]());

describe("ghcr.io with the codespace's own token", () => {
  test('in a codespace without a set for ghcr.io it is logged in as the user', async () => {
    const run = await scenario.run(['login'], env);
    expect(run.row('GITHUB_TOKEN')).toMatchObject({
      server: 'ghcr.io',
      username: 'octocat',
      kind: 'github',
      status: 'ok',
      store: 'config',
    });
    expect(decodeAuth(scenario.config().auths?.['ghcr.io']?.auth)).toBe(`octocat:${token}`);
    const dry = await scenario.run(['login', '--dry-run'], env);
    expect(dry.row('GITHUB_TOKEN')).toMatchObject({ kind: 'github', status: 'planned' });
  });

  test.each([
    { claim: 'outside Codespaces', change: { CODESPACES: 'false' } },
    { claim: 'with no CODESPACES', change: { CODESPACES: undefined } },
    { claim: 'with the option github off', change: { REGISTRY_LOGIN_GITHUB: 'off' } },
    { claim: 'without a token', change: { GITHUB_TOKEN: '' } },
  ])('not $claim', async ({ change }) => {
    const run = await scenario.run(['login', '--dry-run'], { ...env, ...change });
    expect(run.report.registries).toStrictEqual([]);
  });

  test.each([
    { claim: 'a set for it', set: secretSet('OWN', 'GHCR.io', 'me', 'own'), rows: ['OWN'] },
    {
      claim: 'a set with a scheme and a path',
      set: secretSet('OWN', 'https://ghcr.io/v2/', 'me', 'own'),
      rows: ['OWN'],
    },
    { claim: 'an incomplete set for it', set: { OWN_CONTAINER_REGISTRY_SERVER: ' ghcr.io\n' }, rows: [] },
    {
      claim: 'a set for it that cannot be used',
      set: secretSet('OWN', 'ghcr.io', 'me:own', 'own'),
      rows: ['OWN'],
    },
  ])('not where there is $claim', async ({ set, rows }) => {
    const run = await scenario.run(['login', '--dry-run'], { ...env, ...set });
    expect(run.report.registries.map(({ name }) => name)).toStrictEqual(rows);
  });

  test('nor where an incomplete set for it stands in the secrets file', async () => {
    scenario.home.write(
      'input/user-secrets-envs.json',
      JSON.stringify({ OWN_CONTAINER_REGISTRY_SERVER: 'ghcr.io' }),
    );
    const run = await scenario.run(['login', '--dry-run'], {
      ...env,
      REGISTRY_LOGIN_SECRETS_DIR: `${scenario.home.path}/input`,
    });
    expect(run.report.registries).toStrictEqual([]);
    expect(run.report.problems).toMatchObject([{ code: 'incomplete-set', name: 'OWN' }]);
  });

  test('a look-alike does not count as ghcr.io, and gets no token', async () => {
    const run = await scenario.run(['login', '--dry-run'], {
      ...env,
      ...secretSet('OWN', 'ghcr.io.example.com', 'me', 'own'),
    });
    expect(run.report.registries.map(({ name }) => name)).toStrictEqual(['GITHUB_TOKEN', 'OWN']);
  });

  test('a set of its own takes the place of the token, whose entry is not removed behind its back', async () => {
    await scenario.run(['login'], env);
    const run = await scenario.run(['login'], { ...env, ...secretSet('OWN', 'ghcr.io', 'me', 'own') });
    expect(run.report.registries.map(({ name, status }) => [name, status])).toStrictEqual([['OWN', 'ok']]);
    expect(decodeAuth(scenario.config().auths?.['ghcr.io']?.auth)).toBe('me:own');
  });

  test('turned off, what it stored is removed at the next login', async () => {
    await scenario.run(['login'], env);
    const run = await scenario.run(['login'], { ...env, REGISTRY_LOGIN_GITHUB: 'off' });
    expect(run.row('GITHUB_TOKEN', 'removed')).toMatchObject({ kind: 'github', server: 'ghcr.io' });
    expect(scenario.config().auths).toStrictEqual({});
  });

  test('rejected, the advice is to grant access or to add a set, and the token is not printed', async () => {
    const wrong = scenario.plant('ghu_PLANTEDwrong');
    const run = await scenario.run(['login'], { ...env, GITHUB_TOKEN: wrong });
    expect(run.row('GITHUB_TOKEN')).toMatchObject({ status: 'rejected', store: null });
    expect(run.row('GITHUB_TOKEN').advice).toMatch(/write:packages/);
  });
});
