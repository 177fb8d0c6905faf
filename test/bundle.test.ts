import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Report } from '../src/core/report.ts';
import {
  credentialHelper,
  packagesIn,
  registryLogin,
  requireBundle,
  runBundle,
  startBundle,
  traceModules,
} from './support/bundle.ts';
import { accessKeyId, ecrHost, ecrVariables, secret } from './support/ecr-scenario.ts';
import { type EcrStandIn, startEcrStandIn } from './support/ecr-stand-in.ts';
import { installDocker, runProcess, startDockerLogin } from './support/run-process.ts';
import { secretSet } from './support/scenario.ts';
import { type TemporaryHome, temporaryHome } from './support/temporary-home.ts';
import { testRegistries } from './support/test-registries.ts';

const password = 'pa55-PLANTED-bundle';

let home: TemporaryHome;
let ecr: EcrStandIn;
let env: Record<string, string>;
let ecrEnv: Record<string, string>;
const registry = testRegistries(() => ({ users: { dora: password } }));

beforeAll(requireBundle);

beforeEach(async () => {
  home = temporaryHome();
  ecr = await startEcrStandIn({ keys: [{ accessKeyId, secretAccessKey: secret }], latencyMs: 150 });
  env = {
    HOME: home.path,
    PATH: join(home.path, 'bin'),
    REGISTRY_LOGIN_SECRETS_DIR: join(home.path, 'none'),
  };
  ecrEnv = { ...env, ...ecrVariables(ecr) };
});

afterEach(async () => {
  home[Symbol.dispose]();
  await ecr.close();
});

function config(): { auths?: Record<string, unknown>; credHelpers?: Record<string, string> } {
  return existsSync(home.configFile) ? (JSON.parse(readFileSync(home.configFile, 'utf8')) as object) : {};
}

function lockNames(): string[] {
  return home.list().filter((name) => name.includes('.lock') || name.includes('registry-login-'));
}

describe('the built programs', () => {
  test('log in, print one JSON object and nothing else, and end with 0', async () => {
    const { url } = await registry();
    const run = await runBundle(registryLogin, ['login', '--json'], {
      ...env,
      ...secretSet('ONE', url, 'dora', password),
    });
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    const report = JSON.parse(run.stdout) as Report;
    expect(report.registries).toMatchObject([{ name: 'ONE', status: 'ok', store: 'config' }]);
    expect(run.stdout).not.toContain(password);
    expect(lockNames()).toStrictEqual([]);
  });

  test.each([
    [['--version'], 0],
    [['--help'], 0],
    [['login', '--no-such-flag'], 2],
    [['no-such-command'], 2],
  ])('%j ends with %i, whatever the environment holds', async (args, exitCode) => {
    const run = await runBundle(registryLogin, args, {
      ...env,
      ...secretSet('ONE', 'not a host', 'dora', password),
    });
    expect(run.exitCode).toBe(exitCode);
    expect(exitCode === 0 ? run.stderr : run.stdout).toBe('');
  });

  test('wrong password: 1; broken config: 3, with one JSON object each', async () => {
    const { url } = await registry();
    const wrong = { ...env, ...secretSet('ONE', url, 'dora', 'wrong') };
    const rejected = await runBundle(registryLogin, ['--json'], wrong);
    expect(rejected.exitCode).toBe(1);
    expect(JSON.parse(rejected.stdout)).toMatchObject({ registries: [{ status: 'rejected', store: null }] });
    home.write('.docker/config.json', '{ broken');
    const broken = await runBundle(registryLogin, ['--json'], wrong);
    expect(broken.exitCode).toBe(3);
    expect(JSON.parse(broken.stdout)).toMatchObject({ problems: [{ code: 'config-file' }] });
    expect(readFileSync(home.configFile, 'utf8')).toBe('{ broken');
  });

  test('the helper works by a link of its name, as npm and the installer make them', async () => {
    mkdirSync(join(home.path, 'bin'));
    const link = join(home.path, 'bin', 'docker-credential-registry-login');
    symlinkSync(credentialHelper, link);
    const run = await runBundle(link, ['get'], env, { input: 'registry.example.com\n' });
    expect(run).toStrictEqual({
      exitCode: 1,
      stdout: 'credentials not found in native keychain\n',
      stderr: '',
    });
  });

  test('a registry that hangs ends with the deadline, not later with a socket', async () => {
    const { url } = await registry({ faults: [{ does: 'hang' }] });
    const slow = { ...env, ...secretSet('ONE', url, 'dora', password), REGISTRY_LOGIN_TIMEOUT: '1' };
    const run = await runBundle(registryLogin, ['--json'], slow);
    expect(run.exitCode).toBe(1);
    expect(JSON.parse(run.stdout)).toMatchObject({
      registries: [{ status: 'unreachable', store: 'config' }],
    });
  });

  test('ended by a signal while a registry hangs: what was done is stored, and no lock is left', async () => {
    const [good, stuck] = [await registry(), await registry({ faults: [{ does: 'hang' }] })];
    const two = {
      ...env,
      ...secretSet('GOOD', good.url, 'dora', password),
      ...secretSet('STUCK', stuck.url, 'dora', password),
    };
    const { child, result } = startBundle(registryLogin, ['login'], two);
    for (let waits = 0; waits < 500 && config().auths === undefined; waits += 1) await sleep(20);
    await sleep(200);
    child.kill('SIGTERM');
    expect((await result).exitCode).toBeNull();
    expect(Object.keys(config().auths ?? {})).toStrictEqual([good.host]);
    expect(lockNames()).toStrictEqual([]);
  });

  test('a reader that goes away is no error', async () => {
    const { url } = await registry();
    const { child, result } = startBundle(registryLogin, ['login'], {
      ...env,
      ...secretSet('ONE', url, 'dora', password),
    });
    child.stdout.destroy();
    child.stderr.destroy();
    await result;
    expect(Object.keys(config().auths ?? {})).toHaveLength(1);
  });

  test('an error that nobody caught prints its place and not its message', async () => {
    const { url } = await registry({ faults: [{ does: 'hang' }] });
    const bug = `data:text/javascript,setTimeout(() => { throw new TypeError('${password}') }, 300)`;
    const run = await runBundle(
      registryLogin,
      ['login'],
      { ...env, ...secretSet('ONE', url, 'dora', password) },
      { nodeArgs: ['--import', bug] },
    );
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('this is a bug. TypeError');
    expect(`${run.stdout}${run.stderr}`.replaceAll(bug, '').replaceAll(encodeURI(bug), '')).not.toContain(
      `'${password}'`,
    );
  });

  test('no space for the config: exit 3, untouched, and nothing left beside it', async () => {
    const { url } = await registry();
    const before = JSON.stringify({ auths: {}, keep: 'x'.repeat(3000) });
    home.write('.docker/config.json', before);
    const limited = { ...env, ...secretSet('ONE', url, 'dora', password), PATH: process.env['PATH'] ?? '' };
    const run = await runProcess(
      'sh',
      ['-c', `ulimit -f 2; exec '${process.execPath}' '${registryLogin}' login --json`],
      limited,
    );
    expect(run.exitCode).toBe(3);
    expect(JSON.parse(run.stdout)).toMatchObject({
      registries: [{ status: 'ok', store: null }],
      problems: [{ code: 'config-file' }],
    });
    expect(readFileSync(home.configFile, 'utf8')).toBe(before);
    expect(readdirSync(join(home.path, '.docker'))).toStrictEqual(['config.json']);
  });

  test('without HOME, the places that the environment names are enough', async () => {
    const { url } = await registry();
    const { HOME: _, ...homeless } = env;
    const given = {
      ...homeless,
      DOCKER_CONFIG: join(home.path, 'docker'),
      XDG_STATE_HOME: join(home.path, 'state'),
    };
    const run = await runBundle(registryLogin, ['login'], {
      ...given,
      ...secretSet('ONE', url, 'dora', password),
    });
    expect(run.exitCode).toBe(0);
    expect(home.list()).toContain('docker/config.json');
    expect(home.list()).toContain('state/registry-login/state.json');
  });
});

