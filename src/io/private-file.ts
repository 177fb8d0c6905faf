import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { type FileHandle, lchown, lstat, mkdir, open, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { decodeUtf8 } from '../core/secrets-files.ts';
import { acquireLock, type FileLock } from './file-lock.ts';
import type { Environment } from './system.ts';

/** A file of ours could not be read or written, and it is untouched (exit code 3). The message names the file and the next step. */
export class StateFileError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'StateFileError';
  }
}

const maxFileBytes = 1024 * 1024;
/** The lock is taken again so often where it was lost, because this process was stopped for long. */
const maxWrites = 3;

/**
 * `${XDG_STATE_HOME:-~/.local/state}/registry-login`, or null where no home is known. A relative `XDG_STATE_HOME` is ignored
 * (XDG Base Directory Specification 0.8).
 */
export function stateDirectory(env: Environment, homeDirectory: string | null): string | null {
  const configured = env['XDG_STATE_HOME'];
  if (configured !== undefined && isAbsolute(configured)) return join(configured, 'registry-login');
  return homeDirectory === null ? null : join(homeDirectory, '.local', 'state', 'registry-login');
}

/**
 * Replaces the text (null: there is none yet) by what `edit` makes of it: temporary file, fsync, rename, mode 0600 in a directory that is
 * made 0700. Processes at once lose nothing: `edit` may run twice, the second time under a lock. A lock that cannot be had in the time of
 * `acquireLock` is done without (the rename still keeps the file whole). Throws StateFileError, and what `edit` throws.
 */
export async function updatePrivateFile(path: string, edit: (text: string | null) => string | Promise<string>): Promise<void> {
  const before = await readPrivateFile(path);
  if (before !== null && (await edit(before)) === before) {
    await tighten(path);
    return;
  }
  await makePrivateDirectory(dirname(path));
  for (let writes = 1; ; writes += 1) {
    const lock = await lockQuietly(path);
    const isOurTurn = (): boolean => writes === maxWrites || lock === null || lock.isHeld();
    try {
      if (await write(path, await edit(await readPrivateFile(path)), isOurTurn)) return;
    } finally {
      await lock?.release();
    }
  }
}

/**
 * The file's text, or null where there is none. Throws StateFileError. Synchronous inside: the credential helper answers from one small
 * file, and the first asynchronous read would start all of the threads.
 */
export async function readPrivateFile(path: string): Promise<string | null> {
  let file: number;
  try {
    // O_NOFOLLOW: we only ever write a plain file, so a link was put there by somebody. O_NONBLOCK: a FIFO must not hold us up.
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    if (codeOf(error) === 'ELOOP') {
      throw new StateFileError(`${path} is a symbolic link, and the state never is. Remove it.`, error);
    }
    throw new StateFileError(
      `${path} cannot be read (${codeOf(error)}). Check who owns it, or delete it.`,
      error,
    );
  }
  try {
    if (!fstatSync(file).isFile()) throw new StateFileError(`${path} is not a regular file. Remove it.`);
    const buffer = Buffer.allocUnsafe(maxFileBytes + 1);
    let length = 0;
    while (length < buffer.length) {
      const bytesRead = readSync(file, buffer, length, buffer.length - length, null);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    const text = length > maxFileBytes ? null : decodeUtf8(buffer.subarray(0, length));
    if (text === null) throw new StateFileError(`${path} is not a state file. Delete it.`);
    return text;
  } catch (error) {
    if (error instanceof StateFileError) throw error;
    throw new StateFileError(`${path} cannot be read (${codeOf(error)}).`, error);
  } finally {
    closeSync(file);
  }
}

/** Makes the directory, or takes other users' rights from the one that is there; only its owner (or root) can, so a stranger's is refused. */
export async function makePrivateDirectory(directory: string): Promise<void> {
  try {
    await makeMissingDirectories(directory);
    await restrict(directory, constants.O_RDONLY | constants.O_DIRECTORY, 0o700);
  } catch (error) {
    throw new StateFileError(
      `${directory} cannot be made, or made private (${codeOf(error)}). Check who owns it, or set XDG_STATE_HOME.`,
      error,
    );
  }
}

/** Makes what is missing of a path, 0700. Throws the system's error. */
export async function makeMissingDirectories(directory: string): Promise<void> {
  const topmost = await makeMissing(directory);
  if (topmost !== null) await giveToHomeOwner(topmost, directory);
}

/** Returns the topmost directory that was missing, null for none. Node's own `recursive` never ends in a file system such as /proc. */
async function makeMissing(directory: string): Promise<string | null> {
  try {
    await mkdir(directory, { mode: 0o700 });
    return directory;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return null;
    if (codeOf(error) !== 'ENOENT' || dirname(directory) === directory) throw error;
  }
  const topmost = await makeMissing(dirname(directory));
  try {
    await mkdir(directory, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  return topmost ?? directory;
}

async function tighten(path: string): Promise<void> {
  await makePrivateDirectory(dirname(path));
  try {
    await restrict(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o600);
  } catch (error) {
    throw new StateFileError(`${path} cannot be made private (${codeOf(error)}). Check who owns it.`, error);
  }
}

async function restrict(path: string, flags: number, mode: number): Promise<void> {
  const opened = await open(path, flags);
  try {
    if (((await opened.stat()).mode & 0o077) !== 0) await opened.chmod(mode);
  } finally {
    await opened.close();
  }
}

/** False, and nothing written, where it is not our turn any more. */
async function write(path: string, text: string, isOurTurn: () => boolean): Promise<boolean> {
  const temporary = join(dirname(path), `.${basename(path)}.${Math.random().toString(36).slice(2)}`);
  let created = false;
  try {
    const file = await open(temporary, 'wx', 0o600);
    created = true;
    try {
      await file.chmod(0o600);
      await giveToDirectoryOwner(path, file);
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    if (isOurTurn()) {
      await rename(temporary, path);
      return true;
    }
    await unlink(temporary);
    return false;
  } catch (error) {
    if (created) await unlink(temporary).catch(() => undefined);
    throw new StateFileError(
      `${path} cannot be written (${codeOf(error)}). Check the rights and the space there, or set XDG_STATE_HOME.`,
      error,
    );
  }
}

/** `sudo` with the user's HOME must not leave directories that the user cannot enter: they go to the owner of the one above. */
async function giveToHomeOwner(topmost: string, directory: string): Promise<void> {
  const owner = await stat(dirname(topmost));
  const { uid } = await lstat(topmost);
  if (uid !== 0 || owner.uid === 0) return;
  for (let path = directory; path.length >= topmost.length; path = dirname(path)) {
    await lchown(path, owner.uid, owner.gid).catch(ignoreUnknownOwner);
  }
}

/** The same for a new file at `path`. Throws the system's error. */
export async function giveToDirectoryOwner(path: string, file: FileHandle): Promise<void> {
  const owner = await stat(dirname(path));
  const { uid } = await file.stat();
  if (uid === 0 && owner.uid !== 0) await file.chown(owner.uid, owner.gid).catch(ignoreUnknownOwner);
}

/** Root of a user namespace can give nothing to an owner that the namespace does not map (EINVAL), or may not at all (EPERM). */
function ignoreUnknownOwner(error: unknown): void {
  if (!['EINVAL', 'EPERM'].includes(codeOf(error))) throw error;
}

/** Null where no lock can be had: what then cannot be written either says so itself. */
async function lockQuietly(path: string): Promise<FileLock | null> {
  try {
    return await acquireLock(`${path}.lock`);
  } catch {
    return null;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : 'unknown error';
}
