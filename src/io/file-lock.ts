import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type Lockfile from 'proper-lockfile';
import { systemErrorCode } from './config-file-error.ts';

export interface FileLock {
  /** False once another process took the lock for a dead one's, because this process was stopped for long. */
  isHeld(): boolean;
  release(): Promise<void>;
}

/** Another process held the lock to the end of the wait. */
export class LockTimeoutError extends Error {
  readonly lockPath: string;

  constructor(lockPath: string, cause: unknown) {
    super(`another process holds ${lockPath}`, { cause });
    this.name = 'LockTimeoutError';
    this.lockPath = lockPath;
  }
}

/** A lock that nobody refreshed for this long belongs to a process that is dead. */
const staleMs = 5000;
/** Longer than `staleMs`, so that a dead process's lock never makes an error. */
const lockWaitMs = 15_000;
const retryMs = 25;

/**
 * Takes the lock that the directory `lockPath` stands for, waiting up to `waitMs` for another process, or until `signal`. The parent
 * directory must exist. Throws LockTimeoutError, or the system's error where the directory cannot be made.
 */
export async function acquireLock(
  lockPath: string,
  { waitMs = lockWaitMs, signal }: { waitMs?: number | undefined; signal?: AbortSignal | undefined } = {},
): Promise<FileLock> {
  const { lock } = await loadLockfile();
  const end = Date.now() + waitMs;
  let isCompromised = false;
  for (;;) {
    try {
      const release = await lock(lockPath, {
        lockfilePath: lockPath,
        realpath: false,
        retries: 0,
        stale: staleMs,
        onCompromised: () => {
          isCompromised = true;
        },
      });
      const identity = identify(lockPath);
      const isHeld = (): boolean => !isCompromised && identity !== null && identify(lockPath) === identity;
      return { isHeld, release: async () => (isHeld() ? releaseQuietly(release) : undefined) };
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : null;
      // ENOENT: the other process removed its lock while proper-lockfile looked at it.
      if (code !== 'ELOCKED' && code !== 'ENOENT') throw error;
      if (Date.now() >= end || signal?.aborted === true) throw new LockTimeoutError(lockPath, error);
    }
    await sleep(retryMs + Math.random() * retryMs);
  }
}

/** Loaded by who writes; whoever is about to may call it before. */
export async function loadLockfile(): Promise<typeof Lockfile> {
  return (await import('proper-lockfile')).default;
}

/** A lock that cannot be removed is recovered by the next process as a stale one. */
async function releaseQuietly(release: () => Promise<void>): Promise<void> {
  try {
    await release();
  } catch (error) {
    if (systemErrorCode(error) === null && !(error instanceof Error && 'code' in error)) throw error;
  }
}

/** File systems give the inode of a removed directory to the next one at once: only with its birth is it that directory. */
function identify(path: string): string | null {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? null : `${found.ino} ${found.birthtimeNs}`;
}
