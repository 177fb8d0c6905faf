import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createScenario, decodeAuth, encodeAuth, type Scenario, secretSet } from '../support/scenario.ts';
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

const hour = 3_600_000;
const first = { id: 'boot:1', startedAt: 1 };
const second = { id: 'boot:2', startedAt: 2 };

let scenario: Scenario;
let ecr: EcrStandIn;
let now: number;
let env: Record<string, string>;

beforeEach(async () => {
  scenario = createScenario();
  now = Math.floor(Date.now() / 1000) * 1000;
  ecr = await startEcrFor(scenario, () => now);
  env = { ...ecrVariables(ecr), AWS_ENDPOINT_URL_ECR_PUBLIC: ecr.url };
});

afterEach(async () => {
  scenario[Symbol.dispose]();
  await ecr.close();
});

const clock = (containerStart = first) => ({ now: () => now, containerStart });
const entry = (key = host): string | null => decodeAuth(scenario.config().auths?.[key]?.auth);

describe('an access key and a secret key', () => {
  test('a token that has expired already is an error of the clock, and not stored', async () => {
    ecr.setTokenLife(-hour);
    const run = await scenario.run(['login'], env, clock());
    expect(run.exitCode).toBe(1);
    expect(run.row('ECR')).toMatchObject({
      status: 'error',
      store: null,
      message: 'AWS gave a token that expired 1 h ago, by the clock of this machine.',
    });
    expect(run.row('ECR').advice).toContain('clock');
    expect(scenario.configText()).toBeNull();
  });

  test('become a token in auths, our helper for the host, and the token in the cache', async () => {
    const run = await scenario.run(['login'], env, clock());
    expect(run.row('ECR')).toStrictEqual({
      name: 'ECR',
      server: host,
      username: accessKeyId,
      kind: 'ecr',
      status: 'ok',
      store: 'both',
      expiresAt: new Date(now + 12 * hour).toISOString(),
      durationMs: 0,
      message: 'AWS accepted the keys; the token expires in 12 h.',
      advice: null,
    });
    expect(run.exitCode).toBe(0);
    expect(run.report.problems).toStrictEqual([]);
    expect(scenario.config()).toStrictEqual({
      auths: { [host]: { auth: encodeAuth('AWS', ecr.passwords[0] ?? '') } },
      credHelpers: { [host]: 'registry-login' },
    });
    const files = scenario.snapshot();
    expect(files['.local/state/registry-login/credentials.json']).toMatch(/^600 /);
    expect(files['.local/state/registry-login/']).toMatch(/^700 /);
  });

  test('temporary keys with their session token work, without it the row says so', async () => {
    const temporary = { ...env, ...secretSet('ECR', host, temporaryKeyId, secret, sessionToken) };
    const run = await scenario.run(['login'], temporary, clock());
    expect(run.row('ECR')).toMatchObject({ status: 'ok', store: 'both' });
    expect(ecr.requests[0]?.hasSessionToken).toBe(true);
    const { ECR_CONTAINER_REGISTRY_SESSION_TOKEN: _, ...without } = temporary as Record<string, string>;
    const failed = await scenario.run(['login'], without, clock());
    expect(failed.row('ECR').status).toBe('rejected');
    expect(failed.row('ECR').advice).toContain('ECR_CONTAINER_REGISTRY_SESSION_TOKEN');
  });

  test('several accounts and regions side by side, ECR Public too', async () => {
    const china = '210987654321.dkr.ecr.cn-north-1.amazonaws.com.cn';
    const run = await scenario.run(
      ['login'],
      {
        ...env,
        ...secretSet('CHINA', `https://${china.toUpperCase()}/v2/`, accessKeyId, secret),
        ...secretSet('PUB', 'public.ecr.aws', accessKeyId, secret),
      },
      clock(),
    );
    expect(
      run.report.registries.map(({ name, server, kind, status }) => [name, server, kind, status]),
    ).toStrictEqual([
      ['CHINA', china, 'ecr', 'ok'],
      ['ECR', host, 'ecr', 'ok'],
      ['PUB', 'public.ecr.aws', 'ecr-public', 'ok'],
    ]);
    expect(new Set(ecr.requests.map(({ region }) => region))).toStrictEqual(
      new Set(['cn-north-1', 'eu-west-1', 'us-east-1']),
    );
  });

  test.each([
    ['unknown-key', 'rejected', /ECR_CONTAINER_REGISTRY_USER/],
    ['wrong-secret', 'rejected', /ECR_CONTAINER_REGISTRY_PASSWORD/],
    ['clock-behind', 'error', /clock|time/i],
    ['expired-session-token', 'rejected', /./],
    ['denied', 'rejected', /ecr:GetAuthorizationToken/],
    ['wrong-region', 'error', /ECR_CONTAINER_REGISTRY_SERVER/],
    ['wrong-account', 'error', /ECR_CONTAINER_REGISTRY_SERVER/],
  ] as const)('%s: %s, exit 1, and nothing is stored', async (error, status, advice) => {
    ecr.fail(error);
    const run = await scenario.run(['login'], env, clock());
    const row = run.row('ECR');
    expect(row).toMatchObject({ kind: 'ecr', store: null, expiresAt: null });
    expect(['rejected', 'error']).toContain(row.status);
    expect(`${row.message} ${row.advice}`, status).toMatch(advice);
    expect(run.exitCode).toBe(1);
    expect(scenario.configText()).toBeNull();
  });

  test('sts:GetServiceBearerToken is named for ECR Public', async () => {
    ecr.fail('denied-bearer');
    const run = await scenario.run(
      ['login'],
      { ...env, ...secretSet('ECR', 'public.ecr.aws', accessKeyId, secret) },
      clock(),
    );
    expect(run.row('ECR')).toMatchObject({ kind: 'ecr-public', status: 'rejected' });
    expect(`${run.row('ECR').message} ${run.row('ECR').advice}`).toContain('sts:GetServiceBearerToken');
  });

  test.each(['server-error', 'throttled', 'connection-lost', 'silence'] as const)(
    '%s to the end is unreachable: the helper is named, and the AWS secret is in no file',
    async (error) => {
      ecr.fail(error);
      const run = await scenario.run(
        ['login'],
        { ...env, REGISTRY_LOGIN_TIMEOUT: '1.5' },
        { containerStart: first },
      );
      expect(run.row('ECR')).toMatchObject({ status: 'unreachable', store: 'helper', expiresAt: null });
      expect(run.exitCode).toBe(1);
      expect(scenario.config()).toStrictEqual({ credHelpers: { [host]: 'registry-login' } });
    },
  );

  test('unreachable after a good login: the token of before stays, is ours, and goes with the set', async () => {
    await scenario.run(['login'], env, clock());
    ecr.fail('unavailable');
    const run = await scenario.run(
      ['login'],
      { ...env, REGISTRY_LOGIN_TIMEOUT: '1' },
      { containerStart: second },
    );
    expect(run.row('ECR')).toMatchObject({ status: 'unreachable', store: 'both' });
    expect(entry()).toBe(`AWS:${ecr.passwords[0]}`);
    const gone = await scenario.run(['login'], {}, clock(second));
    expect(gone.row('ECR', 'removed')).toMatchObject({ kind: 'ecr' });
    expect(scenario.config()).toStrictEqual({ auths: {} });
  });

  test('unreachable under credentialStore config: nothing is stored, and no helper is named', async () => {
    ecr.fail('unavailable');
    const run = await scenario.run(['login'], {
      ...env,
      REGISTRY_LOGIN_TIMEOUT: '1',
      REGISTRY_LOGIN_CREDENTIAL_STORE: 'config',
    });
    expect(run.row('ECR')).toMatchObject({ status: 'unreachable', store: null });
    expect(scenario.configText()).toBeNull();
  });
});

