import { exitCodeOf, type ExitCode, type Report } from '../core/report.ts';
import { locateConfigFile } from '../io/config-file.ts';
import { readSources } from '../io/sources.ts';
import type { System } from '../io/system.ts';
import { verifySet } from '../io/verify-set.ts';
import { noteFileProblem } from './file-problem.ts';
import { printReport } from './print-report.ts';
import { attemptRow, byName, unusableRow } from './report-rows.ts';

export interface DoctorFlags {
  readonly json: boolean;
  readonly images: readonly string[];
}

export async function runDoctor(system: System, flags: DoctorFlags): Promise<ExitCode> {
  const sources = readSources(system);
  const problems = [...sources.problems];
  const configFile = await noteFileProblem(problems, async () => locateConfigFile(system));
  const deadline = AbortSignal.timeout(sources.options.timeoutMs);
  const attempts = await Promise.all(sources.sets.map((set) => verifySet(system, set, sources.options, deadline)));
  const registries = [...attempts.map((attempt) => attemptRow(attempt, null)), ...sources.unusable.map(unusableRow)].toSorted(byName);
  const restart = { needed: 'unknown', reasons: [], how: null } as const;
  const report: Report = { schemaVersion: 1, command: 'doctor', configFile, registries, problems, restart, images: [] };
  printReport(system, report, flags.json);
  return exitCodeOf(report);
}
