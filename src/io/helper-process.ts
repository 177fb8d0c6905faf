import { credentialsNotFound } from '../core/helper-protocol.ts';
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

/** Asks `docker-credential-<helper> get`, as docker would; it gets none of our secrets. Whatever it does is an answer, never an exception. */
export async function askHelper(env: Environment, helper: string, server: string): Promise<HelperAnswer> {
  const program = /^[\w.-]+$/.test(helper) ? findOnPath(env, `docker-credential-${helper}`) : null;
  if (program === null) return { outcome: 'missing' };
  const { execa } = await import('execa');
  const result = await execa(program, ['get'], {
    input: server,
    env: withoutSecrets(env),
    extendEnv: false,
    timeout: timeoutMs,
    forceKillAfterDelay: 500,
    maxBuffer: maxOutputBytes,
    reject: false,
    stderr: 'ignore',
  });
  if (result.timedOut) return { outcome: 'hangs' };
  const output = typeof result.stdout === 'string' ? result.stdout : '';
  if (result.exitCode !== 0) {
    return output.trim() === credentialsNotFound ? { outcome: 'not-found' } : { outcome: 'fails' };
  }
  try {
    const { Username: username } = JSON.parse(output) as { Username?: unknown };
    return typeof username === 'string' && username !== '' ? { outcome: 'found', username } : { outcome: 'not-found' };
  } catch {
    return { outcome: 'fails' };
  }
}

function withoutSecrets(env: Environment): Record<string, string> {
  const kept = Object.entries(env).filter(([variable, value]) => {
    return value !== undefined && parseVariableName(variable) === null && variable !== 'REGISTRY_LOGIN_GITHUB_TOKEN';
  });
  return Object.fromEntries(kept) as Record<string, string>;
}