describe('--skip-verified', () => {
  test('within half the life of the token no call is made, after another start neither; after it, one', async () => {
    await scenario.run(['login', '--skip-verified'], env, clock(first));
    now += 5 * hour;
    const run = await scenario.run(['login', '--skip-verified'], env, clock(second));
    expect(run.row('ECR')).toMatchObject({
      status: 'ok',
      store: 'both',
      expiresAt: new Date(now + 7 * hour).toISOString(),
    });
    expect([ecr.exchanges, run.usedHttp]).toStrictEqual([1, false]);
    now += 1 * hour;
    await scenario.run(['login', '--skip-verified'], env, clock(second));
    expect(ecr.exchanges).toBe(2);
    expect(entry()).toBe(`AWS:${ecr.passwords[1]}`);
  });

  test('a lost config gets the cached token without a call', async () => {
    await scenario.run(['login'], env, clock(first));
    const before = scenario.configText();
    scenario.writeConfig('{}');
    await scenario.run(['login', '--skip-verified'], env, clock(second));
    expect(ecr.exchanges).toBe(1);
    expect(scenario.config()).toStrictEqual(JSON.parse(before ?? ''));
  });

  test('other keys make a call', async () => {
    await scenario.run(['login'], env, clock(first));
    const run = await scenario.run(
      ['login', '--skip-verified'],
      { ...env, ...secretSet('ECR', host, temporaryKeyId, secret, sessionToken) },
      clock(first),
    );
    expect(run.row('ECR').status).toBe('ok');
    expect(ecr.exchanges).toBe(2);
  });

  test('a login without the flag always exchanges', async () => {
    await scenario.run(['login'], env, clock(first));
    await scenario.run(['login'], env, clock(first));
    expect(ecr.exchanges).toBe(2);
  });
});

