import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createScenario, decodeAuth, encodeAuth, type Scenario, secretSet } from '../support/scenario.ts';
import type { RecordedRequest } from '../support/registry.ts';
import { testRegistries } from '../support/test-registries.ts';

let scenario: Scenario;
let password: string;
const registry = testRegistries(() => ({ users: { dora: password } }));

beforeEach(() => {
  scenario = createScenario();
  password = scenario.plant('pa55-PLANTED:with colons\tand ünïcode');
});
afterEach(() => scenario[Symbol.dispose]());

const noRestart = { needed: 'no', reasons: [], how: null };

describe('each outcome: its row, its exit code, what is stored', () => {
  test('accepted is ok, and written as docker writes it', async () => {
    const { host } = await registry();
    const run = await scenario.run(['login'], secretSet('GOOD', host, 'dora', password));
    expect(run.report).toStrictEqual({
      schemaVersion: 1,
      command: 'login',
      configFile: scenario.home.configFile,
      registries: [
        {
          name: 'GOOD',
          server: host,
          username: 'dora',
          kind: 'basic',
          status: 'ok',
          store: 'config',
          expiresAt: null,
          durationMs: expect.any(Number),
          message: 'Logged in as dora.',
          advice: null,
        },
      ],
      problems: [],
      restart: noRestart,
    });
    expect(run.exitCode).toBe(0);
    expect(run.stderr).toBe('');
    expect(scenario.configText()).toBe(
      `{\n\t"auths": {\n\t\t"${host}": {\n\t\t\t"auth": "${encodeAuth('dora', password)}"\n\t\t}\n\t}\n}`,
    );
  });

  test.each([
    { claim: 'Basic', options: { auth: 'basic' } },
    { claim: 'Bearer with a realm of its own origin', options: { auth: 'bearer' } },
    { claim: 'anonymous users let in, credentials checked', options: { auth: 'optional' } },
  ] as const)('accepted: $claim', async ({ options }) => {
    const { host } = await registry(options);
    const run = await scenario.run(['login'], secretSet('GOOD', host, 'dora', password));
    expect(run.row('GOOD')).toMatchObject({ status: 'ok', store: 'config' });
    expect(run.exitCode).toBe(0);
  });

  test.each([
    { claim: 'Basic', options: { auth: 'basic' } },
    { claim: 'Bearer', options: { auth: 'bearer' } },
    { claim: 'anonymous users let in, credentials checked', options: { auth: 'optional' } },
    { claim: 'HTTP 403', options: { faults: [{ authorized: true, does: { status: 403 } }] } },
  ] as const)(
    'rejected ($claim): not written, what was there stays, both variables named',
    async ({ options }) => {
      const { host } = await registry(options);
      const before = { auths: { [host]: { auth: encodeAuth('dora', 'of-before') } }, keep: 1 };
      scenario.writeConfig(before);
      const wrong = scenario.plant('wrong-PLANTED-password');
      const run = await scenario.run(['login'], secretSet('BAD', host, 'dora', wrong));
      expect(run.row('BAD')).toMatchObject({ status: 'rejected', store: null, expiresAt: null });
      expect(run.row('BAD').message).toMatch(/HTTP 40[13]/);
      expect(run.row('BAD').advice).toContain(
        'BAD_CONTAINER_REGISTRY_USER and BAD_CONTAINER_REGISTRY_PASSWORD',
      );
      expect(run.exitCode).toBe(1);
      expect(scenario.config()).toStrictEqual(before);
      expect(run.report.restart).toMatchObject({ needed: 'unknown', reasons: [{ source: 'heuristic' }] });
    },
  );

  test('a registry that asks for no credentials is unverified: written, exit 0', async () => {
    const { host } = await registry({ auth: 'none' });
    const run = await scenario.run(['login'], secretSet('OPEN', host, 'dora', password));
    expect(run.row('OPEN')).toMatchObject({ status: 'unverified', store: 'config', advice: null });
    expect(run.row('OPEN').message).toMatch(/could not be verified/i);
    expect(run.exitCode).toBe(0);
    expect(decodeAuth(scenario.config().auths?.[host]?.auth)).toBe(`dora:${password}`);
  });

  test.each([
    { claim: '5xx to the end', faults: [{ does: { status: 503 } }] },
    { claim: 'no answer in time', faults: [{ does: 'hang' }] },
    { claim: 'a reset connection', faults: [{ does: 'reset' }] },
    { claim: '429', faults: [{ does: { status: 429 } }] },
    {
      claim: '5xx from the token server',
      auth: 'bearer',
      faults: [{ on: /^\/token/, does: { status: 500 } }],
    },
  ] as const)(
    '$claim is unreachable: written all the same and said so, exit 1',
    async ({ claim: _, ...options }) => {
      const { url } = await registry(options);
      const { host } = new URL(url);
      const env = { ...secretSet('FAR', url, 'dora', password), REGISTRY_LOGIN_TIMEOUT: '1.5' };
      const run = await scenario.run(['login'], env);
      expect(run.row('FAR')).toMatchObject({ status: 'unreachable', store: 'config' });
      expect(run.row('FAR').message).toContain('stored all the same');
      expect(run.row('FAR').advice).not.toBeNull();
      expect(run.exitCode).toBe(1);
      expect(decodeAuth(scenario.config().auths?.[host]?.auth)).toBe(`dora:${password}`);
    },
  );

  test('nobody listening and a name that does not exist are unreachable', async () => {
    const env = {
      ...secretSet('CLOSED', 'http://127.0.0.1:1', 'dora', password),
      ...secretSet('NAMELESS', 'http://nowhere.localhost.invalid', 'dora', password),
      REGISTRY_LOGIN_INSECURE_REGISTRIES: 'nowhere.localhost.invalid',
      REGISTRY_LOGIN_TIMEOUT: '3',
    };
    const run = await scenario.run(['login'], env);
    expect(run.row('CLOSED')).toMatchObject({ status: 'unreachable', store: 'config' });
    expect(run.row('NAMELESS')).toMatchObject({ status: 'unreachable', store: 'config' });
  });

  test.each([
    ['user info', (host: string) => `https://dora:hunter2-PLANTED@${host}`],
    ['an unknown scheme', () => 'oci://hunter2-PLANTED.example.com'],
    ['no host', () => 'not a host hunter2-PLANTED'],
  ])(
    'SERVER with %s is error, nothing is sent, the variable is named and the value is not repeated',
    async (_, server) => {
      scenario.plant('hunter2-PLANTED');
      const { host, requests } = await registry();
      const run = await scenario.run(['login'], secretSet('ODD', server(host), 'dora', password));
      expect(run.row('ODD')).toMatchObject({
        server: null,
        kind: 'basic',
        status: 'error',
        store: null,
        durationMs: null,
      });
      expect(run.row('ODD').advice).toContain('ODD_CONTAINER_REGISTRY_SERVER');
      expect(run.exitCode).toBe(1);
      expect(requests).toHaveLength(0);
      expect(run.usedHttp).toBe(false);
      expect(scenario.configText()).toBeNull();
    },
  );

  test('an AWS access key for a host that is not ECR is error, and nothing is sent', async () => {
    const { host, requests } = await registry();
    const secret = scenario.plantKey('wJalrXUtnFEMI/K7MDENG/PLANTED');
    const run = await scenario.run(['login'], secretSet('AWS', host, 'AKIAIOSFODNN7EXAMPLE', secret));
    expect(run.row('AWS')).toMatchObject({ status: 'error', store: null });
    expect(run.exitCode).toBe(1);
    expect(requests).toHaveLength(0);
    expect(scenario.configText()).toBeNull();
  });

  test('a realm elsewhere is error: refused, nothing sent there, nothing written', async () => {
    const other = await registry();
    const { host, requests } = await registry({ challenge: `Bearer realm="${other.url}/token",service="x"` });
    const run = await scenario.run(['login'], secretSet('EVIL', host, 'dora', password));
    expect(run.row('EVIL')).toMatchObject({ status: 'error', store: null });
    expect(run.row('EVIL').advice).toContain('trustedAuthHosts');
    expect(run.exitCode).toBe(1);
    expect(other.requests).toHaveLength(0);
    expect(requests.every(({ headers }) => headers['authorization'] === undefined)).toBe(true);
    expect(scenario.configText()).toBeNull();
  });

  test('no set at all is well: exit 0, an empty report, no config made', async () => {
    const run = await scenario.run(['login']);
    expect(run.report).toMatchObject({ command: 'login', registries: [], problems: [], restart: noRestart });
    expect(run.exitCode).toBe(0);
    expect(run.usedHttp).toBe(false);
    expect(scenario.configText()).toBeNull();
  });

  test('an incomplete set names what is missing beside a good one that is logged in: exit 1', async () => {
    const { host } = await registry();
    const env = {
      ...secretSet('GOOD', host, 'dora', password),
      HALF_CONTAINER_REGISTRY_SERVER: 'half.example.com',
    };
    const run = await scenario.run(['login'], env);
    expect(run.row('GOOD').status).toBe('ok');
    expect(run.report.problems).toMatchObject([
      {
        code: 'incomplete-set',
        name: 'HALF',
        variables: ['HALF_CONTAINER_REGISTRY_USER', 'HALF_CONTAINER_REGISTRY_PASSWORD'],
      },
    ]);
    expect(run.exitCode).toBe(1);
  });

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    '%s is an ordinary name',
    async (name) => {
      const { host } = await registry();
      const env = Object.fromEntries(
        Object.entries(secretSet('NAME', host, 'dora', password)).map(([key, value]) => [
          key.replace('NAME', name),
          value,
        ]),
      );
      const start = { id: 'first', startedAt: 1 };
      const run = await scenario.run(['login'], env, { containerStart: start });
      expect(run.row(name)).toMatchObject({ status: 'ok', store: 'config' });
      const again = await scenario.run(['login', '--skip-verified'], env, { containerStart: start });
      expect(again.usedHttp).toBe(false);
      const gone = await scenario.run(['login'], {}, { containerStart: start });
      expect(gone.row(name, 'removed')).toMatchObject({ server: host });
      expect(scenario.config().auths).toStrictEqual({});
    },
  );

  test('two sets for one server: the first by name is used, the other is reported, exit 0', async () => {
    const { host, requests } = await registry();
    const env = {
      ...secretSet('B', host, 'other', 'x'),
      ...secretSet('A', `http://${host}/v2/`, 'dora', password),
    };
    const run = await scenario.run(['login'], env);
    expect(run.report.registries.map(({ name, status }) => [name, status])).toStrictEqual([['A', 'ok']]);
    expect(run.report.problems).toMatchObject([{ code: 'duplicate-server', name: 'B' }]);
    expect(run.exitCode).toBe(0);
    expect(requests.filter(({ headers }) => headers['authorization'] !== undefined)).toHaveLength(1);
  });

  test('rows come in the order of the names, whoever answers first', async () => {
    const [slow, fast] = [await registry({ latencyMs: 200 }), await registry()];
    const env = {
      ...secretSet('Z', fast.host, 'dora', password),
      ...secretSet('A', slow.host, 'dora', password),
    };
    const run = await scenario.run(['login'], env);
    expect(run.report.registries.map(({ name }) => name)).toStrictEqual(['A', 'Z']);
  });

  test('a password of Google with many lines loses one newline at its end and nothing else', async () => {
    const key = scenario.plant('{\n  "private_key": "-----BEGIN PLANTED-----\\nabc\\n"\n}\n');
    const { host } = await registry({ users: { _json_key: key } });
    const run = await scenario.run(
      ['login'],
      secretSet('GAR', ` http://${host} \n`, ' _json_key\n', `${key}\n`),
    );
    expect(run.row('GAR').status).toBe('ok');
    expect(decodeAuth(scenario.config().auths?.[host]?.auth)).toBe(`_json_key:${key}`);
  });

  test('an identity token is stored as docker does: the user alone in auth, the token beside it', async () => {
    const bearer = await registry({ auth: 'bearer', refreshTokens: true });
    const run = await scenario.run(['login'], secretSet('ACR', bearer.host, 'dora', password));
    const [token = ''] = bearer.refreshTokens.keys();
    scenario.plant(token);
    expect(run.row('ACR')).toMatchObject({ status: 'ok', store: 'config' });
    expect(run.stdout).not.toContain(token);
    expect(scenario.config().auths?.[bearer.host]).toStrictEqual({
      auth: encodeAuth('dora', ''),
      identitytoken: token,
    });
  });

  test('a set of the secrets file alone is logged in, and this shell is said to be behind', async () => {
    const { host } = await registry();
    const secrets = JSON.stringify(secretSet('FILED', host, 'dora', password));
    scenario.home.write('input/user-secrets-envs.json', secrets);
    const env = { REGISTRY_LOGIN_SECRETS_DIR: `${scenario.home.path}/input` };
    const run = await scenario.run(['login'], env);
    expect(run.row('FILED')).toMatchObject({ status: 'ok', store: 'config' });
    expect(run.report.restart.needed).toBe('yes');
    expect(run.report.restart.reasons).toHaveLength(3);
    expect(run.report.restart.reasons[0]).toMatchObject({
      source: 'secrets-file',
      secret: expect.stringMatching(/^FILED_/),
    });
    expect(run.report.restart.how).toMatch(/open a new terminal, or stop and start/i);
    expect(run.exitCode).toBe(0);
  });

  test('an odd secrets file is a problem in the report, never a crash', async () => {
    const { host } = await registry();
    scenario.home.write('input/user-secrets-envs.json', `{"A": "${password}"`);
    const env = {
      ...secretSet('GOOD', host, 'dora', password),
      REGISTRY_LOGIN_SECRETS_DIR: `${scenario.home.path}/input`,
    };
    const run = await scenario.run(['login'], env);
    expect(run.row('GOOD').status).toBe('ok');
    expect(run.report.problems).toMatchObject([{ code: 'secrets-file' }]);
    expect(run.exitCode).toBe(0);
  });
});

