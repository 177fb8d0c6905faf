import { randomBytes } from 'node:crypto';
import { closeSync, constants, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { type FileHandle, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { giveToDirectoryOwner, makeMissingDirectories } from './private-file.ts';

export interface FileAttributes {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Long after any write ended: a temporary file of this age was left by a process that was killed. */
const leftoverMs = 60_000;

/**
 * Writes `contents` to a new file beside `target` and to the disk, ready to be renamed; returns its path. It is 0600 and
 * its directory's owner's where root runs this, or has the mode and owner given. Throws the system's error and leaves nothing behind.
 */
export async function writeTemporary(
  target: string,
  contents: Uint8Array,
  attributes: FileAttributes | null,
): Promise<string> {
  const path = join(dirname(target), `${temporaryPrefix(target)}${randomBytes(6).toString('hex')}`);
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(contents);
    if (attributes === null) await giveToDirectoryOwner(path, file);
    else await giveAttributes(file, attributes);
    await file.sync();
  } catch (error) {
    await file.close();
    await rm(path, { force: true });
    throw error;
  }
  await file.close();
  return path;
}

async function giveAttributes(file: FileHandle, { mode, uid, gid }: FileAttributes): Promise<void> {
  const own = await file.stat();
  // The owner first: changing it may clear bits of the mode.
  if (own.uid !== uid || own.gid !== gid) await file.chown(uid, gid);
  await file.chmod(mode & 0o7777);
}

/** Removes what killed processes left beside `target`: such a file holds secrets. */
export async function removeLeftovers(target: string): Promise<void> {
  const directory = dirname(target);
  const names = await readdir(directory).catch(() => []);
  for (const name of names.filter((candidate) => candidate.startsWith(temporaryPrefix(target)))) {
    const path = join(directory, name);
    const found = await stat(path).catch(() => null);
    if (found !== null && found.mtimeMs < Date.now() - leftoverMs)
      await rm(path, { force: true }).catch(() => undefined);
  }
}

function temporaryPrefix(target: string): string {
  return `.${basename(target)}.registry-login-`;
}

/** Brings a rename to the disk. Some file systems cannot do that for a directory, and the rename has happened anyway. */
export async function syncDirectory(directory: string): Promise<void> {
  try {
    const handle = await open(directory, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // Nothing is lost but the guarantee for a power cut right now.
  }
}

/**
 * Copies `contents` to `config.json.registry-login-backup` (0600) in the first of `directories` where that is possible; returns the
 * copy's path. Throws the system's error of the last one.
 */
export async function writeBackup(
  target: string,
  contents: Uint8Array,
  directories: readonly string[],
): Promise<string> {
  let lastError: unknown;
  for (const directory of directories) {
    const backup = join(directory, `${basename(target)}.registry-login-backup`);
    try {
      await makeMissingDirectories(directory);
      await rename(await writeTemporary(backup, contents, null), backup);
      await syncDirectory(directory);
      return backup;
    } catch (error) {
      lastError = error;
    }
  }
  throw lastError;
}

/**
 * Replaces what a file holds without replacing the file. Where that fails half-way (a full disk), `original` is written back before the
 * system's error is thrown. Synchronous, so that nothing of this process comes between a check before and the write.
 */
export function overwriteSync(target: string, contents: Uint8Array, original: Uint8Array): void {
  const file = openSync(target, constants.O_WRONLY | constants.O_NOFOLLOW);
  try {
    try {
      writeAllSync(file, contents);
    } catch (error) {
      writeAllSync(file, original);
      throw error;
    }
  } finally {
    closeSync(file);
  }
}

function writeAllSync(file: number, contents: Uint8Array): void {
  for (let offset = 0; offset < contents.length;) {
    offset += writeSync(file, contents, offset, contents.length - offset, offset);
  }
  ftruncateSync(file, contents.length);
  fsyncSync(file);
}
