import { chownSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findLoginProcesses, loginCommand, waitForEnd } from '../../src/io/login-processes.ts';
import { type TemporaryHome, temporaryHome } from '../support/temporary-home.ts';

function procfs(): TemporaryHome {
  const proc = temporaryHome();
  proc.write('4242/cmdline', 'docker\0login\0-p\0planted-secret\0ghcr.io\0');
  proc.write('4243/cmdline', '/usr/bin/podman\0logout\0ghcr.io\0');
  proc.write('4244/cmdline', 'registry-login\0login\0');
  proc.write('4245/cmdline', '');
  proc.write('uptime', '');
  symlinkSync('4244', join(proc.path, 'self'));
  return proc;
}

test.each([
  ['docker login', 'docker login'],
  ['/usr/bin/docker logout ghcr.io', 'docker logout'],
  ['docker --config /x login', 'docker login'],
  ['docker -D --log-level=debug login', 'docker login'],
  ['podman login quay.io', 'podman login'],
  ['nerdctl -n k8s.io login', 'nerdctl login'],
  ['/bin/sh /usr/local/bin/docker login', 'docker login'],
  ['node --no-warnings /tmp/docker login', 'docker login'],
  ['docker run -it image login', null],
  ['docker compose exec db login', null],
  ['docker pull login', null],
  ['dockerd login', null],
  ['registry-login login', null],
  ['login docker', null],
  ['', null],
])('«%s» is %s', (commandLine, expected) => {
  expect(loginCommand(commandLine.split(' ').filter((word) => word !== ''))).toBe(expected);
});

test('finds this user’s clients that log in or out, and keeps nothing of their arguments', async () => {
  using proc = procfs();
  expect((await findLoginProcesses(proc.path)).toSorted((one, other) => one.pid - other.pid)).toEqual([
    { pid: 4242, command: 'docker login' },
    { pid: 4243, command: 'podman logout' },
  ]);
});

test('not those of other users', async () => {
  using proc = procfs();
  if (process.getuid?.() === 0) {
    for (const pid of ['4242', '4243']) chownSync(join(proc.path, pid), 65534, 65534);
  } else {
    rmSync(join(proc.path, 'self'));
    symlinkSync('/', join(proc.path, 'self'));
  }
  expect(await findLoginProcesses(proc.path)).toEqual([]);
});

test.each([
  ['no procfs', 'nowhere'],
  ['an empty one', 'empty'],
])('%s: none', async (_claim, name) => {
  using home = temporaryHome();
  mkdirSync(join(home.path, 'empty'));
  expect(await findLoginProcesses(join(home.path, name))).toEqual([]);
});

test('waits for their end, and a number that another program got counts as that', async () => {
  using proc = procfs();
  const found = await findLoginProcesses(proc.path);
  setTimeout(() => {
    rmSync(join(proc.path, '4242'), { recursive: true });
    proc.write('4243/cmdline', 'sleep\0login\0');
  }, 20);
  expect(await waitForEnd(found, proc.path, AbortSignal.timeout(10_000))).toEqual([]);
});

test('says who still runs when the signal ends the wait', async () => {
  using proc = procfs();
  const found = await findLoginProcesses(proc.path);
  rmSync(join(proc.path, '4243'), { recursive: true });
  expect(await waitForEnd(found, proc.path, AbortSignal.timeout(80))).toEqual([
    { pid: 4242, command: 'docker login' },
  ]);
});
