import type { LoginState, SetRecord } from '../core/login-state.ts';
import { placeLogins, type Placement, removeLogin } from '../core/place-logins.ts';
import { helperName, renewsItself } from '../core/placement.ts';
import { exitCodeOf, type ExitCode, type Problem, type RegistryReport, type Report, type Store } from '../core/report.ts';
import type { SecretSet, UnusableSet } from '../core/secret-set.ts';
import { locateConfigFile, updateConfigFile } from '../io/config-file.ts';
import { findOnPath } from '../io/find-on-path.ts';
import { LoginMemory } from '../io/login-memory.ts';
import { stateDirectory } from '../io/private-file.ts';
import { watchProgress } from '../io/progress.ts';
import { gatherRestartEvidence } from '../io/restart-evidence.ts';
import { readSources, type Sources } from '../io/sources.ts';
import type { System } from '../io/system.ts';
import { type Attempt, verifySet } from '../io/verify-set.ts';
import { noteFileProblem } from './file-problem.ts';
import { printReport } from './print-report.ts';

export interface LoginFlags {
  readonly json: boolean;
  readonly dryRun: boolean;
  readonly skipVerified: boolean;
  readonly exitZero: boolean;
  readonly only: readonly string[];
}

/** Logs in with every set at once, writes what was accepted, removes what has gone, and reports. */
export async function runLogin(system: System, flags: LoginFlags): Promise<ExitCode> {
  const sources = select(readSources(system), flags.only);
  const problems: Problem[] = [...sources.problems];
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
  const { options } = sources;
  const deadline = AbortSignal.timeout(options.timeoutMs);
  const memory = await LoginMemory.open(system, problems, noteFileProblem);
  const evidence = gatherRestartEvidence(system, sources, deadline);
  const attempts = await attemptAll(system, sources, flags, memory, configFile, deadline);
  const gone = flags.only.length > 0 ? [] : memory.goneRecords(system, sources, flags.skipVerified);
  const stored =
    configFile === null
      ? null
      : await noteFileProblem(problems, () => store(system, configFile, sources, attempts, gone, memory.salt));
  await noteFileProblem(problems, () => memory.remember(attempts, gone, stored?.stores ?? new Map(), sources));
  problems.push(...missingHelper(system, stored?.stores ?? new Map()));
  const rows = [
    ...attempts.map((attempt) => attemptRow(attempt, stored?.stores.get(attempt.set.server.key) ?? null)),
    ...sources.unusable.map(unusableRow),
    ...gone.filter(([name]) => stored?.removed.has(name)).map(([name, record]) => removedRow(name, record)),
  ];
  const restart = (await evidence).decide({ problems, rows, changes: memory.changes(sources) });
  return { schemaVersion: 1, command: 'login', configFile, registries: rows.toSorted(byName), problems, restart };
}
