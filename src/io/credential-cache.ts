import { join } from 'node:path';
import {
  type CredentialCache,
  emptyCache,
  formatCache,
  keyMark,
  parseCache,
} from '../core/credential-cache.ts';
import type { SecretSet } from '../core/secret-set.ts';
import { readPrivateFile, stateDirectory, StateFileError, updatePrivateFile } from './private-file.ts';
import type { Environment } from './system.ts';

/** `credentials.json` in the state directory, or null where no home is known. */
export function cacheFilePath(env: Environment, homeDirectory: string | null): string | null {
  const directory = stateDirectory(env, homeDirectory);
  return directory === null ? null : join(directory, 'credentials.json');
}

/** Returns what is cached, nothing where there is no file. Throws StateFileError. */
export async function readCache(path: string): Promise<CredentialCache> {
  return parse(path, await readPrivateFile(path));
}

/** Applies `edit`, which is pure and may run twice. Throws StateFileError. */
export async function updateCache(
  path: string,
  edit: (cache: CredentialCache) => CredentialCache,
): Promise<void> {
  await updatePrivateFile(path, (text) => formatCache(edit(parse(path, text))));
}

/** Tells this set's AWS keys from others (`CachedToken.keys`). */
export function keyMarkOf(set: SecretSet): string {
  return keyMark(set.username, set.password.reveal(), set.sessionToken?.reveal() ?? null);
}

function parse(path: string, text: string | null): CredentialCache {
  const cache = text === null ? emptyCache : parseCache(text);
  if (cache === null)
    throw new StateFileError(`${path} is not a credential cache. Delete it: tokens are fetched anew.`);
  return cache;
}
