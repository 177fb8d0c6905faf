import { type CachedToken, type CredentialCache, emptyCache, isFresh, isValid } from '../core/credential-cache.ts';
import { credentialsNotFound, type HelperError, tokenUsername } from '../core/helper-protocol.ts';
import { renewsItself } from '../core/placement.ts';
import { parseRegistryHost } from '../core/registry-host.ts';
import { discoverSets, type SecretSet, variableName } from '../core/secret-set.ts';
import { cacheFilePath, keyMarkOf, readCache } from './credential-cache.ts';
import type { System } from './system.ts';

/** What the helper answers with: Docker's `Username` and `Secret`, in the clear. */
export interface Answer {
  readonly username: string;
  readonly secret: string;
}

/**
 * Finds the credentials for a server as a client names it: what the user's own `docker login` stored, a token with more than half of its
 * life left, the set in the environment or the codespace's secrets files (AWS keys are exchanged), the entry in the Docker config. Every
 * module that a cached token does not need is loaded on the way.
 */
export async function findCredentials(system: System, server: string): Promise<Answer | HelperError> {
  const host = parseRegistryHost(server);
  if ('error' in host) return { error: credentialsNotFound };
  const { key } = host;
  const cache = await readCacheQuietly(system);
  const login = cache.logins.get(key);
  if (login === null) return { error: credentialsNotFound };
  if (login !== undefined) return { username: login.username, secret: login.secret };
  const set = discoverSets(system.env).sets.find((other) => other.server.key === key) ?? null;
  const token = cache.tokens.get(key) ?? null;
  if (token !== null && isFresh(token, system.now()) && mayUse(token, set)) return answerOf(token);
  return findWithoutCache(system, key, set, token);
}

/** The keys may have been replaced since the token was made; without keys in this environment there is nothing to compare. */
function mayUse(token: CachedToken, set: SecretSet | null): boolean {
  return set === null || (renewsItself(set) && keyMarkOf(set) === token.keys);
}

async function findWithoutCache(
  system: System,
  key: string,
  fromEnvironment: SecretSet | null,
  token: CachedToken | null,
): Promise<Answer | HelperError> {
  const { readSources } = await import('./sources.ts');
  const sources = readSources(system);
  const set = fromEnvironment ?? sources.sets.find(({ server }) => server.key === key) ?? null;
  if (set !== null && renewsItself(set)) {
    const { refreshToken } = await import('./refresh-token.ts');
    return refreshToken(system, set, sources.options);
  }
  if (set !== null) return answerFromSet(set, system.now());
  if (token !== null && isValid(token, system.now())) return answerOf(token);
  const entry = await findInConfig(system, key);
  if ('username' in entry && !(token !== null && entry.secret === token.password)) return entry;
  const unusable = sources.unusable.find(({ server }) => server?.key === key);
  if (unusable !== undefined) return { error: `registry-login: ${unusable.message} ${unusable.advice}` };
  if (token !== null) return { error: keysMissing(key, token, system.now()) };
  return entry;
}

/** USER `AWS` with an expired token: clients would only hear that access is denied. */
async function answerFromSet({ name, ecr, username, password }: SecretSet, now: number): Promise<Answer | HelperError> {
  const { describeExpiry, readTokenExpiry } = await import('../core/ecr-token.ts');
  const expiresAt = ecr === null ? null : readTokenExpiry(password.reveal());
  if (expiresAt === null || expiresAt.getTime() > now) return { username, secret: password.reveal() };
  return { error: `registry-login: the ECR token in ${variableName(name, 'PASSWORD')} ${describeExpiry(expiresAt, now)}. Put a new one there, or an access key id and secret key.` };
}

function keysMissing(key: string, token: CachedToken, now: number): string {
  const hours = Math.floor((now - token.expiresAt) / 3_600_000);
  const since = hours < 1 ? 'less than an hour ago' : `${hours} h ago`;
  return `registry-login: the ECR token for ${key} expired ${since}, and this environment has no AWS keys to get a new one with. Run this where the secrets are (a new terminal), or run registry-login there.`;
}

/** The entry that stands in the Docker config; for a host that the config gives to us without one, the reason why there is nothing. */
async function findInConfig(system: System, key: string): Promise<Answer | HelperError> {
  const [{ locateConfigFile, readConfigFile }, { credHelpers, findAuth }, { decodeAuthConfig }, { helperName }] = await Promise.all([
    import('./config-file.ts'),
    import('../core/docker-config.ts'),
    import('../core/auth-config.ts'),
    import('../core/placement.ts'),
  ]);
  try {
    const { config } = await readConfigFile(locateConfigFile(system));
    const found = findAuth(config, key);
    const credential = found === null ? null : decodeAuthConfig(found.authConfig);
    if (credential?.identityToken !== undefined) return { username: tokenUsername, secret: credential.identityToken.reveal() };
    if (credential !== null) return { username: credential.username, secret: credential.password.reveal() };
    if (credHelpers(config).get(key) !== helperName) return { error: credentialsNotFound };
  } catch (error) {
    return { error: `registry-login: ${error instanceof Error ? error.message : 'the Docker config cannot be read.'}` };
  }
  return {
    error: `registry-login: no secrets for ${key} in this environment. Run this where they are (a new terminal), or check that the set of secrets for ${key} is given to this container.`,
  };
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
