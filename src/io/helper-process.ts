import type { Credential } from '../core/credential.ts';
import { credentialsNotFound, tokenUsername } from '../core/helper-protocol.ts';
import { parseVariableName } from '../core/secret-set.ts';
import { findOnPath } from './find-on-path.ts';
import type { Environment } from './system.ts';

/** What somebody else's credential helper says about a server. Its secret is not kept. */
export type HelperAnswer =
  | { readonly outcome: 'found'; readonly username: string }
  | { readonly outcome: 'not-found' }
  | { readonly outcome: 'missing' }
  | { readonly outcome: 'hangs' }
  | { readonly outcome: 'fails' };

/** How long a helper may take, in milliseconds. */
const timeoutMs = 5000;
const maxOutputBytes = 128 * 1024;

/** Asks `docker-credential-<helper> get`, as docker would. Whatever it does is an answer, never an exception. */
export async function askHelper(env: Environment, helper: string, server: string): Promise<HelperAnswer> {
  const { outcome, output } = await runHelper(env, helper, 'get', server);
  if (outcome === 'fails') return { outcome: output.trim() === credentialsNotFound ? 'not-found' : 'fails' };
  if (outcome !== 'done') return { outcome };
  try {
    const { Username: username } = JSON.parse(output) as { Username?: unknown };
    return typeof username === 'string' && username !== '' ? { outcome: 'found', username } : { outcome: 'not-found' };
  } catch {
    return { outcome: 'fails' };
  }
}

/** Hands a login to a helper, as `docker login` does (docker/cli v28 `credentials/native_store.go` Store). False where it did not take it. */
export async function storeWithHelper(env: Environment, helper: string, server: string, credential: Credential): Promise<boolean> {
  const { username, password, identityToken } = credential;
  const request = {
    ServerURL: server,
    Username: identityToken === undefined ? username : tokenUsername,
    Secret: (identityToken ?? password).reveal(),
  };
  return (await runHelper(env, helper, 'store', JSON.stringify(request))).outcome === 'done';
}

/** Takes a login out of a helper, as `docker logout` does. */
export async function eraseWithHelper(env: Environment, helper: string, server: string): Promise<boolean> {
  return (await runHelper(env, helper, 'erase', server)).outcome === 'done';
}

/** Runs a helper with none of our secrets in its environment. */
async function runHelper(
  env: Environment,
  helper: string,
  action: 'get' | 'store' | 'erase',
  input: string,
): Promise<{ outcome: 'done' | 'missing' | 'hangs' | 'fails'; output: string }> {
  const program = /^[\w.-]+$/.test(helper) ? findOnPath(env, `docker-credential-${helper}`) : null;
  if (program === null) return { outcome: 'missing', output: '' };
  const { execa } = await import('execa');
  const result = await execa(program, [action], {
    input,
    env: withoutSecrets(env),
    extendEnv: false,
    timeout: timeoutMs,
    forceKillAfterDelay: 500,
    maxBuffer: maxOutputBytes,
    reject: false,
    stderr: 'ignore',
  });
  const output = typeof result.stdout === 'string' ? result.stdout : '';
  return { outcome: result.timedOut ? 'hangs' : result.exitCode === 0 ? 'done' : 'fails', output };
}

function withoutSecrets(env: Environment): Record<string, string> {
  const kept = Object.entries(env).filter(([variable, value]) => {
    return value !== undefined && parseVariableName(variable) === null && variable !== 'REGISTRY_LOGIN_GITHUB_TOKEN';
  });
  return Object.fromEntries(kept) as Record<string, string>;
}
