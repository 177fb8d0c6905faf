import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { containerStartedAt, containerStartId, readContainerStart } from '../../src/io/container-start.ts';

const bootId = '3b7a1c1e-5c0f-4f0a-9a53-0f6f1b0c2d3e';
let proc: string;

beforeEach(() => {
  proc = mkdtempSync(join(tmpdir(), 'registry-login-proc-'));
  mkdirSync(join(proc, '1'));
  mkdirSync(join(proc, 'sys/kernel/random'), { recursive: true });
  writeFileSync(join(proc, 'sys/kernel/random/boot_id'), `${bootId}\n`);
  writeFileSync(join(proc, 'stat'), 'cpu  1 2 3 4\nintr 5\nbtime 1700000000\nprocesses 7\n');
  writeStat('sh', '250');
});

afterEach(() => rmSync(proc, { recursive: true, force: true }));

/** Fields as proc_pid_stat(5) counts them: 1 pid, 2 (comm), 3 state, … 22 starttime. */
function writeStat(name: string, startTime: string): void {
  const between = Array.from({ length: 18 }, (_, index) => String(index));
  writeFileSync(join(proc, '1/stat'), `1 (${name}) S ${between.join(' ')} ${startTime} 99 98 97\n`);
}

test('the start is the boot time and the ticks of process 1 after it', () => {
  expect(containerStartedAt(proc)).toBe(1_700_000_002_500);
  expect(containerStartId(proc)).toBe(`${bootId}:250`);
});

test.each(['a b', 'x) S 1 2 3 (y', ') 7 7 7', ''])('a process named %j does not shift the fields', (name) => {
  writeStat(name, '300');
  expect(containerStartedAt(proc)).toBe(1_700_000_003_000);
});

test('a later start has another id; the clock does not change it', () => {
  const first = containerStartId(proc);
  writeFileSync(join(proc, 'stat'), 'btime 1700000001\n');
  expect(containerStartId(proc)).toBe(first);
  writeStat('sh', '9000');
  expect(containerStartId(proc)).not.toBe(first);
});

test.each<[claim: string, spoil: () => void, startedAt: number | null, id: string | null]>([
  ['no /proc', () => rmSync(proc, { recursive: true }), null, null],
  ['process 1 hidden', () => rmSync(join(proc, '1'), { recursive: true }), null, null],
  ['no boot time', () => writeFileSync(join(proc, 'stat'), 'cpu 1\n'), null, `${bootId}:250`],
  ['a boot time of zero', () => writeFileSync(join(proc, 'stat'), 'btime 0\n'), null, `${bootId}:250`],
  ['a stat without a name', () => writeFileSync(join(proc, '1/stat'), '1 2 3'), null, null],
  ['a stat that is too short', () => writeFileSync(join(proc, '1/stat'), '1 (sh) S 1 2'), null, null],
  ['a start that is no number', () => writeStat('sh', '-1'), null, null],
  ['no boot id', () => rmSync(join(proc, 'sys'), { recursive: true }), 1_700_000_002_500, null],
  [
    'an odd boot id',
    () => writeFileSync(join(proc, 'sys/kernel/random/boot_id'), 'no\nid'),
    1_700_000_002_500,
    null,
  ],
])('%s: what is not known is null', (_claim, spoil, startedAt, id) => {
  spoil();
  expect(readContainerStart(proc)).toEqual({ startedAt, id });
});

test('this machine says when it started, and that was in the past', () => {
  const { startedAt, id } = readContainerStart();
  expect(startedAt).toBeLessThan(Date.now() + 1000);
  expect(startedAt).toBeGreaterThan(Date.parse('2000-01-01'));
  expect(id).toMatch(/^[0-9a-f-]{36}:[0-9]+$/);
  expect(readContainerStart().id).toBe(id);
});
