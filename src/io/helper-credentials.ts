import {
  type CachedToken,
  type CredentialCache,
  emptyCache,
  isFresh,
  isSealed,
  type StoredToken,
} from '../core/credential-cache.ts';
import { credentialsNotFound, type HelperError } from '../core/helper-protocol.ts';
import { renewsItself } from '../core/placement.ts';
import { parseRegistryHost } from '../core/registry-host.ts';
import { discoverSets, type SecretSet } from '../core/secret-set.ts';
import { cacheFilePath, keyMarkOf, readCache } from './credential-cache.ts';
import { openToken } from './seal-token.ts';
import type { System } from './system.ts';

/** What the helper answers with: Docker's `Username` and `Secret`, in the clear. */
export interface Answer {
  readonly username: string;
  readonly secret: string;
}

/**
 * Finds the credentials for a server as a client names it: what the user's own `docker login` stored, a token with more than half of its
 * life left, the set in the environment or the codespace's secrets files (AWS keys are exchanged), the entry in the Docker config. What
 * a cached token does not need is loaded on the way.
 */
export async function findCredentials(system: System, server: string): Promise<Answer | HelperError> {
  const host = parseRegistryHost(server);
  const key = 'error' in host ? server : host.key;
  const cache = await readCacheQuietly(system);
  const login = cache.logins.get(key) ?? null;
  if (login !== null) return { username: login.username, secret: login.secret };
  if ('error' in host || cache.logins.has(key)) return { error: credentialsNotFound };
  const set = discoverSets(system.env).sets.find((other) => other.server.key === key) ?? null;
  const token = cache.tokens.get(key) ?? null;
  if (token !== null && isFresh(token, system.now()) && mayUse(token, set)) {
    const opened = isSealed(token) ? await open(key, token, set) : token;
    if (opened !== null) return answerOf(opened);
  }
  const { findWithoutCache } = await import('./uncached-credentials.ts');
  return findWithoutCache(system, key, set, token);
}

/** The keys may have been replaced since the token was made; without keys in this environment there is nothing to compare. */
function mayUse(token: StoredToken, set: SecretSet | null): boolean {
  return set === null || (renewsItself(set) && keyMarkOf(set) === token.keys);
}

/** Null where the keys that sealed it are not in the environment. */
async function open(key: string, token: StoredToken, set: SecretSet | null): Promise<CachedToken | null> {
  if (set === null) return null;
  return openToken(key, token, set);
}

export async function readCacheQuietly(system: System): Promise<CredentialCache> {
  const path = cacheFilePath(system.env, system.homeDirectory);
  try {
    return path === null ? emptyCache : await readCache(path);
  } catch {
    // A broken cache costs an exchange; login says what is wrong with it.
    return emptyCache;
  }
}

export function answerOf(token: CachedToken): Answer {
  return { username: token.username, secret: token.password };
}
