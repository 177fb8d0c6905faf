import { emptyState, type LoginState, seenSinceStart, type SetRecord } from '../core/login-state.ts';
import { placeLogins, removeLogin } from '../core/place-logins.ts';
import { helperName, renewsItself } from '../core/placement.ts';
import { exitCodeOf, type ExitCode, type Problem, type RegistryReport, type Report, type Store } from '../core/report.ts';
import type { SecretSet } from '../core/secret-set.ts';
import { locateConfigFile, updateConfigFile } from '../io/config-file.ts';
import { findOnPath } from '../io/find-on-path.ts';
import { changedSets, goneRecords, recallLogin, recallState, rememberLogins } from '../io/login-memory.ts';
import { stateDirectory } from '../io/private-file.ts';
import { watchProgress } from '../io/progress.ts';
import { gatherRestartEvidence } from '../io/restart-evidence.ts';
import { readSources, type Sources } from '../io/sources.ts';
import type { System } from '../io/system.ts';
import { type Attempt, verifySet } from '../io/verify-set.ts';
import { noteFileProblem } from './file-problem.ts';
import { printReport } from './print-report.ts';
import { attemptRow, byName, identityOf, removedRow, unusableRow } from './report-rows.ts';

export interface LoginFlags {
  readonly json: boolean;
  readonly dryRun: boolean;
  readonly skipVerified: boolean;
  readonly exitZero: boolean;
  readonly only: readonly string[];
}

type Gone = readonly (readonly [string, SetRecord])[];

interface Stored {
  /** By the server's key. */
  readonly stores: ReadonlyMap<string, Store | null>;
  /** Names of the sets whose entry was removed. */
  readonly removed: ReadonlySet<string>;
}

const goneMessage = 'The set is gone; what was stored for it has been removed.';

/** 100 secrets make 33 sets, the most that GitHub allows: none of them waits for another. */
const mostAtOnce = 48;

/** Logs in with every set at once, writes what may be written, removes what has gone, remembers, and reports. */
export async function runLogin(system: System, flags: LoginFlags): Promise<ExitCode> {
  const sources = select(readSources(system), flags.only);
  const problems = [...sources.problems];
  const configFile = await noteFileProblem(problems, async () => locateConfigFile(system));
  const report = flags.dryRun
    ? planReport(sources, problems, configFile)
    : await logIn(system, sources, flags, problems, configFile);
  printReport(system, report, flags.json);
  return flags.exitZero ? 0 : exitCodeOf(report);
}

async function logIn(
  system: System,
  sources: Sources,
  flags: LoginFlags,
  problems: Problem[],
  configFile: string | null,
): Promise<Report> {
  const deadline = AbortSignal.timeout(sources.options.timeoutMs);
  const recalled = await noteFileProblem(problems, () => recallState(system));
  const state = recalled ?? emptyState('0'.repeat(64));
  const start = system.containerStart();
  const evidence = gatherRestartEvidence(system, sources, deadline, seenSinceStart(state, start));
  const attempts = await attemptAll(system, sources, state, flags, deadline);
  // Somebody who types this in a shell that lacks the secrets does not mean to log out of everything.
  const isTyped = system.stdout.isTTY && !flags.skipVerified;
  const gone: Gone =
    flags.only.length > 0 ? [] : goneRecords(state, start, sources.names, sources.sets, isTyped);
  const stored =
    configFile === null
      ? null
      : await noteFileProblem(problems, () => store(system, configFile, sources, attempts, gone, state.salt, deadline));
  const storeOf = ({ set }: Attempt): Store | null => stored?.stores.get(set.server.key) ?? null;
  if (recalled !== null && stored !== null) {
    const results = attempts.map((attempt) => ({ attempt, store: storeOf(attempt) }));
    await noteFileProblem(problems, () => rememberLogins(system, sources.sets, results, gone));
  }
  problems.push(...missingHelper(system, stored));
  const rows = [
    ...attempts.map((attempt) => attemptRow(attempt, storeOf(attempt))),
    ...sources.unusable.map(unusableRow),
    ...gone.filter(([name]) => stored?.removed.has(name)).map(([name, record]) => removedRow(name, record, goneMessage)),
  ].toSorted(byName);
  const { restart } = (await evidence).decide({ problems, rows, changes: changedSets(state, start, sources.sets) });
  return { schemaVersion: 1, command: 'login', configFile, registries: rows, problems, restart };
}

