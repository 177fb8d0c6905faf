import { renameSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DockerConfigError, parseDockerConfig } from '../core/docker-config-parser.ts';
import { type DockerConfig, emptyDockerConfig, serializeDockerConfig } from '../core/docker-config.ts';
import { reapplyLostEdits } from '../core/lost-edits.ts';
import {
  overwriteSync,
  removeLeftovers,
  syncDirectory,
  writeBackup,
  writeTemporary,
} from './atomic-write.ts';
import { ConfigFileError, systemErrorCode, toConfigFileError } from './config-file-error.ts';
import {
  checkWritable,
  type FileSnapshot,
  isBeingSavedSync,
  isUnchangedSync,
  takeSnapshot,
} from './file-snapshot.ts';
import { acquireLock, type FileLock, LockTimeoutError } from './file-lock.ts';
import { findLoginProcesses, type LoginProcess, waitForEnd } from './login-processes.ts';
import { makeMissingDirectories } from './private-file.ts';
import { resolveTarget } from './symlinks.ts';
import type { System } from './system.ts';

/** Pure and repeatable: it is called again with newer content when somebody else wrote meanwhile. */
export type ConfigEdit = (config: DockerConfig) => DockerConfig;

export interface UpdateOptions {
  /** Ends the waiting for others, not the write. */
  readonly signal?: AbortSignal | undefined;
  /** Takes the lock and the backup where the config's own directory is not writable; null where there is none. */
  readonly stateDirectory?: string | null;
  readonly procRoot?: string;
  /** How long to wait for another process of ours, in milliseconds. */
  readonly lockWaitMs?: number;
  /** How long to wait for a `docker login` that runs while we write, in milliseconds. */
  readonly settleMs?: number;
}

export interface UpdateResult {
  readonly status: 'written' | 'unchanged';
  readonly path: string;
  /** Where the old content is kept, for a file that had to be written in place. */
  readonly backup: string | null;
  /** Clients that still ran when the wait ended: they may yet write a config without our edit. */
  readonly stillRunning: readonly LoginProcess[];
}

interface Written {
  readonly before: DockerConfig;
  readonly after: DockerConfig;
  readonly backup: string | null;
}

const maxAttempts = 100;
const retryMs = 20;
const defaultSettleMs = 10_000;
/** Another program may write in place, and the text be half there: so often a text that does not parse is read again. */
const maxReads = 3;
/**
 * A mount point that no rename replaces, a directory where no file can be made, an owner that cannot be given to a new file (EINVAL: one
 * that the user namespace does not map): the file itself may still be writable.
 */
const notReplaceable = new Set(['EBUSY', 'EXDEV', 'EACCES', 'EPERM', 'EROFS', 'EINVAL']);
const notCreatable = new Set(['EACCES', 'EPERM', 'EROFS']);

/**
 * The absolute path of `$DOCKER_CONFIG/config.json`, else `~/.docker/config.json` (docker/cli v28 `cli/config/config.go`). Throws
 * ConfigFileError where there is no home.
 */
export function locateConfigFile(system: Pick<System, 'env' | 'homeDirectory'>): string {
  const directory = system.env['DOCKER_CONFIG'];
  if (directory !== undefined && directory !== '') return resolve(directory, 'config.json');
  if (system.homeDirectory !== null) return resolve(system.homeDirectory, '.docker', 'config.json');
  throw new ConfigFileError(
    'no-home',
    null,
    'Cannot find the Docker config: neither DOCKER_CONFIG nor HOME is set, and the user database knows no home.',
    'Set HOME, or DOCKER_CONFIG to the directory of config.json.',
  );
}

/** What the file holds, and an empty config where there is none. Throws ConfigFileError. */
export async function readConfigFile(path: string): Promise<{ config: DockerConfig; exists: boolean }> {
  const { snapshot, config } = await readConfig(path, path);
  return { config, exists: snapshot !== null };
}

/**
 * Applies `edit` to the file at `path`, in one step that keeps the mode, the owner and every symbolic link; an edit that changes nothing
 * writes nothing. Afterwards waits for a `docker login` that began before, and applies again what it undid. Throws ConfigFileError, and
 * the file is then as it was.
 */
export async function updateConfigFile(
  path: string,
  edit: ConfigEdit,
  options: UpdateOptions = {},
): Promise<UpdateResult> {
  try {
    const written = await writeEdited(path, edit, options);
    if (written === null) return { status: 'unchanged', path, backup: null, stillRunning: [] };
    const stillRunning = await settle(path, written, options);
    return { status: 'written', path, backup: written.backup, stillRunning };
  } catch (error) {
    throw toConfigFileError(error, path, 'write');
  }
}

/**
 * `docker login` takes no lock: it reads the whole file when it starts and writes the whole file when it ends. Whoever read before our
 * write started before it, and so is found now, or has ended and shows in the file.
 */
