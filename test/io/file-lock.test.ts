import { mkdirSync, rmdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { acquireLock, LockTimeoutError } from '../../src/io/file-lock.ts';
import { temporaryHome } from '../support/temporary-home.ts';

const aMinuteAgo = (): Date => new Date(Date.now() - 60_000);

test('one at a time, and nothing stays', async () => {
  using home = temporaryHome();
  const path = join(home.path, 'x.lock');
  const events: string[] = [];
  await Promise.all(
    ['a', 'b', 'c', 'd'].map(async (name) => {
      const lock = await acquireLock(path);
      events.push(`${name} in`);
      await new Promise((resolve) => setTimeout(resolve, 5));
      events.push(`${name} out`);
      await lock.release();
    }),
  );
  const pairs = events
    .filter((_event, index) => index % 2 === 0)
    .map((event) => [event, event.replace('in', 'out')]);
  expect(events).toEqual(pairs.flat());
  expect(home.list()).toEqual([]);
});

test('a dead process’s lock is taken over', async () => {
  using home = temporaryHome();
  const path = join(home.path, 'x.lock');
  mkdirSync(path);
  utimesSync(path, aMinuteAgo(), aMinuteAgo());
  const lock = await acquireLock(path, { waitMs: 1000 });
  expect(lock.isHeld()).toBe(true);
  await lock.release();
  expect(home.list()).toEqual([]);
});

test.each([
  ['the end of the wait', () => ({ waitMs: 60 })],
  ['the signal', () => ({ waitMs: 60_000, signal: AbortSignal.timeout(60) })],
])('%s ends the wait for another process, whose lock stays', async (_claim, options) => {
  using home = temporaryHome();
  const path = join(home.path, 'x.lock');
  mkdirSync(path);
  await expect(acquireLock(path, options())).rejects.toThrow(new LockTimeoutError(path, null).message);
  expect(home.list()).toEqual(['x.lock/']);
});

test('a lock that another process took over is known to be lost, and is not removed', async () => {
  using home = temporaryHome();
  const path = join(home.path, 'x.lock');
  const lock = await acquireLock(path);
  rmdirSync(path);
  mkdirSync(path);
  const { birthtimeMs } = statSync(path);
  expect(lock.isHeld()).toBe(false);
  await lock.release();
  expect(statSync(path).birthtimeMs).toBe(birthtimeMs);
});

test('a directory that is not there is the system’s error', async () => {
  using home = temporaryHome();
  home.write('file', '');
  await expect(acquireLock(join(home.path, 'file', 'x.lock'))).rejects.toMatchObject({ code: 'ENOTDIR' });
});
