import { decodeAuthConfig } from '../core/auth-config.ts';
import { isSealed, isValid, type StoredToken } from '../core/credential-cache.ts';
import { credHelpers, findAuth } from '../core/docker-config.ts';
import { describeExpiry, readTokenExpiry } from '../core/ecr-token.ts';
import { credentialsNotFound, type HelperError, tokenUsername } from '../core/helper-protocol.ts';
import { helperName, renewsItself } from '../core/placement.ts';
import type { SecretSet } from '../core/secret-set.ts';
import { variableName } from '../core/variable-name.ts';
import { locateConfigFile, readConfigFile } from './config-file.ts';
import { type Answer, answerOf } from './helper-credentials.ts';
import { refreshToken } from './refresh-token.ts';
import { readSources } from './sources.ts';
import type { System } from './system.ts';

/** What the set, the token as it is, or the entry in the Docker config gives; else the reason why there is nothing. */
export async function findWithoutCache(
  system: System,
  key: string,
  fromEnvironment: SecretSet | null,
  token: StoredToken | null,
): Promise<Answer | HelperError> {
  const sources = readSources(system);
  const set = fromEnvironment ?? sources.sets.find(({ server }) => server.key === key) ?? null;
  if (set !== null && renewsItself(set)) return refreshToken(system, set, sources.options);
  if (set !== null) return answerFromSet(set, system.now());
  const inClear = token === null || isSealed(token) ? null : token;
  if (inClear !== null && isValid(inClear, system.now())) return answerOf(inClear);
  const entry = await findInConfig(system, key);
  if ('username' in entry && entry.secret !== inClear?.password) return entry;
  const unusable = sources.unusable.find(({ server }) => server?.key === key);
  if (unusable !== undefined) return { error: `registry-login: ${unusable.message} ${unusable.advice}` };
  if (token !== null) return { error: keysMissing(key, token, system.now()) };
  return entry;
}

/** USER `AWS` with an expired token: clients would only hear that access is denied. */
function answerFromSet({ name, ecr, username, password }: SecretSet, now: number): Answer | HelperError {
  const expiresAt = ecr === null ? null : readTokenExpiry(password.reveal());
  if (expiresAt === null || expiresAt.getTime() > now) return { username, secret: password.reveal() };
  return {
    error: `registry-login: the ECR token in ${variableName(name, 'PASSWORD')} ${describeExpiry(expiresAt, now)}. Put a new one there, or an access key id and secret key.`,
  };
}

function keysMissing(key: string, token: StoredToken, now: number): string {
  const where = 'Run this where the secrets are (a new terminal), or run registry-login there.';
  if (isSealed(token) && isValid(token, now)) {
    return `registry-login: the ECR token for ${key} is sealed with the AWS keys that it came from, and this environment has no AWS keys. ${where}`;
  }
  const hours = Math.floor((now - token.expiresAt) / 3_600_000);
  const since = hours < 1 ? 'less than an hour ago' : `${hours} h ago`;
  return `registry-login: the ECR token for ${key} expired ${since}, and this environment has no AWS keys to get a new one with. ${where}`;
}

/** The entry that stands in the Docker config; for a host that the config gives to us without one, the reason why there is nothing. */
async function findInConfig(system: System, key: string): Promise<Answer | HelperError> {
  try {
    const { config } = await readConfigFile(locateConfigFile(system));
    const found = findAuth(config, key);
    const credential = found === null ? null : decodeAuthConfig(found.authConfig);
    if (credential?.identityToken !== undefined)
      return { username: tokenUsername, secret: credential.identityToken.reveal() };
    if (credential !== null) return { username: credential.username, secret: credential.password.reveal() };
    if (credHelpers(config).get(key) !== helperName) return { error: credentialsNotFound };
  } catch (error) {
    return {
      error: `registry-login: ${error instanceof Error ? error.message : 'the Docker config cannot be read.'}`,
    };
  }
  return {
    error: `registry-login: no secrets for ${key} in this environment. Run this where they are (a new terminal), or check that the set of secrets for ${key} is given to this container.`,
  };
}
