import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, describe, expect, test } from 'vitest';
import { runCli } from '../../src/cli.ts';
import { reportSchema } from '../../src/core/report-schema.ts';
import type { Report } from '../../src/core/report.ts';
import { situations } from '../support/report-situations.ts';
import { imageReport, problem, registryReport, report } from '../support/reports.ts';
import { createTestSystem, type TestSystem } from '../support/test-system.ts';

const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(reportSchema);

/** What the schema has against it; empty where it is valid. */
function faultsOf(value: unknown): string[] {
  return validate(value)
    ? []
    : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

describe('what is valid', () => {
  test.each(Object.entries(situations))('%s', (_name, situation) => {
    expect(faultsOf(JSON.parse(JSON.stringify(situation)))).toEqual([]);
  });
});

describe('what every command prints with --json', () => {
  let tested: TestSystem | null = null;
  afterEach(() => tested?.cleanup());

  const env = {
    // Nothing listens on port 1.
    ACR_CONTAINER_REGISTRY_SERVER: '127.0.0.1:1',
    ACR_CONTAINER_REGISTRY_USER: 'someone',
    ACR_CONTAINER_REGISTRY_PASSWORD: 'hunter2',
    BAD_CONTAINER_REGISTRY_SERVER: 'nowhere in particular',
    BAD_CONTAINER_REGISTRY_USER: 'someone:hunter2',
    BAD_CONTAINER_REGISTRY_PASSWORD: 'hunter2',
    GAR_CONTAINER_REGISTRY_USER: 'someone',
    GAR_CONTAINER_REGISTRY_PASS: 'hunter2',
    REGISTRY_LOGIN_EXPECT: 'ECR',
    REGISTRY_LOGIN_TIMEOUT: 'hunter2',
    NO_PROXY: '*',
  };

  test.each([
    { command: 'login', args: ['login', '--json'] },
    { command: 'login', args: ['login', '--dry-run', '--json'] },
    { command: 'status', args: ['status', '--json'] },
    { command: 'doctor', args: ['doctor', '--json'] },
    { command: 'doctor', args: ['doctor', '127.0.0.1:1/app', '--json'] },
    { command: 'logout', args: ['logout', '--json'] },
  ])('$args', async ({ command, args }) => {
    for (const set of [{}, env]) {
      tested = createTestSystem({ args, env: set });
      await runCli(tested.system);
      const printed: unknown = JSON.parse(tested.stdout());
      expect(faultsOf(printed)).toEqual([]);
      expect(printed).toMatchObject({ schemaVersion: 1, command });
      expect(tested.stdout() + tested.stderr()).not.toContain('hunter2');
      await tested.cleanup();
    }
  });
});

describe('what is not valid', () => {
  const valid: Report = report({
    registries: [
      registryReport({ steps: [{ step: 'login', status: 'ok', message: 'Logged in.', advice: null }] }),
    ],
    problems: [problem({})],
    restart: {
      needed: 'yes',
      reasons: [{ secret: 'ACR', source: 'expect', message: 'ACR is expected.' }],
      how: 'Stop and start.',
    },
    images: [imageReport({ digest: `sha256:${'0'.repeat(64)}` })],
  });

  test('the report that the rows below corrupt is', () => {
    expect(faultsOf(valid)).toEqual([]);
  });

  test.each([
    ['', 'schemaVersion', 2],
    ['', 'command', 'erase'],
    ['', 'configFile', ''],
    ['', 'password', 'hunter2'],
    ['registries.0', 'kind', 'gcr'],
    ['registries.0', 'status', 'accepted'],
    ['registries.0', 'store', 'auths'],
    ['registries.0', 'server', ''],
    ['registries.0', 'expiresAt', '2026-11-02'],
    ['registries.0', 'expiresAt', '2026-11-02T09:30:00+01:00'],
    ['registries.0', 'expiresAt', 1_793_000_000],
    ['registries.0', 'durationMs', -1],
    ['registries.0', 'durationMs', 0.5],
    ['registries.0', 'message', null],
    ['registries.0', 'message', ''],
    ['registries.0', 'advice', ''],
    ['registries.0', 'password', 'hunter2'],
    ['registries.0.steps.0', 'step', 'pull'],
    ['registries.0.steps.0', 'status', 'unknown'],
    ['registries.0.steps.0', 'extra', true],
    ['problems.0', 'code', 'broken'],
    ['problems.0', 'variables', null],
    ['problems.0', 'variables', ['']],
    ['problems.0', 'value', 'hunter2'],
    ['restart', 'needed', true],
    ['restart', 'reasons', null],
    ['restart', 'when', 'now'],
    ['restart.reasons.0', 'source', 'guess'],
    ['restart.reasons.0', 'value', 'hunter2'],
    ['images.0', 'pullable', 'yes'],
    ['images.0', 'digest', 'latest'],
    ['images.0', 'extra', null],
  ])('%s with %s: %j', (path, property, value) => {
    const corrupted = structuredClone(valid);
    Object.assign(objectAt(corrupted, path), { [property]: value });
    expect(faultsOf(corrupted)).not.toEqual([]);
  });

  test.each([
    '',
    'registries.0',
    'registries.0.steps.0',
    'problems.0',
    'restart',
    'restart.reasons.0',
    'images.0',
  ])('%s without any one of its properties', (path) => {
    const optional = ['steps', 'images'];
    for (const property of Object.keys(objectAt(valid, path)).filter((name) => !optional.includes(name))) {
      const corrupted = structuredClone(valid);
      Reflect.deleteProperty(objectAt(corrupted, path), property);
      expect(faultsOf(corrupted), property).not.toEqual([]);
    }
  });

  test.each([null, [], 'report', {}, [valid]])('%j', (value) => {
    expect(faultsOf(value)).not.toEqual([]);
  });
});

/** `registries.0.steps.0`, and the whole for an empty path. */
function objectAt(root: object, path: string): object {
  let found: unknown = root;
  for (const key of path === '' ? [] : path.split('.')) found = (found as Record<string, unknown>)[key];
  return found as object;
}