describe('many processes at once', () => {
  test('20 requests for a token make one exchange, and all get its token', async () => {
    const runs = await Promise.all(
      Array.from({ length: 20 }, () => runBundle(credentialHelper, ['get'], ecrEnv, { input: ecrHost })),
    );
    const answer = `${JSON.stringify({ ServerURL: ecrHost, Username: 'AWS', Secret: ecr.passwords[0] })}\n`;
    expect(runs).toStrictEqual(runs.map(() => ({ exitCode: 0, stdout: answer, stderr: '' })));
    expect(ecr.requests).toHaveLength(1);
    expect(lockNames()).toStrictEqual([]);
  }, 60_000);

  test('eight logins with a set each lose nothing, nor does a docker login in their midst', async () => {
    const docker = installDocker(home.path);
    mkdirSync(join(home.path, '.docker'));
    const servers = await Promise.all(Array.from({ length: 8 }, () => registry()));
    const foreign = await startDockerLogin(docker, join(home.path, '.docker'), 'docker.example.com', {
      wait: 700,
    });
    const runs = await Promise.all(
      servers.map(({ url }, index) =>
        runBundle(registryLogin, ['login'], { ...env, ...secretSet(`S${index}`, url, 'dora', password) }),
      ),
    );
    await foreign.result;
    expect(runs.map(({ exitCode, stderr }) => [exitCode, stderr])).toStrictEqual(runs.map(() => [0, '']));
    const hosts = servers.map(({ host }) => host);
    expect(Object.keys(config().auths ?? {}).toSorted()).toStrictEqual(
      [...hosts, 'docker.example.com'].toSorted(),
    );
    expect(lockNames()).toStrictEqual([]);
  }, 60_000);

  test('logins and helpers at once lose no token and no user of the cache', async () => {
    const stores = Array.from({ length: 6 }, (_, index) => {
      const input = JSON.stringify({
        ServerURL: `r${index}.example.com`,
        Username: 'dora',
        Secret: password,
      });
      return runBundle(credentialHelper, ['store'], env, { input });
    });
    const runs = await Promise.all([
      ...stores,
      runBundle(registryLogin, ['login'], ecrEnv),
      runBundle(credentialHelper, ['get'], ecrEnv, { input: ecrHost }),
    ]);
    expect(runs.map(({ exitCode }) => exitCode)).toStrictEqual(runs.map(() => 0));
    const list = await runBundle(credentialHelper, ['list'], env);
    expect(JSON.parse(list.stdout)).toStrictEqual({
      [ecrHost]: 'AWS',
      ...Object.fromEntries(stores.map((_, index) => [`r${index}.example.com`, 'dora'])),
    });
  }, 60_000);
});

