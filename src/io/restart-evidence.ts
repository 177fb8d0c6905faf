import { fingerprintFields } from '../core/fingerprint.ts';
import { changesSinceLastStart, type LoginState, seenSinceStart } from '../core/login-state.ts';
import { isRegistrySecret, type LocalEvidence, needsGrant } from '../core/restart-evidence.ts';
import { decideRestart, type RestartDecision } from '../core/restart.ts';
import { setFields } from '../core/secret-set.ts';
import { githubToken, mayAskGithub } from './github-api.ts';
import type { Sources } from './sources.ts';
import type { System } from './system.ts';

export interface RestartQuestion {
  readonly sources: Pick<Sources, 'options' | 'sets' | 'unusable' | 'problems' | 'codespacesSecrets'>;
  /** Null where there is none yet, or none that can be read. */
  readonly state: LoginState | null;
  /** Names of the sets whose login was rejected. */
  readonly rejected: readonly string[];
  /** Bounds the requests to GitHub; a list that has not come by then is unknown. */
  readonly signal: AbortSignal;
}

/**
 * Gathers what is known about new secrets, asks GitHub where that is allowed (the HTTP client is loaded only then), and decides whether a
 * stop and start is needed. Sends nothing to a registry and writes nothing.
 */
export async function assessRestart(system: System, question: RestartQuestion): Promise<RestartDecision> {
  const evidence = localEvidence(system, question);
  if (!mayAskGithub(system.env) || githubToken(system.env) === null)
    return decideRestart({ ...evidence, lists: [] });
  const [{ listCodespacesSecrets }, http] = await Promise.all([import('./github-secrets.ts'), system.http()]);
  const lists = await listCodespacesSecrets({
    env: system.env,
    http,
    signal: question.signal,
    isWanted: (name) => isRegistrySecret(name, evidence),
    needsGrant: (name, updatedAt) => needsGrant(name, updatedAt, evidence),
  });
  return decideRestart({ ...evidence, lists });
}

function localEvidence(system: System, { sources, state, rejected }: RestartQuestion): LocalEvidence {
  const { env } = system;
  const start = system.containerStart();
  // The codespace's own token is new at each start; it is nobody's secret to change.
  const sets = sources.sets.filter(({ source }) => source !== 'codespace-token');
  const tokenSets = new Set(sources.sets.filter((set) => !sets.includes(set)).map(({ name }) => name));
  const found = new Map(
    state === null
      ? []
      : sets.map((set) => [set.name, fingerprintFields(state.salt, setFields(set))] as const),
  );
  const changes = state === null ? [] : changesSinceLastStart(state, start, found);
  return {
    codespaces: env['CODESPACES'] === 'true',
    codespaceName: env['CODESPACE_NAME'] ?? null,
    repository: env['GITHUB_REPOSITORY'] ?? null,
    startedAt: start.startedAt,
    environment: env,
    fileSecrets: sources.codespacesSecrets.secrets,
    expect: sources.options.expect,
    completeSets: new Set([...sources.sets, ...sources.unusable].map(({ name }) => name)),
    seen: state === null ? new Map() : seenSinceStart(state, start),
    changes: changes.filter(({ name }) => !tokenSets.has(name)),
    incomplete: sources.problems.flatMap(({ code, name, variables }) =>
      code === 'incomplete-set' && name !== null ? [{ name, variables }] : [],
    ),
    rejected: rejected.filter((name) => !tokenSets.has(name)),
  };
}
