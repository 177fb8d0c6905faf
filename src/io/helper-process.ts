import type { Credential } from '../core/credential.ts';
import { credentialsNotFound, tokenUsername } from '../core/helper-protocol.ts';
import { findNearMisses } from '../core/near-miss.ts';
import { Secret } from '../core/secret.ts';
import { parseVariableName } from '../core/variable-name.ts';
import { findOnPath } from './find-on-path.ts';
import type { Environment } from './system.ts';

/** What somebody else's credential helper says about a server. */
export type HelperAnswer =
  | { readonly outcome: 'found'; readonly credential: Credential }
  | { readonly outcome: 'not-found' | 'missing' | 'hangs' | 'fails' };

/** How long a helper may take, in milliseconds. */
const usualTimeoutMs = 5000;
const maxOutputBytes = 128 * 1024;

type Action = 'get' | 'store' | 'erase';

/** Asks `docker-credential-<helper> get`, as docker would. Whatever it does is an answer, never an exception. */
export async function askHelper(
  env: Environment,
  helper: string,
  server: string,
  timeoutMs = usualTimeoutMs,
): Promise<HelperAnswer> {
  const { outcome, output } = await runHelper(environmentFor(env, server), helper, 'get', server, timeoutMs);
  if (outcome === 'fails') return { outcome: output.trim() === credentialsNotFound ? 'not-found' : 'fails' };
  return outcome === 'done' ? readAnswer(output) : { outcome };
}

/** Hands a login to a helper, as `docker login` does (docker/cli v28 `credentials/native_store.go` Store). False where it did not take it. */
export async function storeWithHelper(
  env: Environment,
  helper: string,
  server: string,
  credential: Credential,
): Promise<boolean> {
  const { username, password, identityToken } = credential;
  const request = {
    ServerURL: server,
    Username: identityToken === undefined ? username : tokenUsername,
    Secret: (identityToken ?? password).reveal(),
  };
  return (
    (await runHelper(environmentFor(env, server), helper, 'store', JSON.stringify(request))).outcome ===
    'done'
  );
}

/** Takes a login out of a helper, as `docker logout` does. */
export async function eraseWithHelper(env: Environment, helper: string, server: string): Promise<boolean> {
  return (await runHelper(environmentFor(env, server), helper, 'erase', server)).outcome === 'done';
}

/** Runs a helper with this environment alone; one that takes too long is ended. */
async function runHelper(
  env: Readonly<Record<string, string>>,
  helper: string,
  action: Action,
  input: string,
  timeoutMs = usualTimeoutMs,
): Promise<{ outcome: 'done' | 'missing' | 'hangs' | 'fails'; output: string }> {
  const program = /^[\w.-]+$/.test(helper) ? findOnPath(env, `docker-credential-${helper}`) : null;
  if (program === null) return { outcome: 'missing', output: '' };
  const { execa } = await import('execa');
  const subprocess = execa(program, [action], {
    input,
    env,
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
    return { outcome: 'hangs', output: '' };
  }
  return {
    outcome: ended.exitCode === 0 ? 'done' : 'fails',
    output: typeof ended.stdout === 'string' ? ended.stdout : '',
  };
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
  if (username !== tokenUsername)
    return { outcome: 'found', credential: { username, password: new Secret(secret) } };
  return {
    outcome: 'found',
    credential: { username: '', password: new Secret(''), identityToken: new Secret(secret) },
  };
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
