import type { Credential } from '../core/credential.ts';
import { credentialsNotFound, tokenUsername } from '../core/helper-protocol.ts';
import { findNearMisses } from '../core/near-miss.ts';
import { Secret } from '../core/secret.ts';
import { parseVariableName } from '../core/secret-set.ts';
import { findOnPath } from './find-on-path.ts';
import type { Environment } from './system.ts';

/** What somebody else's credential helper says about a server. */
export type HelperAnswer =
  | { readonly outcome: 'found'; readonly credential: Credential }
  | { readonly outcome: 'not-found' | 'missing' | 'hangs' | 'fails' };

/** How long a helper may take, in milliseconds. */
const usualTimeoutMs = 5000;
const maxOutputBytes = 128 * 1024;

/**
 * Asks `docker-credential-<helper> get`, as docker would, but without our secrets in its environment. Whatever it does is an answer,
 * never an exception; one that takes too long is ended.
 */
export async function askHelper(
  env: Environment,
  helper: string,
  server: string,
  timeoutMs = usualTimeoutMs,
): Promise<HelperAnswer> {
  const program = /^[\w.-]+$/.test(helper) ? findOnPath(env, `docker-credential-${helper}`) : null;
  if (program === null) return { outcome: 'missing' };
  const { execa } = await import('execa');
  const subprocess = execa(program, ['get'], {
    input: server,
    env: environmentFor(env, server),
    extendEnv: false,
    maxBuffer: maxOutputBytes,
    reject: false,
    stderr: 'ignore',
  });
  const ended = await untilLate(subprocess, timeoutMs);
  if (ended === null) {
    subprocess.kill('SIGKILL');
    // What the helper started may hold its output open.
    subprocess.stdout.destroy();
    return { outcome: 'hangs' };
  }
  const output = typeof ended.stdout === 'string' ? ended.stdout : '';
  if (ended.exitCode !== 0) return { outcome: output.trim() === credentialsNotFound ? 'not-found' : 'fails' };
  return readAnswer(output);
}

/** As docker reads it: the user `<token>` stands for an identity token (docker/cli v28 `cli/config/credentials/native_store.go`). */
function readAnswer(output: string): HelperAnswer {
  let answer: unknown;
  try {
    answer = JSON.parse(output);
  } catch {
    return { outcome: 'fails' };
  }
  if (typeof answer !== 'object' || answer === null) return { outcome: 'fails' };
  const { Username: username, Secret: secret } = answer as { Username?: unknown; Secret?: unknown };
  if (typeof username !== 'string' || typeof secret !== 'string') return { outcome: 'fails' };
  if (username === '' && secret === '') return { outcome: 'not-found' };
  if (username !== tokenUsername) return { outcome: 'found', credential: { username, password: new Secret(secret) } };
  return { outcome: 'found', credential: { username: '', password: new Secret(''), identityToken: new Secret(secret) } };
}

async function untilLate<T>(promise: PromiseLike<T>, timeoutMs: number): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

const githubTokens: ReadonlySet<string> = new Set(['GITHUB_TOKEN', 'GH_TOKEN']);

/** Without the sets, misspelt ones included, and our other tokens; GitHub's tokens are for helpers of GitHub's registries. */
function environmentFor(env: Environment, server: string): Record<string, string> {
  const isGithub = server === 'ghcr.io' || server === 'docker.pkg.github.com';
  const kept = Object.entries(env).filter(([variable, value]) => {
    if (value === undefined || isOfSet(variable)) return false;
    if (variable.startsWith('REGISTRY_LOGIN_') || variable === 'DOCKER_AUTH_CONFIG') return false;
    return isGithub || !githubTokens.has(variable);
  });
  return Object.fromEntries(kept) as Record<string, string>;
}

function isOfSet(variable: string): boolean {
  if (/cont[a-z]*[_.-]?reg/i.test(variable) || parseVariableName(variable) !== null) return true;
  return findNearMisses([variable], () => false).length > 0;
}
