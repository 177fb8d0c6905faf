import { chmod, cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { countVitest } from '../scripts/vitest-tally.ts';

const scripts = path.join(import.meta.dirname, '../scripts');

function report(tests: readonly string[], fileStatus = 'passed'): string {
  const count = (status: string): number => tests.filter((test) => test === status).length;
  return JSON.stringify({
    numPassedTests: count('passed'),
    numFailedTests: count('failed'),
    numPendingTests: count('skipped'),
    numTodoTests: count('todo'),
    testResults: [{ status: fileStatus, assertionResults: tests.map((status) => ({ status })) }],
  });
}

describe('the count of tests', () => {
  it.each([
    ['is what vitest counted', report(['passed', 'passed', 'skipped', 'todo']), 0, [2, 0, 2]],
    ['has each failed test once', report(['passed', 'failed', 'failed'], 'failed'), 1, [1, 2, 0]],
    ['has a file that cannot be loaded as a failure', report([], 'failed'), 1, [0, 1, 0]],
    ['has a failed beforeAll as a failure', report(['skipped', 'skipped'], 'failed'), 1, [0, 1, 2]],
    ['has an unexplained exit code as a failure', report(['passed']), 1, [1, 1, 0]],
    ['has an end by a signal as a failure', report(['passed']), null, [1, 1, 0]],
    ['has a missing report as a failure', null, 0, [0, 1, 0]],
  ] as const)('%s', (_claim, json, exitCode, [passed, failed, skipped]) => {
    expect(countVitest(json, exitCode)).toEqual({ passed, failed, skipped });
  });
});

describe('scripts/test.sh', () => {
  let project: string;

  beforeEach(async () => {
    project = await mkdtemp(path.join(tmpdir(), 'registry-login-runner-'));
    await mkdir(path.join(project, 'scripts'));
    await mkdir(path.join(project, 'elsewhere/.bin'), { recursive: true });
    // A linked node_modules is left alone by the script, and its node is the first on PATH.
    await symlink('elsewhere', path.join(project, 'node_modules'));
    for (const script of ['test.sh', 'toolchain.sh']) {
      await cp(path.join(scripts, script), path.join(project, 'scripts', script));
    }
  });

  afterEach(() => rm(project, { recursive: true }));

  it.each([
    [
      'passes on the success of the runner',
      'echo "3 passed, 0 failed, 0 skipped"',
      0,
      '3 passed, 0 failed, 0 skipped',
    ],
    [
      'passes on its failure',
      'echo "1 passed, 2 failed, 0 skipped"; exit 20',
      1,
      '1 passed, 2 failed, 0 skipped',
    ],
    ['passes on its complaint about the usage', 'echo usage; exit 21', 2, 'usage'],
    ['closes with a failure where the runner crashed', 'exit 1', 1, '0 passed, 1 failed, 0 skipped'],
    ['closes with a failure where it was killed', 'kill -9 $$', 1, '0 passed, 1 failed, 0 skipped'],
  ])('%s', async (_claim, node, exitCode, lastLine) => {
    const program = path.join(project, 'elsewhere/.bin/node');
    await writeFile(program, `#!/bin/sh\n${node}\n`);
    await chmod(program, 0o755);
    const ended = await execa('sh', [path.join(project, 'scripts/test.sh')], {
      reject: false,
      stdin: 'ignore',
    });
    expect(ended.exitCode).toBe(exitCode);
    expect(ended.stdout.split('\n').at(-1)).toBe(lastLine);
  });
});
