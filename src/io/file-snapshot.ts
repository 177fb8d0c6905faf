import { constants, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { FileAttributes } from './atomic-write.ts';
import { ConfigFileError, systemErrorCode } from './config-file-error.ts';

/** What stood in a file at one moment, and by what to see that it was changed since. */
export interface FileSnapshot extends FileAttributes {
  readonly contents: Buffer;
  readonly inode: bigint;
  readonly modifiedNs: bigint;
}

/** docker's own save takes well under a millisecond: an older temporary file of it was left by a killed one. */
const savingMs = 1000;

/** Null where there is no file. Throws the system's error; ConfigFileError for a directory, a device or a pipe, which could block. */
export async function takeSnapshot(path: string): Promise<FileSnapshot | null> {
  try {
    const found = await stat(path, { bigint: true });
    if (!found.isFile()) throw notAFile(path);
    return {
      contents: await readFile(path),
      inode: found.ino,
      modifiedNs: found.mtimeNs,
      mode: Number(found.mode),
      uid: Number(found.uid),
      gid: Number(found.gid),
    };
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

/** Whether the file is still the one of the snapshot. Synchronous, so that next to nothing passes between this and a rename. */
export function isUnchangedSync(path: string, snapshot: FileSnapshot | null): boolean {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (found === undefined || snapshot === null) return found === undefined && snapshot === null;
  const isSame = found.ino === snapshot.inode && found.mtimeNs === snapshot.modifiedNs;
  return isSame && Number(found.mode) === snapshot.mode && readFileSync(path).equals(snapshot.contents);
}

/**
 * Whether docker is writing one of these files at this moment: it first fills `config.json<digits>` beside the path it was given
 * (docker/cli v28 `configfile/file.go` Save).
 */
export function isBeingSavedSync(paths: readonly string[]): boolean {
  return paths.some((path) => {
    const base = basename(path);
    return namesIn(dirname(path)).some((name) => {
      if (!name.startsWith(base) || !/^\d+$/.test(name.slice(base.length))) return false;
      const found = lstatSync(join(dirname(path), name), { throwIfNoEntry: false });
      return found !== undefined && found.mtimeMs > Date.now() - savingMs;
    });
  });
}

/** Throws where the file may not be written. Root may write any file, but whoever takes all write bits away means it. */
export async function checkWritable(
  path: string,
  target: string,
  snapshot: FileSnapshot | null,
): Promise<void> {
  if (snapshot === null) return;
  if ((snapshot.mode & 0o222) === 0) {
    throw new ConfigFileError(
      'read-only',
      path,
      `Cannot write ${path}: the file is read-only (mode 0${(snapshot.mode & 0o777).toString(8)}).`,
      `Allow writing with chmod u+w '${path}', or set DOCKER_CONFIG to another directory.`,
    );
  }
  await access(target, constants.W_OK);
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function notAFile(path: string): ConfigFileError {
  return new ConfigFileError(
    'not-a-file',
    path,
    `Cannot use ${path}: it is no regular file.`,
    'Move it away, or set DOCKER_CONFIG to another directory.',
  );
}