async function settle(
  path: string,
  written: Written,
  options: UpdateOptions,
): Promise<readonly LoginProcess[]> {
  const { procRoot = '/proc', settleMs = defaultSettleMs, signal } = options;
  const timeout = AbortSignal.timeout(settleMs);
  const deadline = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
  for (;;) {
    const stillRunning = await waitForEnd(await findLoginProcesses(procRoot), procRoot, deadline);
    const redone = await writeEdited(
      path,
      (now) => reapplyLostEdits(written.before, written.after, now),
      options,
    );
    if (redone === null || deadline.aborted) return stillRunning;
  }
}

/** Null where the edit changes nothing. */
async function writeEdited(path: string, edit: ConfigEdit, options: UpdateOptions): Promise<Written | null> {
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const target = await resolveTarget(path);
    const { snapshot, config } = await readConfig(path, target);
    if (!changes(config, edit)) return null;
    await checkWritable(path, target, snapshot);
    await makeMissingDirectories(dirname(target));
    const lock = await lockTarget(path, target, options);
    try {
      const outcome = await writeOnce(path, target, lock, edit, options);
      if (outcome !== 'changed-meanwhile') return outcome === 'nothing-to-do' ? null : outcome;
    } finally {
      await lock.release();
    }
    await sleep(retryMs + Math.random() * retryMs);
  }
  throw new ConfigFileError(
    'keeps-changing',
    path,
    `Cannot write ${path}: other programs keep changing it.`,
    'Run this again once they have ended.',
  );
}

/** `path` is what the user knows the file by, `target` the file itself. */
async function readConfig(
  path: string,
  target: string,
): Promise<{ snapshot: FileSnapshot | null; config: DockerConfig }> {
  for (let reads = 1; ; reads += 1) {
    try {
      const snapshot = await takeSnapshot(target);
      return {
        snapshot,
        config: snapshot === null ? emptyDockerConfig : parseDockerConfig(snapshot.contents),
      };
    } catch (error) {
      if (!(error instanceof DockerConfigError) || reads === maxReads)
        throw toConfigFileError(error, path, 'read');
    }
    await sleep(retryMs);
  }
}

async function writeOnce(
  path: string,
  target: string,
  lock: FileLock,
  edit: ConfigEdit,
  options: UpdateOptions,
): Promise<Written | 'nothing-to-do' | 'changed-meanwhile'> {
  const { snapshot, config: before } = await readConfig(path, target);
  const after = edit(before);
  if (!changes(before, () => after)) return 'nothing-to-do';
  const contents = Buffer.from(serializeDockerConfig(after));
  await removeLeftovers(target);
  const isStillOurs = (): boolean =>
    lock.isHeld() && !isBeingSavedSync([path, target]) && isUnchangedSync(target, snapshot);
  let temporary: string | null = null;
  try {
    temporary = await writeTemporary(target, contents, snapshot);
    if ((await resolveTarget(path)) !== target || !isStillOurs()) return 'changed-meanwhile';
    renameSync(temporary, target);
    temporary = null;
    await syncDirectory(dirname(target));
    return { before, after, backup: null };
  } catch (error) {
    if (snapshot === null || !notReplaceable.has(systemErrorCode(error) ?? '')) throw error;
  } finally {
    if (temporary !== null) await rm(temporary, { force: true });
  }
  const backup = await writeBackup(target, snapshot.contents, backupDirectories(target, options));
  if (!isStillOurs()) return 'changed-meanwhile';
  overwriteSync(target, contents, snapshot.contents);
  return { before, after, backup };
}

/** Beside the target, where every process with this file finds it; where that directory is not writable, in the state directory. */
async function lockTarget(path: string, target: string, options: UpdateOptions): Promise<FileLock> {
  const { signal, lockWaitMs: waitMs, stateDirectory = null } = options;
  try {
    try {
      return await acquireLock(`${target}.lock`, { waitMs, signal });
    } catch (error) {
      if (stateDirectory === null || !notCreatable.has(systemErrorCode(error) ?? '')) throw error;
      await makeMissingDirectories(stateDirectory);
      const name = createHash('sha256').update(target).digest('hex').slice(0, 16);
      return await acquireLock(join(stateDirectory, `config-${name}.lock`), { waitMs, signal });
    }
  } catch (error) {
    if (!(error instanceof LockTimeoutError)) throw error;
    throw new ConfigFileError(
      'locked',
      path,
      `Cannot write ${path}: another registry-login holds the lock ${error.lockPath}.`,
      'Run this again once it has ended; if none runs, remove that directory.',
      { cause: error },
    );
  }
}

function backupDirectories(target: string, { stateDirectory = null }: UpdateOptions): string[] {
  return [dirname(target), ...(stateDirectory === null ? [] : [stateDirectory])];
}

function changes(config: DockerConfig, edit: ConfigEdit): boolean {
  const edited = edit(config);
  return edited !== config && serializeDockerConfig(edited) !== serializeDockerConfig(config);
}
