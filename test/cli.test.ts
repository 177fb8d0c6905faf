import { afterEach, describe, expect, test } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { runCli } from '../src/cli.ts';
import { helpText } from '../src/core/help.ts';
import type { Environment } from '../src/io/system.ts';
import { createTestSystem, type TestSystem } from './support/test-system.ts';

let tested: TestSystem;

async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return await runWith({}, ...args);
}

async function runWith(
  env: Environment,
  ...args: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  tested = createTestSystem({ args, env });
  const code = await runCli(tested.system);
  return { code, stdout: tested.stdout(), stderr: tested.stderr() };
}

afterEach(() => tested.cleanup());

describe('help goes to stdout, with exit code 0', () => {
  test.each([
    [['--help']],
    [['-h']],
    [['help']],
    [['login', '--help']],
    [['status', '-h']],
    [['doctor', 'alpine', '--help']],
    [['logout', '--help']],
    [['--json', '--help']],
    [['--no-such-option', '--help']],
    [['--help', '--version']],
  ])('%j', async (args) => {
    expect(await run(...args)).toEqual({ code: 0, stdout: helpText, stderr: '' });
    expect(tested.usedHttp()).toBe(false);
  });
});

describe('the version goes to stdout, with exit code 0', () => {
  test.each([[['--version']], [['login', '--version']], [['status', '--json', '--version']]])(
    '%j',
    async (args) => {
      expect(await run(...args)).toEqual({ code: 0, stdout: `${packageJson.version}\n`, stderr: '' });
    },
  );
});

describe('wrong usage goes to stderr, with exit code 2', () => {
  test.each([
    { args: ['frobnicate'], says: 'There is no command "frobnicate".' },
    { args: [''], says: 'There is no command "".' },
    { args: ['Login'], says: 'There is no command "Login".' },
    { args: ['__proto__'], says: 'There is no command "__proto__".' },
    { args: ['constructor'], says: 'There is no command "constructor".' },
    { args: ['toString'], says: 'There is no command "toString".' },
    { args: ['version'], says: 'There is no command "version".' },
    { args: ['\u001B[31mred'], says: 'There is no command "\\u001b[31mred".' },
    { args: ['\u009B31mred'], says: 'There is no command "\\u009b31mred".' },
    { args: ['login', 'extra'], says: 'Unexpected argument "extra".' },
    { args: ['status', 'extra'], says: 'Unexpected argument "extra".' },
    { args: ['--', 'status'], says: 'Unexpected argument "status".' },
    { args: ['login', '--', '--help'], says: 'Unexpected argument "--help".' },
    { args: ['--frobnicate'], says: "Unknown option '--frobnicate'." },
    { args: ['-x'], says: "Unknown option '-x'." },
    { args: ['--\u001B[31mred'], says: "Unknown option '--\\u001b[31mred'." },
    { args: ['login', '--exit-code'], says: "Unknown option '--exit-code'." },
    { args: ['status', '--only', 'ACR'], says: "Unknown option '--only'." },
    { args: ['status', '--dry-run'], says: "Unknown option '--dry-run'." },
    { args: ['doctor', '--exit-zero'], says: "Unknown option '--exit-zero'." },
    { args: ['logout', '--quiet'], says: "Unknown option '--quiet'." },
    { args: ['login', '--json=yes'], says: "Option '--json' does not take an argument." },
    { args: ['login', '--no-json'], says: "Unknown option '--no-json'." },
    { args: ['login', '--only'], says: "Option '--only <value>' argument missing." },
    { args: ['login', '--only', '--json'], says: "Option '--only' argument is ambiguous." },
    { args: ['login', '--exit-zero', '--frobnicate'], says: "Unknown option '--frobnicate'." },
  ])('$args', async ({ args, says }) => {
    expect(await run(...args)).toEqual({
      code: 2,
      stdout: '',
      stderr: `registry-login: ${says}\nRun registry-login --help for usage.\n`,
    });
    expect(tested.usedHttp()).toBe(false);
  });
});

describe('each command is run with its flags', () => {
  const env = {
    ACR_CONTAINER_REGISTRY_SERVER: 'registry.example.com',
    ACR_CONTAINER_REGISTRY_USER: 'someone',
    ACR_CONTAINER_REGISTRY_PASSWORD: 'hunter2',
    GAR_CONTAINER_REGISTRY_USER: 'someone',
  };

  test.each([
    { args: [], command: 'login' },
    { args: ['login'], command: 'login' },
    { args: ['status'], command: 'status' },
    { args: ['doctor'], command: 'doctor' },
    { args: ['logout'], command: 'logout' },
  ])('$args without any set: $command has nothing to do, and that is well', async ({ args, command }) => {
    const { code, stdout, stderr } = await run(...args, '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: 1, command, registries: [], problems: [] });
    expect(tested.usedHttp()).toBe(false);
  });

  test.each([
    { args: ['--dry-run'], code: 1, claim: 'an incomplete set is a failure' },
    { args: ['login', '--dry-run'], code: 1, claim: 'by its name too' },
    { args: ['--dry-run', '--exit-zero'], code: 0, claim: 'unless it must not be' },
    { args: ['--dry-run', '--only', 'ACR'], code: 0, claim: 'a single set' },
    { args: ['--dry-run', '--only=ACR'], code: 0, claim: 'a single set, with an equals sign' },
    { args: ['--dry-run', '--only', 'ACR', '--only', 'GAR'], code: 1, claim: 'two sets' },
    { args: ['--dry-run', '--only', 'acr'], code: 1, claim: 'a set that is not here' },
    { args: ['--dry-run', '--only', ''], code: 1, claim: 'a set without a name' },
    { args: ['--dry-run', '--only', '__proto__'], code: 1, claim: 'a set that only objects have' },
  ])('$claim: $args', async ({ args, code }) => {
    const result = await runWith(env, ...args);
    expect(result).toMatchObject({ code, stderr: '' });
    expect(result.stdout).not.toContain('hunter2');
    expect(tested.usedHttp()).toBe(false);
  });

  test.each([
    { args: ['--json', 'status'], command: 'status' },
    { args: ['--json', 'logout', 'a.example'], command: 'logout' },
    { args: ['--json', '--dry-run', 'login'], command: 'login' },
  ])('flags may stand before the command: $args', async ({ args, command }) => {
    const { code, stdout } = await run(...args);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ command });
  });

  test('names and flags may stand in any order', async () => {
    const { code, stdout } = await runWith(env, 'login', '--only', 'ACR', '--json', '--dry-run');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ registries: [{ name: 'ACR', status: 'planned' }] });
  });
});
