import type { SecretList } from '../core/github-lists.ts';
import { type LoginState, seenSinceStart, type SetChange } from '../core/login-state.ts';
import { nearMissCorrection } from '../core/near-miss.ts';
import type { Problem } from '../core/report.ts';
import type { RestartEvidence } from '../core/restart.ts';
import { parseVariableName } from '../core/secret-set.ts';
import type { Sources } from './sources.ts';
import type { System } from './system.ts';

/** Asks GitHub for its lists of secrets, where it may be asked: in a codespace, or with a token given for it. Never throws. */
export async function fetchSecretLists(system: System, signal: AbortSignal): Promise<readonly SecretList[]> {
  const { env } = system;
  if (env['CODESPACES'] !== 'true' && !env['REGISTRY_LOGIN_GITHUB_TOKEN']?.trim()) return [];
  const { listCodespacesSecrets } = await import('./github-secrets.ts');
  const startedAt = system.containerStart().startedAt;
  return listCodespacesSecrets({
    env,
    http: await system.http(),
    signal,
    isWanted: (name) => parseVariableName(name) !== null || nearMissCorrection(name) !== null,
    needsGrant: (name, updatedAt) => env[name] === undefined || updatedAt === null || startedAt === null || updatedAt > startedAt,
  });
}

/** Everything that `decideRestart` goes by. */
export function collectEvidence(
  system: System,
  sources: Sources,
  state: LoginState,
  lists: readonly SecretList[],
  changes: readonly SetChange[],
  problems: readonly Problem[],
  rejected: readonly string[],
): RestartEvidence {
  const { env } = system;
  const start = system.containerStart();
  return {
    codespaces: env['CODESPACES'] === 'true',
    codespaceName: env['CODESPACE_NAME'] || null,
    repository: env['GITHUB_REPOSITORY'] || null,
    startedAt: start.startedAt,
    environment: env,
    fileSecrets: sources.codespacesSecrets.secrets,
    lists,
    expect: sources.options.expect,
    completeSets: new Set([...sources.sets, ...sources.unusable].map(({ name }) => name)),
    seen: seenSinceStart(state, start),
    changes,
    incomplete: problems
      .filter(({ code }) => code === 'incomplete-set')
      .map(({ name, variables }) => ({ name: name ?? '', variables })),
    rejected,
  };
}