/** All sets at once, so that a slow registry delays nobody; each ends with the deadline at the latest. */
async function attemptAll(
  system: System,
  { sets, options }: Sources,
  state: LoginState,
  flags: LoginFlags,
  deadline: AbortSignal,
): Promise<Attempt[]> {
  const progress = watchProgress(system.stderr, sets.map(({ name }) => name));
  const attempts: Attempt[] = [];
  const queue = [...sets.entries()];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [index, set] = next;
      attempts[index] =
        (flags.skipVerified ? await recallQuietly(system, state, set) : null) ?? (await verifySet(system, set, options, deadline));
      progress.done(set.name);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(mostAtOnce, sets.length) }, work));
  } finally {
    progress.stop();
  }
  return attempts;
}

/** A cache that cannot be read only costs a login; writing it later says what is wrong with it. */
async function recallQuietly(system: System, state: LoginState, set: SecretSet): Promise<Attempt | null> {
  return (await noteFileProblem([], async () => ({ attempt: await recallLogin(system, state, set) })))?.attempt ?? null;
}

async function store(
  system: System,
  configFile: string,
  { options }: Sources,
  attempts: readonly Attempt[],
  gone: Gone,
  salt: string,
  signal: AbortSignal,
): Promise<Stored> {
  const placements = attempts
    .filter(({ set, credential, status }) => credential !== null || (renewsItself(set) && status === 'unreachable'))
    .map(({ set, credential, isRecalled }) => ({ set, credential, onlyIfMissing: isRecalled && !renewsItself(set) }));
  let stored: Stored = { stores: new Map(), removed: new Set() };
  if (placements.length === 0 && gone.length === 0) return stored;
  await updateConfigFile(
    configFile,
    (config) => {
      const removed = new Set<string>();
      let edited = config;
      for (const [name, record] of gone) {
        const removal = removeLogin(edited, record, salt);
        if (removal.removed) removed.add(name);
        edited = removal.config;
      }
      const placed = placeLogins(edited, options.credentialStore, placements);
      stored = { stores: placed.stores, removed };
      return placed.config;
    },
    { signal, stateDirectory: stateDirectory(system.env, system.homeDirectory) },
  );
  return stored;
}

/** Clients find a helper by its name on PATH; an entry in `credHelpers` alone would make their pulls fail. */
function missingHelper(system: System, stored: Stored | null): Problem[] {
  const isNamed = [...(stored?.stores.values() ?? [])].some((place) => place === 'helper' || place === 'both');
  const program = `docker-credential-${helperName}`;
  if (!isNamed || findOnPath(system.env, program) !== null) return [];
  return [
    {
      code: 'helper-not-found',
      name: null,
      variables: [],
      message: `The Docker config names the credential helper ${program}, which is not on PATH.`,
      advice: 'Install it: npm install --global devcontainer-registry-login. Or set the option credentialStore to config.',
    },
  ];
}

function select(sources: Sources, only: readonly string[]): Sources {
  if (only.length === 0) return sources;
  const isWanted = (name: string | null): boolean => name !== null && only.includes(name);
  const known = [...sources.names, ...sources.sets.map(({ name }) => name)];
  const unknown = only.filter((name) => !known.includes(name));
  return {
    ...sources,
    sets: sources.sets.filter(({ name }) => isWanted(name)),
    unusable: sources.unusable.filter(({ name }) => isWanted(name)),
    problems: [
      ...sources.problems.filter(({ name }) => isWanted(name)),
      ...unknown.map((name): Problem => {
        return {
          code: 'unknown-name',
          name,
          variables: [],
          message: `There is no set ${name} here.`,
          advice: known.length > 0 ? `Sets here: ${known.join(', ')}.` : null,
        };
      }),
    ],
  };
}

function planReport(sources: Sources, problems: readonly Problem[], configFile: string | null): Report {
  const planned = sources.sets.map((set): RegistryReport => {
    const message = renewsItself(set)
      ? 'Would exchange the AWS keys for a token and store it.'
      : 'Would log in and store the credentials.';
    return { ...identityOf(set), status: 'planned', store: null, expiresAt: null, durationMs: null, message, advice: null };
  });
  return {
    schemaVersion: 1,
    command: 'login',
    configFile,
    registries: [...planned, ...sources.unusable.map(unusableRow)].toSorted(byName),
    problems,
    restart: { needed: 'unknown', reasons: [], how: null },
  };
}
