import {
  type CachedToken,
  type CredentialCache,
  formatCache,
  type StoredToken,
} from '../core/credential-cache.ts';
import type { Options } from '../core/options.ts';
import { renewsItself } from '../core/placement.ts';
import { cacheFilePath, keyMarkOf, readCache, updateCache } from './credential-cache.ts';
import type { LoginResult } from './login-memory.ts';
import { toStoredToken } from './seal-token.ts';
import type { Records } from './store-logins.ts';
import type { System } from './system.ts';

/**
 * New ECR tokens go into the helper's cache, those of gone sets leave it, and those of before are kept as the option has them now; a login
 * also ends what a `docker login` or `docker logout` of the user's left there.
 */
export async function rememberTokens(
  system: System,
  option: Options['credentialStore'],
  results: readonly LoginResult[],
  gone: Records,
): Promise<void> {
  const path = cacheFilePath(system.env, system.homeDirectory);
  if (path === null) return;
  const attempts = results.map(({ attempt }) => attempt);
  const sets = new Map(attempts.map(({ set }) => [set.server.key, set]));
  const accepted = attempts.filter(({ credential, isRecalled }) => credential !== null && !isRecalled);
  const loggedIn = new Set(accepted.map(({ set }) => set.server.key));
  const left = new Set(gone.map(([, { server }]) => server));
  const added = accepted.flatMap(({ set, credential, expiresAt }): [string, CachedToken][] => {
    if (!renewsItself(set) || credential === null || expiresAt === null) return [];
    const { username, password } = credential;
    return [
      [
        set.server.key,
        { username, password: password.reveal(), issuedAt: system.now(), expiresAt, keys: keyMarkOf(set) },
      ],
    ];
  });
  const edit = ({ tokens, logins }: CredentialCache): CredentialCache => {
    const all = new Map<string, StoredToken>([...[...tokens].filter(([key]) => !left.has(key)), ...added]);
    const stored = [...all].map(
      ([key, token]) => [key, toStoredToken(key, token, option, sets.get(key) ?? null)] as const,
    );
    return {
      tokens: new Map(stored.flatMap(([key, token]) => (token === null ? [] : [[key, token]]))),
      logins: new Map([...logins].filter(([key]) => !loggedIn.has(key))),
    };
  };
  await editCache(path, edit);
}

/** Writes no file where there is none and nothing to put into it. */
async function editCache(path: string, edit: (cache: CredentialCache) => CredentialCache): Promise<void> {
  const before = await readCache(path);
  if (formatCache(edit(before)) !== formatCache(before)) await updateCache(path, edit);
}

/** Drops the tokens of these servers, and what a `docker login` of the user's left for those in `loggedOut`. Throws StateFileError. */
export async function forgetTokens(
  path: string,
  servers: ReadonlySet<string>,
  loggedOut: ReadonlySet<string>,
): Promise<void> {
  await editCache(path, ({ tokens, logins }) => ({
    tokens: new Map([...tokens].filter(([key]) => !servers.has(key))),
    logins: new Map([...logins].filter(([key]) => !loggedOut.has(key))),
  }));
}
