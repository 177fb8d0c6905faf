import { join } from 'node:path';
import { encodeAuthConfig } from '../core/auth-config.ts';
import type { Credential } from '../core/credential.ts';
import { type CachedToken, isFresh, isSealed, isValid } from '../core/credential-cache.ts';
import { type DockerConfig, removeAuth, setAuth } from '../core/docker-config.ts';
import type { Fingerprints } from '../core/fingerprint.ts';
import type { HelperError } from '../core/helper-protocol.ts';
import { isOurEntry } from '../core/login-state.ts';
import type { Options } from '../core/options.ts';
import { entryFingerprints } from '../core/place-logins.ts';
import type { SecretSet } from '../core/secret-set.ts';
import { ConfigFileError } from './config-file-error.ts';
import { locateConfigFile, updateConfigFile } from './config-file.ts';
import { cacheFilePath, keyMarkOf, updateCache } from './credential-cache.ts';
import { acquireLock, type FileLock, LockTimeoutError } from './file-lock.ts';
import { answerOf, type Answer, readCacheQuietly } from './helper-credentials.ts';
import { recallState, rememberRenewal } from './login-memory.ts';
import { makePrivateDirectory, stateDirectory, StateFileError } from './private-file.ts';
import { openToken, sealToken, toStoredToken } from './seal-token.ts';
import type { System } from './system.ts';
import { type Attempt, verifySet } from './verify-set.ts';

/** How long to wait for another process's exchange while the token of before still does, in milliseconds. */
const patienceMs = 5000;

/**
 * Exchanges the set's AWS keys for a token and remembers it. Of many processes at once one asks AWS, and the others wait for its token.
 * Where AWS gives none, or none in time, the token of before does as long as it is valid; else the reason is returned.
 */
export async function refreshToken(
  system: System,
  set: SecretSet,
  options: Options,
): Promise<Answer | HelperError> {
  const deadline = AbortSignal.timeout(options.timeoutMs);
  const before = await validToken(system, set);
  const lock = await lockExchange(system, set, before === null ? {} : { waitMs: patienceMs }, deadline);
  if (lock === 'busy' && before !== null) return answerOf(before);
  try {
    const cached = await validToken(system, set);
    if (cached !== null) await keepAsOptionHasIt(system, set, options);
    if (cached !== null && cached.keys === keyMarkOf(set) && isFresh(cached, system.now()))
      return answerOf(cached);
    const attempt = await verifySet(system, set, options, deadline);
    if (attempt.credential !== null) {
      await remember(system, set, attempt, options);
      return { username: attempt.credential.username, secret: attempt.credential.password.reveal() };
    }
    if (cached !== null && isValid(cached, system.now())) return answerOf(cached);
    return {
      error: `registry-login: ${[attempt.message, attempt.advice].filter((text) => text !== null).join(' ')}`,
    };
  } finally {
    if (lock !== 'busy') await lock?.release();
  }
}

/** Whatever keys it was exchanged for: a registry has one account, so a token for it is as good as another. */
async function validToken(system: System, set: SecretSet): Promise<CachedToken | null> {
  const token = (await readCacheQuietly(system)).tokens.get(set.server.key);
  return token !== undefined && isValid(token, system.now()) ? openToken(set.server.key, token, set) : null;
}

/** A token of before the option was changed is sealed or opened even where it is not replaced. */
async function keepAsOptionHasIt(
  system: System,
  set: SecretSet,
  { credentialStore }: Options,
): Promise<void> {
  const path = cacheFilePath(system.env, system.homeDirectory);
  const { key } = set.server;
  const token = (await readCacheQuietly(system)).tokens.get(key);
  if (path === null || token === undefined || isSealed(token) === (credentialStore === 'helper')) return;
  await ignoreFileErrors(() =>
    updateCache(path, (cache) => {
      const stored = cache.tokens.get(key);
      const kept = stored === undefined ? null : toStoredToken(key, stored, credentialStore, set);
      return kept === null ? cache : { ...cache, tokens: new Map([...cache.tokens, [key, kept]]) };
    }),
  );
}

/** Without a lock (null: no home, or nowhere to write) the exchange is made all the same. */
async function lockExchange(
  system: System,
  set: SecretSet,
  wait: { waitMs?: number },
  signal: AbortSignal,
): Promise<FileLock | 'busy' | null> {
  const directory = stateDirectory(system.env, system.homeDirectory);
  if (directory === null) return null;
  try {
    await makePrivateDirectory(directory);
    const name = `exchange-${set.server.host.replace(/[^a-z0-9.-]/g, '_')}.lock`;
    return await acquireLock(join(directory, name), { ...wait, signal });
  } catch (error) {
    return error instanceof LockTimeoutError ? 'busy' : null;
  }
}

/** Into the cache, and into the entry of `auths` that a login wrote for clients without helpers. */
async function remember(
  system: System,
  set: SecretSet,
  attempt: Attempt,
  { credentialStore }: Options,
): Promise<void> {
  const { credential, expiresAt } = attempt;
  const path = cacheFilePath(system.env, system.homeDirectory);
  if (credential === null || expiresAt === null || path === null) return;
  const { key } = set.server;
  const token: CachedToken = {
    username: credential.username,
    password: credential.password.reveal(),
    issuedAt: system.now(),
    expiresAt,
    keys: keyMarkOf(set),
  };
  const stored = credentialStore === 'helper' ? sealToken(key, token, set) : token;
  await ignoreFileErrors(async () => {
    await updateCache(path, (cache) => ({ ...cache, tokens: new Map([...cache.tokens, [key, stored]]) }));
    const written = await replaceEntry(system, set, credential, credentialStore);
    await rememberRenewal(system, attempt, written);
  });
}

/** What cannot be written is no reason to give no answer: the next request exchanges again, and login says what is wrong with the file. */
async function ignoreFileErrors(write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!(error instanceof StateFileError || error instanceof ConfigFileError)) throw error;
  }
}

/**
 * Returns the fingerprints of the new entry, or null where there was none of ours, or may be none any more under `helper`. Throws
 * StateFileError, ConfigFileError.
 */
async function replaceEntry(
  system: System,
  set: SecretSet,
  credential: Credential,
  option: Options['credentialStore'],
): Promise<Fingerprints | null> {
  const { key } = set.server;
  const state = await recallState(system);
  const record = state.sets.get(set.name);
  if (record === undefined) return null;
  const replaced = (config: DockerConfig): DockerConfig => {
    return option === 'helper' ? removeAuth(config, key) : setAuth(config, key, encodeAuthConfig(credential));
  };
  let written: Fingerprints | null = null;
  await updateConfigFile(
    locateConfigFile(system),
    (config) => {
      const entry = entryFingerprints(config, key, state.salt);
      const isOurs = entry !== null && isOurEntry(record, key, entry);
      const edited = isOurs ? replaced(config) : config;
      written = isOurs ? entryFingerprints(edited, key, state.salt) : null;
      return edited;
    },
    // Whoever asks us may be the `docker login` that is waited for.
    { settleMs: 0, stateDirectory: stateDirectory(system.env, system.homeDirectory) },
  );
  return written;
}
