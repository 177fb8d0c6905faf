import {
  formatCredential,
  formatList,
  type HelperAction,
  helperActions,
  type HelperError,
  isHelperAction,
  parseServerRequest,
  parseStoreRequest,
} from '../core/helper-protocol.ts';
import { isSealed, type StoredLogin } from '../core/credential-cache.ts';
import { helperName, renewsItself } from '../core/placement.ts';
import { toPrintable } from '../core/printable.ts';
import { parseRegistryHost } from '../core/registry-host.ts';
import { version } from '../core/version.ts';
import { cacheFilePath, updateCache } from '../io/credential-cache.ts';
import { findCredentials, readCacheQuietly } from '../io/helper-credentials.ts';
import { StateFileError } from '../io/private-file.ts';
import type { System } from '../io/system.ts';

const program = `docker-credential-${helperName}`;
/** Whose name goes with an ECR token. */
const tokenOwner = 'AWS';

/** Runs the credential helper: one action, its request on stdin, its answer or its error on stdout. Returns 0 or 1. */
export async function runCredentialHelper(system: System): Promise<0 | 1> {
  const [action, ...rest] = system.args;
  const usage = `Usage: ${program} <${helperActions.join('|')}>`;
  if (action === undefined || rest.length > 0) return fail(system, usage);
  if (action === '--version' || action === '-v') return answer(system, versionLine());
  if (action === '--help' || action === '-h') return answer(system, `${usage}\n`);
  if (!isHelperAction(action)) return fail(system, `${program}: unknown action: ${toPrintable(action)}`);
  try {
    const output = await act(system, action);
    return typeof output === 'string' ? answer(system, output) : fail(system, output.error);
  } catch (error) {
    if (error instanceof StateFileError) return fail(system, `registry-login: ${error.message}`);
    throw error;
  }
}

async function act(system: System, action: HelperAction): Promise<string | HelperError> {
  switch (action) {
    case 'get': {
      const server = parseServerRequest(await readInput(system));
      if (typeof server !== 'string') return server;
      const found = await findCredentials(system, server);
      return 'error' in found ? found : formatCredential({ serverUrl: server, ...found });
    }
    case 'store': {
      const request = parseStoreRequest(await readInput(system));
      if ('error' in request) return request;
      const { serverUrl, username, secret } = request;
      await rememberLogin(system, serverUrl, { username, secret });
      return '';
    }
    case 'erase': {
      const server = parseServerRequest(await readInput(system));
      if (typeof server !== 'string') return server;
      await rememberLogin(system, server, null);
      return '';
    }
    case 'list':
      return formatList(await listUsers(system));
    case 'version':
      return versionLine();
  }
}

/** The user's own `docker login` goes before the set, and `docker logout` (null) means none, the token included, until the next `registry-login`. */
async function rememberLogin(system: System, server: string, login: StoredLogin | null): Promise<void> {
  const path = cacheFilePath(system.env, system.homeDirectory);
  if (path === null)
    throw new StateFileError('No home directory is known to store this in. Set HOME or XDG_STATE_HOME.');
  const key = keyOf(server);
  await updateCache(path, (cache) => ({
    tokens: login === null ? new Map([...cache.tokens].filter(([other]) => other !== key)) : cache.tokens,
    logins: new Map([...cache.logins, [key, login]]),
  }));
}

/** Every server that `get` knows here, with its user. */
async function listUsers(system: System): Promise<Map<string, string>> {
  const { tokens, logins } = await readCacheQuietly(system);
  const users = new Map<string, string>();
  for (const [server, token] of tokens) {
    if (!isSealed(token)) users.set(server, token.username);
  }
  const { readSources } = await import('../io/sources.ts');
  for (const set of readSources(system).sets)
    users.set(set.server.key, renewsItself(set) ? tokenOwner : set.username);
  for (const [server, login] of logins) {
    if (login === null) users.delete(server);
    else users.set(server, login.username);
  }
  return users;
}

function keyOf(server: string): string {
  const host = parseRegistryHost(server);
  return 'error' in host ? server : host.key;
}

function versionLine(): string {
  return `${program} (devcontainer-registry-login) ${version}\n`;
}

async function readInput(system: System): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of system.stdin) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function answer(system: System, text: string): 0 {
  if (text !== '') system.stdout.write(text);
  return 0;
}

function fail(system: System, message: string): 1 {
  system.stdout.write(`${message}\n`);
  return 1;
}
