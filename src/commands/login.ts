import type { DockerConfig } from '../core/docker-config.ts';
import { type LoginState, noState, seenSinceStart } from '../core/login-state.ts';
import { renewsItself } from '../core/placement.ts';
import { exitCodeOf, type ExitCode, type Problem, type RegistryReport, type Report } from '../core/report.ts';
import type { SecretSet } from '../core/secret-set.ts';
import { attemptLogins } from '../io/attempt-logins.ts';
import { locateConfigFile, readConfigFile } from '../io/config-file.ts';
import { helperPresence } from '../io/find-on-path.ts';
import {
  changedSets,
  goneRecords,
  type LoginResult,
  recallLogin,
  recallState,
  rememberLogins,
} from '../io/login-memory.ts';
import { watchProgress } from '../io/progress.ts';
import { gatherRestartEvidence } from '../io/restart-evidence.ts';
import { readSources, selectSources, type Sources } from '../io/sources.ts';
import { prepareStoring, type Records, storeLogins } from '../io/store-logins.ts';
import type { System } from '../io/system.ts';
import { type Attempt, verifySet } from '../io/verify-set.ts';
import { noteFileProblem } from './file-problem.ts';
import { helperProblems } from './helper-problems.ts';
import { printReport } from './print-report.ts';
import { attemptRow, byName, identityOf, removedRow, unusableRow } from './report-rows.ts';

export interface LoginFlags {
  readonly json: boolean;
  readonly dryRun: boolean;
  readonly skipVerified: boolean;
  readonly exitZero: boolean;
  readonly only: readonly string[];
}

/** What one login run goes by. */
interface Run {
  readonly system: System;
  readonly flags: LoginFlags;
  /** Of all sets, also of those that `--only` leaves out. */
  readonly all: Sources;
  readonly sources: Sources;
  /** Grows while the run goes on. */
  readonly problems: Problem[];
  readonly configFile: string | null;
}

interface Outcome {
  readonly results: readonly LoginResult[];
  /** Names of the sets whose entry was removed. */
  readonly removed: ReadonlySet<string>;
}

const goneMessage = 'The set is gone; what was stored for it has been removed.';
const movedMessage = 'The set is for another server now; what was stored for this one has been removed.';

/** What took no longer is stored at once, whatever else is still awaited, in milliseconds. */
const patienceMs = 2000;

/** By then all requests are on their way; registries that answer sooner leave no time to use. */
const idleMs = 30;

/** Logs in with every set at once, writes what may be written, removes what has gone, remembers, and reports. */
export async function runLogin(system: System, flags: LoginFlags): Promise<ExitCode> {
  const all = readSources(system);
  const sources = selectSources(all, flags.only);
  const problems = [...sources.problems];
  const configFile = await noteFileProblem(problems, async () => locateConfigFile(system));
  const run: Run = { system, flags, all, sources, problems, configFile };
  const report = flags.dryRun ? planReport(run) : await logIn(run);
  printReport(system, report, flags.json);
  return flags.exitZero ? 0 : exitCodeOf(report);
}

async function logIn(run: Run): Promise<Report> {
  const { system, flags, all, sources, problems, configFile } = run;
  const deadline = AbortSignal.timeout(sources.options.timeoutMs);
  const state = await noteFileProblem(problems, () => recallState(system));
  const known = state ?? noState;
  const start = system.containerStart();
  const evidence = gatherRestartEvidence(system, all, deadline, seenSinceStart(known, start));
  // Somebody who types this in a shell that lacks the secrets does not mean to log out of everything.
  const isTyped = system.stdout.isTTY && !flags.skipVerified;
  const gone = flags.only.length > 0 ? [] : goneRecords(known, start, all.names, all.sets, isTyped);
  const { results, removed } = await attemptAndStore(run, state, gone, deadline);
  problems.push(...helperProblems(helperPresence(system.env), results));
  const rows = [
    ...results.map(attemptRow),
    ...sources.unusable.map(unusableRow),
    ...gone
      .filter(([name]) => removed.has(name))
      .map(([name, record]) =>
        removedRow(name, record, all.names.includes(name) ? movedMessage : goneMessage),
      ),
  ].toSorted(byName);
  const { restart } = (await evidence).decide({
    problems,
    rows,
    changes: changedSets(known, start, all.sets),
  });
  return { schemaVersion: 1, command: 'login', configFile, registries: rows, problems, restart };
}

/** All sets at once, so that a slow registry delays nobody; each ends with the deadline at the latest. `state` is null where it cannot be used. */
async function attemptAndStore(
  run: Run,
  state: LoginState | null,
  gone: Records,
  deadline: AbortSignal,
): Promise<Outcome> {
  const { system, flags, all, sources, problems, configFile } = run;
  const known = state ?? noState;
  const { sets, options } = sources;
  const config = flags.skipVerified && configFile !== null ? await readQuietly(configFile) : null;
  const progress = watchProgress(
    system.stderr,
    sets.map(({ name }) => name),
  );
  const attempt = async (set: SecretSet): Promise<Attempt> => {
    const recalled = flags.skipVerified ? await recallQuietly(system, known, set, config) : null;
    const ended = recalled ?? (await verifySet(system, set, options, deadline));
    progress.done(set.name);
    return ended;
  };
  const results: LoginResult[] = [];
  const removed = new Set<string>();
  let leaving = gone;
  const idle = setTimeout(() => configFile !== null && void prepareStoring(configFile), idleMs);
  try {
    for await (const attempts of attemptLogins(sets, attempt, patienceMs)) {
      const stored =
        configFile === null
          ? null
          : await noteFileProblem(problems, () => {
              return storeLogins(system, configFile, options.credentialStore, attempts, leaving, known);
            });
      const batch = attempts.map((one) => ({
        attempt: one,
        placed: stored?.places.get(one.set.server.key) ?? null,
      }));
      results.push(...batch);
      if (stored === null) continue;
      for (const name of stored.removed) removed.add(name);
      const left = leaving;
      if (state !== null)
        await noteFileProblem(problems, () =>
          rememberLogins(system, options.credentialStore, all.sets, batch, left),
        );
      leaving = [];
    }
  } finally {
    progress.stop();
    clearTimeout(idle);
  }
  return { results, removed };
}

async function readQuietly(configFile: string): Promise<DockerConfig | null> {
  return (await noteFileProblem([], () => readConfigFile(configFile)))?.config ?? null;
}

/** A cache that cannot be read only costs a login; writing it later says what is wrong with it. */
async function recallQuietly(
  system: System,
  state: LoginState,
  set: SecretSet,
  config: DockerConfig | null,
): Promise<Attempt | null> {
  return (
    (await noteFileProblem([], async () => ({ attempt: await recallLogin(system, state, set, config) })))
      ?.attempt ?? null
  );
}

function planReport({ sources, problems, configFile }: Run): Report {
  const planned = sources.sets.map((set): RegistryReport => {
    const message = renewsItself(set)
      ? 'Would exchange the AWS keys for a token and store it.'
      : 'Would log in and store the credentials.';
    return {
      ...identityOf(set),
      status: 'planned',
      store: null,
      expiresAt: null,
      durationMs: null,
      message,
      advice: null,
    };
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
