import { afterEach, describe, expect, test } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { runCli } from '../src/cli.ts';
import { helpText } from '../src/core/help.ts';
import { createTestSystem, type TestSystem } from './support/test-system.ts';

let tested: TestSystem;

async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  tested = createTestSystem({ args });
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
  test.each([[['--version']], [['login', '--version']], [['status', '--json', '--version']]])('%j', async (args) => {
    expect(await run(...args)).toEqual({ code: 0, stdout: `${packageJson.version}\n`, stderr: '' });
  });
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
    { args: ['--json', 'status'], says: 'Unexpected argument "status".' },
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