describe('USER AWS: the password already is a token', () => {
  const token = (expiresAt: number): string => {
    return scenario.plant(
      Buffer.from(
        JSON.stringify({ payload: 'PLANTED', type: 'DATA_KEY', expiration: expiresAt / 1000 }),
      ).toString('base64'),
    );
  };

  test('an expired one is rejected without being sent', async () => {
    const run = await scenario.run(['login'], secretSet('ECR', host, 'AWS', token(now - 3 * hour)), clock());
    expect(run.row('ECR')).toMatchObject({
      status: 'rejected',
      store: null,
      expiresAt: new Date(now - 3 * hour).toISOString(),
    });
    expect(run.row('ECR').message).toContain('expired 3 h ago');
    expect(run.exitCode).toBe(1);
    expect(run.usedHttp).toBe(false);
    expect(ecr.requests).toHaveLength(0);
  });

  test('a valid one is verified at the registry, not exchanged, and its expiry reported', async () => {
    const password = token(now + 11 * hour);
    const { startRegistry } = await import('../support/registry.ts');
    const { startProxy } = await import('../support/proxy.ts');
    const { createAuthority } = await import('../support/certificates.ts');
    const authority = await createAuthority();
    const registry = await startRegistry({
      users: { AWS: password },
      tls: await authority.issue([`DNS:${host}`]),
    });
    const proxy = await startProxy({ target: registry.host });
    try {
      const ca = scenario.home.write('ca.pem', authority.cert);
      const run = await scenario.run(
        ['login'],
        {
          ...secretSet('ECR', host, 'AWS', password),
          HTTPS_PROXY: `http://${proxy.host}`,
          NODE_EXTRA_CA_CERTS: ca,
        },
        clock(),
      );
      expect(run.row('ECR')).toMatchObject({
        kind: 'ecr',
        status: 'ok',
        store: 'config',
        expiresAt: new Date(now + 11 * hour).toISOString(),
      });
      expect(entry()).toBe(`AWS:${password}`);
      expect(ecr.requests).toHaveLength(0);
    } finally {
      await Promise.all([proxy.close(), registry.close(), authority.remove()]);
    }
  });
});
