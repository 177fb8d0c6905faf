import type { Fingerprints } from '../core/fingerprint.ts';
import type { SecretList } from '../core/github-lists.ts';
import type { SetChange } from '../core/login-state.ts';
import type { Problem, RegistryReport } from '../core/report.ts';
import { isRegistrySecret, type LocalEvidence, needsGrant } from '../core/restart-evidence.ts';
import { decideRestart, type RestartDecision } from '../core/restart.ts';
import { githubToken, mayAskGithub } from './github-api.ts';
import type { Sources } from './sources.ts';
import type { System } from './system.ts';

/** What a command knows only at its end. */
export interface RestartFindings {
  readonly problems: readonly Problem[];
  readonly rows: readonly Pick<RegistryReport, 'name' | 'status'>[];
  readonly changes: readonly SetChange[];
}

export interface GatheredEvidence {
  decide(findings: RestartFindings): RestartDecision;
}

/** What GitHub may take, in milliseconds: the verdict comes at the end of each login and at each attach, and must not hold them up. */
const githubTimeoutMs = 5_000;

type KnownSources = Pick<Sources, 'options' | 'sets' | 'unusable' | 'codespacesSecrets'>;

/**
 * Gathers what is known about new secrets, and asks GitHub where that is allowed (the HTTP client is loaded only then); what has not come
 * after 5 s, or when `signal` fires, is unknown. `seen` is what logins saw in this container since its start (`seenSinceStart`). Sends nothing to a
 * registry, writes nothing, and does not throw for anything that is outside the program.
 */
export async function gatherRestartEvidence(
  system: System,
  sources: KnownSources,
  signal: AbortSignal,
  seen: ReadonlyMap<string, Fingerprints> = new Map(),
): Promise<GatheredEvidence> {
  const evidence = localEvidence(system, sources, seen);
  const lists = await askGithub(system, evidence, signal);
  return { decide: (findings) => decideRestart({ ...evidence, lists, ...fromFindings(findings, sources) }) };
}

async function askGithub(
  system: System,
  evidence: LocalEvidence,
  signal: AbortSignal,
): Promise<SecretList[]> {
  const { env } = system;
  if (!mayAskGithub(env) || githubToken(env) === null) return [];
  const [{ listCodespacesSecrets }, http] = await Promise.all([import('./github-secrets.ts'), system.http()]);
  return listCodespacesSecrets({
    env,
    http,
    signal: AbortSignal.any([signal, AbortSignal.timeout(githubTimeoutMs)]),
    isWanted: (name) => isRegistrySecret(name, evidence),
    needsGrant: (name, updatedAt) => needsGrant(name, updatedAt, evidence),
  });
}

function localEvidence(
  system: System,
  { options, sets, unusable, codespacesSecrets }: KnownSources,
  seen: ReadonlyMap<string, Fingerprints>,
): LocalEvidence {
  const { env } = system;
  return {
    codespaces: env['CODESPACES'] === 'true',
    codespaceName: env['CODESPACE_NAME'] ?? null,
    repository: env['GITHUB_REPOSITORY'] ?? null,
    startedAt: system.containerStart().startedAt,
    environment: env,
    fileSecrets: codespacesSecrets.secrets,
    expect: options.expect,
    completeSets: new Set([...sets, ...unusable].map(({ name }) => name)),
    seen,
  };
}

/** The codespace's own token is new at each start and nobody's secret to change: it is no sign of anything. */
function fromFindings({ problems, rows, changes }: RestartFindings, { sets }: KnownSources) {
  const isToken = (name: string) => sets.some((set) => set.name === name && set.source === 'codespace-token');
  return {
    changes: changes.filter(({ name }) => !isToken(name)),
    incomplete: problems.flatMap(({ code, name, variables }) =>
      code === 'incomplete-set' && name !== null ? [{ name, variables }] : [],
    ),
    rejected: rows
      .filter(({ name, status }) => status === 'rejected' && !isToken(name))
      .map(({ name }) => name),
  };
}