describe('secrets that a server repeats stay unprinted', () => {
  test.each(['basic', 'bearer'] as const)('an error that echoes the credentials (%s)', async (auth) => {
    const echo = ({ headers }: RecordedRequest) => {
      const authorization = headers['authorization']?.toString() ?? '';
      const decoded = Buffer.from(authorization.replace(/^\w+ /, ''), 'base64').toString();
      return {
        status: 401,
        body: JSON.stringify({ errors: [{ message: `no: ${authorization} ${decoded} ${password}` }] }),
      };
    };
    const { host } = await registry({ auth, faults: [{ authorized: true, does: echo }] });
    const run = await scenario.run(['login'], secretSet('ECHO', host, 'dora', password));
    expect(run.row('ECHO')).toMatchObject({ status: 'rejected', store: null });
  });

  test('a token that the registry refuses and quotes', async () => {
    const token = scenario.plant('handed-out-PLANTED-token-0123456789');
    const { host } = await registry({
      auth: 'bearer',
      faults: [
        { on: /^\/token/, does: { status: 200, body: JSON.stringify({ token }) } },
        {
          authorized: true,
          does: { status: 401, body: JSON.stringify({ errors: [{ message: `bad token ${token}` }] }) },
        },
      ],
    });
    const run = await scenario.run(['login'], secretSet('QUOTE', host, 'dora', password));
    expect(run.row('QUOTE')).toMatchObject({ status: 'rejected' });
  });
});

