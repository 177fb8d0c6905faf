import { lstat, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { systemErrorCode } from './config-file-error.ts';

/** As many as Linux follows. */
const maxLinks = 40;

/**
 * The path without symbolic links of the file that writing to `path` would change or create: unlike `realpath`, it also follows links
 * whose target does not exist yet. Throws the system's error, ELOOP among them.
 */
export async function resolveTarget(path: string, links = 0): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
  }
  const parent = dirname(path);
  if (parent === path) return path;
  const candidate = join(await resolveTarget(parent, links), basename(path));
  const link = await readLinkIfAny(candidate);
  if (link === null) return candidate;
  if (links >= maxLinks)
    throw Object.assign(new Error('too many symbolic links'), { code: 'ELOOP', syscall: 'readlink', path });
  return resolveTarget(resolve(dirname(candidate), link), links + 1);
}

async function readLinkIfAny(path: string): Promise<string | null> {
  try {
    return (await lstat(path)).isSymbolicLink() ? await readlink(path) : null;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return null;
    throw error;
  }
}