describe('what is loaded', () => {
  const trace = (program: string, args: string[], environment: Record<string, string>, input = '') =>
    traceModules(home.path, program, args, environment, { input });
  const network = ['http', 'https', 'http2', 'tls', 'dns'];

  test('an exchange loads the AWS SDK and the network, and no execa', async () => {
    const run = await trace(credentialHelper, ['get'], ecrEnv, ecrHost);
    expect(run.exitCode).toBe(0);
    expect(packagesIn(run.files)).toContain('AWS SDK');
    for (const name of ['execa', 'undici']) expect(packagesIn(run.files)).not.toContain(name);
    expect(run.builtins).toContain('http');
  });

  test.each([
    { claim: 'with the keys in the environment', keys: true },
    { claim: 'without them', keys: false },
  ])('a cached get loads none of the heavy packages, no network and no crypto ($claim)', async ({ keys }) => {
    await runBundle(credentialHelper, ['get'], ecrEnv, { input: ecrHost });
    const run = await trace(credentialHelper, ['get'], keys ? ecrEnv : env, ecrHost);
    expect(run.exitCode).toBe(0);
    expect(packagesIn(run.files)).toStrictEqual([]);
    for (const name of [...network, 'crypto', 'child_process', 'zlib'])
      expect(run.builtins).not.toContain(name);
    expect(ecr.exchanges).toBe(1);
  });

  test('a sealed token costs crypto, and no heavy package and no network', async () => {
    const sealing = { ...ecrEnv, REGISTRY_LOGIN_CREDENTIAL_STORE: 'helper' };
    await runBundle(credentialHelper, ['get'], sealing, { input: ecrHost });
    const run = await trace(credentialHelper, ['get'], sealing, ecrHost);
    expect(run.exitCode).toBe(0);
    expect(packagesIn(run.files)).toStrictEqual([]);
    expect(run.builtins).toContain('crypto');
    for (const name of [...network, 'child_process', 'zlib']) expect(run.builtins).not.toContain(name);
    expect(ecr.exchanges).toBe(1);
  });

  test.each([
    { auth: 'basic', packages: ['proper-lockfile'] },
    { auth: 'bearer', packages: ['zod', 'proper-lockfile'] },
  ] as const)(
    'a first login with $auth sets loads no AWS SDK, no execa, no undici, and starts no process',
    async ({ auth, packages }) => {
      const { url } = await registry({ auth });
      const run = await trace(registryLogin, ['login'], {
        ...env,
        ...secretSet('ONE', url, 'dora', password),
      });
      expect(run.exitCode).toBe(0);
      expect(packagesIn(run.files)).toStrictEqual(packages);
      expect(run.builtins).toContain('http');
      expect(run.builtins).not.toContain('child_process');
    },
  );

  test('undici is loaded for a proxy', async () => {
    const { url } = await registry();
    const proxied = {
      ...env,
      ...secretSet('ONE', 'http://registry.example.com', 'dora', password),
      HTTP_PROXY: url,
    };
    const run = await trace(registryLogin, ['login'], {
      ...proxied,
      REGISTRY_LOGIN_INSECURE_REGISTRIES: 'registry.example.com',
    });
    expect(packagesIn(run.files)).toContain('undici');
  });

  test('--skip-verified with nothing to send loads no network and no AWS SDK', async () => {
    const { url } = await registry();
    const both = { ...ecrEnv, ...secretSet('ONE', url, 'dora', password) };
    await runBundle(registryLogin, ['login'], both);
    const run = await trace(registryLogin, ['login', '--skip-verified', '--json'], both);
    expect(JSON.parse(run.stdout)).toMatchObject({
      registries: [
        { name: 'ECR', status: 'ok' },
        { name: 'ONE', status: 'ok' },
      ],
    });
    for (const name of ['AWS SDK', 'execa', 'undici']) expect(packagesIn(run.files)).not.toContain(name);
    for (const name of network) expect(run.builtins).not.toContain(name);
    expect(ecr.exchanges).toBe(1);
  });

  test.each([['--version'], ['--help'], ['login --dry-run']])(
    '%s loads no network and asks no name',
    async (args) => {
      const unresolved = { ...ecrEnv, ...secretSet('ONE', 'no-such-host.invalid', 'dora', password) };
      const run = await trace(registryLogin, args.split(' '), unresolved);
      expect(run.exitCode).toBe(0);
      expect(packagesIn(run.files)).toStrictEqual([]);
      for (const name of [...network, 'child_process']) expect(run.builtins).not.toContain(name);
    },
  );
});