describe('all at once', () => {
  test('33 sets are all in flight together', async () => {
    let open = 0;
    let most = 0;
    let release = (): void => undefined;
    const all = new Promise<void>((resolve) => (release = resolve));
    const { createServer } = await import('node:http');
    const server = createServer((_request, response) => {
      open += 1;
      most = Math.max(most, open);
      if (open === 33) release();
      void all.then(() => response.writeHead(403).end());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    try {
      const sets = Array.from({ length: 33 }, (_, index) => {
        return secretSet(`S${index}`, `http://127.0.0.${index + 1}:${port}`, 'dora', password);
      });
      const listeners = await Promise.all(
        sets.slice(1).map(async (_, index) => {
          const other = createServer((request, response) => server.emit('request', request, response));
          await new Promise<void>((resolve) => other.listen(port, `127.0.0.${index + 2}`, resolve));
          return other;
        }),
      );
      try {
        const run = await scenario.run(['login'], {
          ...Object.assign({}, ...sets),
          REGISTRY_LOGIN_TIMEOUT: '15',
        });
        expect(most).toBe(33);
        expect(run.report.registries).toHaveLength(33);
        expect(run.report.registries.every(({ status }) => status === 'rejected')).toBe(true);
      } finally {
        for (const other of listeners) other.close();
      }
    } finally {
      server.close();
    }
  });

  test('one that hangs holds up nobody: the others are written while it is still awaited', async () => {
    const good = await registry();
    const stuck = await registry({ faults: [{ does: 'hang' }] });
    const env = {
      ...secretSet('GOOD', good.url, 'dora', password),
      ...secretSet('STUCK', stuck.url, 'dora', password),
      REGISTRY_LOGIN_TIMEOUT: '15',
    };
    let isDone = false;
    const running = scenario.run(['login'], env).finally(() => (isDone = true));
    while (!isDone && scenario.config().auths?.[good.host] === undefined)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(Object.keys(scenario.config().auths ?? {})).toStrictEqual([good.host]);
    await stuck.close();
    const run = await running;
    expect(run.row('GOOD')).toMatchObject({ status: 'ok', store: 'config' });
    expect(run.row('STUCK')).toMatchObject({ status: 'unreachable', store: 'config' });
    expect(Object.keys(scenario.config().auths ?? {}).toSorted()).toStrictEqual(
      [good.host, stuck.host].toSorted(),
    );
  });

  test('a bug in one login hides no other result', async () => {
    const good = await registry();
    const env = {
      ...secretSet('GOOD', good.url, 'dora', password),
      ...secretSet('BUG', 'http://127.0.0.1:9', 'dora', password),
    };
    const run = await scenario.run(['login'], env, {
      wrapHttp: (http) => ({
        send: (request) => {
          if (request.url.port === '9') throw new TypeError(`a bug that quotes ${password}`);
          return http.send(request);
        },
        close: () => http.close(),
      }),
    });
    expect(run.row('GOOD')).toMatchObject({ status: 'ok', store: 'config' });
    expect(run.row('BUG')).toMatchObject({ status: 'error', store: null });
    expect(run.exitCode).toBe(1);
  });

  test('what took until the deadline is still written while others write too', async () => {
    const stuck = await registry({ faults: [{ does: 'hang' }] });
    const { mkdirSync, rmdirSync } = await import('node:fs');
    mkdirSync(`${scenario.home.path}/.docker`);
    const lock = `${scenario.home.configFile}.lock`;
    mkdirSync(lock);
    const env = { ...secretSet('STUCK', stuck.url, 'dora', password), REGISTRY_LOGIN_TIMEOUT: '1' };
    const timer = setTimeout(() => rmdirSync(lock), 2000);
    try {
      const run = await scenario.run(['login'], env);
      expect(run.report.problems).toStrictEqual([]);
      expect(run.row('STUCK')).toMatchObject({ status: 'unreachable', store: 'config' });
    } finally {
      clearTimeout(timer);
    }
  });
});

describe('flags', () => {
  test('--dry-run sends nothing, asks no name and writes nothing at all', async () => {
    const { host, requests, connections } = await registry();
    scenario.writeConfig({ auths: {} });
    const before = scenario.snapshot();
    const env = {
      ...secretSet('ONE', host, 'dora', password),
      ...secretSet('TWO', 'no-such-host.invalid', 'dora', password),
      ...secretSet('ECR', '123456789012.dkr.ecr.eu-west-1.amazonaws.com', 'AKIAIOSFODNN7EXAMPLE', password),
      ...secretSet('ODD', 'not a host', 'dora', password),
      CODESPACES: 'true',
      GITHUB_TOKEN: scenario.plant('ghu_PLANTEDPLANTED'),
      GITHUB_USER: 'octocat',
    };
    const run = await scenario.run(['login', '--dry-run'], env);
    expect(
      run.report.registries.map(({ name, status, store, durationMs }) => [name, status, store, durationMs]),
    ).toStrictEqual([
      ['ECR', 'planned', null, null],
      ['GITHUB_TOKEN', 'planned', null, null],
      ['ODD', 'error', null, null],
      ['ONE', 'planned', null, null],
      ['TWO', 'planned', null, null],
    ]);
    expect(run.exitCode).toBe(1);
    expect(run.usedHttp).toBe(false);
    expect([requests.length, connections()]).toStrictEqual([0, 0]);
    expect(scenario.snapshot()).toStrictEqual(before);
  });

  test.each([
    { server: 'http://10.0.0.5:5000', insecure: '', status: 'error', exitCode: 1 },
    { server: 'http://registry.example.com', insecure: '', status: 'error', exitCode: 1 },
    {
      server: 'http://registry.example.com',
      insecure: 'registry.example.com',
      status: 'planned',
      exitCode: 0,
    },
    { server: 'http://localhost:5000', insecure: '', status: 'planned', exitCode: 0 },
  ])(
    '--dry-run says of $server what a login would (insecureRegistries "$insecure"): $status',
    async ({ server, insecure, status, exitCode }) => {
      const env = {
        ...secretSet('PLAIN', server, 'dora', password),
        REGISTRY_LOGIN_INSECURE_REGISTRIES: insecure,
      };
      const run = await scenario.run(['login', '--dry-run'], env);
      expect(run.exitCode).toBe(exitCode);
      expect(run.row('PLAIN')).toMatchObject({ status, store: null });
      expect(run.usedHttp).toBe(false);
    },
  );

  test('--dry-run with a broken config and a broken state touches neither', async () => {
    scenario.writeConfig('{ broken');
    scenario.home.write('.local/state/registry-login/state.json', 'broken');
    const before = scenario.snapshot();
    await scenario.run(['login', '--dry-run'], secretSet('ONE', 'registry.example.com', 'dora', password));
    expect(scenario.snapshot()).toStrictEqual(before);
  });

  test('--only logs in with the named sets alone, and may be repeated', async () => {
    const [one, two, three] = [await registry(), await registry(), await registry()];
    const env = {
      ...secretSet('ONE', one.host, 'dora', password),
      ...secretSet('TWO', two.host, 'dora', password),
      ...secretSet('THREE', three.host, 'dora', password),
      HALF_CONTAINER_REGISTRY_USER: 'x',
      CONTAINER_REGISTRY_SERVER: 'bare.example.com',
    };
    const run = await scenario.run(['login', '--only', 'ONE', '--only=THREE', '--only', 'ONE'], env);
    expect(run.report.registries.map(({ name }) => name)).toStrictEqual(['ONE', 'THREE']);
    expect(two.requests).toHaveLength(0);
    expect(run.exitCode).toBe(0);
  });

  test('--only with a name that is not here says so and which are: exit 1', async () => {
    const { host } = await registry();
    const env = { ...secretSet('ONE', host, 'dora', password), HALF_CONTAINER_REGISTRY_USER: 'x' };
    const run = await scenario.run(['login', '--only', 'ONE', '--only', 'one'], env);
    expect(run.row('ONE').status).toBe('ok');
    expect(run.report.problems).toMatchObject([
      { code: 'unknown-name', name: 'one', advice: expect.stringContaining('HALF, ONE') },
    ]);
    expect(run.exitCode).toBe(1);
    const half = await scenario.run(['login', '--only', 'HALF'], env);
    expect(half.report.problems).toMatchObject([{ code: 'incomplete-set', name: 'HALF' }]);
    expect(half.exitCode).toBe(1);
  });

  test('--only with a set whose server another set has: no login is made with it, and that is a failure', async () => {
    const { host, requests } = await registry();
    const env = { ...secretSet('A', host, 'dora', password), ...secretSet('B', host, 'dora', password) };
    const run = await scenario.run(['login', '--only', 'B'], env);
    expect(run.report).toMatchObject({ registries: [], problems: [{ code: 'unknown-name', name: 'B' }] });
    expect(run.report.problems[0]?.message).toContain('A is used, B is not');
    expect(run.exitCode).toBe(1);
    expect(requests).toHaveLength(0);
    expect((await scenario.run(['login'], env)).exitCode).toBe(0);
  });

  test('--only says what is wrong with the options and the secrets files all the same', async () => {
    const { host } = await registry();
    scenario.home.write('input/.env-secrets', 'nonsense');
    const env = {
      ...secretSet('ONE', host, 'dora', password),
      REGISTRY_LOGIN_SECRETS_DIR: `${scenario.home.path}/input`,
      REGISTRY_LOGIN_TIMEOUT: 'soon',
    };
    const run = await scenario.run(['login', '--only', 'ONE'], env);
    expect(run.report.problems.map(({ code }) => code)).toStrictEqual(['invalid-option', 'secrets-file']);
  });

  test('--only takes nothing for missing or gone that is merely not asked for', async () => {
    const [one, two] = [await registry(), await registry()];
    const env = {
      ...secretSet('ONE', one.host, 'dora', password),
      ...secretSet('TWO', two.host, 'dora', password),
      REGISTRY_LOGIN_EXPECT: 'ONE,TWO',
    };
    await scenario.run(['login'], env, { containerStart: { id: 'first', startedAt: 1 } });
    const only = await scenario.run(['login', '--only', 'ONE'], env, {
      containerStart: { id: 'second', startedAt: 2 },
    });
    expect(only.report.restart).toStrictEqual(noRestart);
    const next = await scenario.run(['login'], env, { containerStart: { id: 'third', startedAt: 3 } });
    expect(next.report.restart).toStrictEqual(noRestart);
    expect(Object.keys(scenario.config().auths ?? {})).toHaveLength(2);
  });

  test('--exit-zero ends with 0 whatever failed, and hides nothing', async () => {
    const { host } = await registry();
    scenario.writeConfig('{ broken');
    const run = await scenario.run(['login', '--exit-zero'], secretSet('BAD', host, 'dora', 'wrong'));
    expect(run.exitCode).toBe(0);
    expect(run.row('BAD').status).toBe('rejected');
    expect((await scenario.runText(['login', '--exit-zero', '--nonsense'])).exitCode).toBe(2);
  });

  test('without a command it is login', async () => {
    const { host } = await registry();
    const run = await scenario.run([], secretSet('ONE', host, 'dora', password));
    expect(run.report.command).toBe('login');
    expect(run.row('ONE').status).toBe('ok');
  });
});

describe('what is printed', () => {
  test('text without a terminal has no colour and no progress', async () => {
    const [good, bad] = [await registry(), await registry({ latencyMs: 2300 })];
    const env = {
      ...secretSet('GOOD', good.url, 'dora', password),
      ...secretSet('BAD', bad.url, 'dora', 'wrong'),
    };
    const run = await scenario.runText(['login'], env);
    expect(run.stdout).toMatch(/^rejected +BAD/m);
    expect(run.stdout).toMatch(/^ok +GOOD/m);
    expect(`${run.stdout}${run.stderr}`).not.toContain('\u001b');
    expect(run.stderr).toBe('');
  });

  test('a terminal gets a line on stderr about what is slow, and colour', async () => {
    const [good, slow] = [await registry(), await registry({ latencyMs: 2300 })];
    const env = {
      ...secretSet('GOOD', good.url, 'dora', password),
      ...secretSet('SLOW', slow.url, 'dora', 'wrong'),
    };
    const run = await scenario.runText(['login'], env, { isTTY: true });
    expect(run.stderr).toBe(
      'Still waiting for SLOW (2 s)\n'.repeat(1) +
        (run.stderr.includes('5 s') ? 'Still waiting for SLOW (5 s)\n' : ''),
    );
    expect(run.stdout).toContain('\u001b[');
    const plain = await scenario.runText(
      ['login'],
      { ...secretSet('GOOD', good.url, 'dora', password), NO_COLOR: '1' },
      { isTTY: true },
    );
    expect(plain.stdout).not.toContain('\u001b');
    expect(plain.stderr).toBe('');
  });
});
