import { emptyDockerConfig } from '../core/docker-config.ts';
import { emptyState, seenSinceStart } from '../core/login-state.ts';
import { storeOf } from '../core/place-logins.ts';
import { exitCodeOf, type ExitCode, type RegistryReport, type Report, type Step, type Store } from '../core/report.ts';
import { variableName } from '../core/secret-set.ts';
import type { UnusableSet } from '../core/secret-set.ts';
import { userAgent } from '../core/version.ts';
import { checkImage } from '../io/check-image.ts';
import { locateConfigFile, readConfigFile } from '../io/config-file.ts';
import { traceCredential } from '../io/credential-origin.ts';
import { type Diagnosis, diagnoseSet } from '../io/diagnose-set.ts';
import { changedSets, recallState } from '../io/login-memory.ts';
import { gatherRestartEvidence } from '../io/restart-evidence.ts';
import { readSources } from '../io/sources.ts';
import type { System } from '../io/system.ts';
import { noteFileProblem } from './file-problem.ts';
import { printReport } from './print-report.ts';
import { byName, identityOf, isoTime, unusableRow } from './report-rows.ts';

export interface DoctorFlags {
  readonly json: boolean;
  readonly images: readonly string[];
}

/** Checks every set step by step, where docker takes its credentials from, and whether each image can be pulled. Writes nothing. */
export async function runDoctor(system: System, flags: DoctorFlags): Promise<ExitCode> {
  const sources = readSources(system);
  const problems = [...sources.problems];
  const configFile = await noteFileProblem(problems, async () => locateConfigFile(system));
  const read = configFile === null ? null : await noteFileProblem(problems, () => readConfigFile(configFile));
  const config = read?.config ?? emptyDockerConfig;
  const state = (await noteFileProblem(problems, () => recallState(system))) ?? emptyState('0'.repeat(64));
  const { options } = sources;
  const signal = AbortSignal.timeout(options.timeoutMs);
  const evidence = gatherRestartEvidence(system, sources, signal, seenSinceStart(state, system.containerStart()));
  const diagnosed = await Promise.all(
    sources.sets.map(async (set) => {
      const [diagnosis, origin] = await Promise.all([
        diagnoseSet(system, set, options, userAgent, signal),
        traceCredential(system, config, set.server.key),
      ]);
      return { diagnosis, origin };
    }),
  );
  const diagnoses = diagnosed.map(({ diagnosis }) => diagnosis);
  const check = { system, options, diagnoses, config, userAgent, signal };
  const images = await Promise.all(flags.images.map((image) => checkImage(check, image)));
  const registries = [
    ...diagnosed.map(({ diagnosis, origin }) => doctorRow(diagnosis, origin, storeOf(config, diagnosis.set.server.key))),
    ...sources.unusable.map((set) => ({ ...unusableRow(set), steps: [unusableStep(set)] })),
  ].toSorted(byName);
  const changes = changedSets(state, system.containerStart(), sources.sets);
  const { restart } = (await evidence).decide({ problems, rows: registries, changes });
  const report: Report = { schemaVersion: 1, command: 'doctor', configFile, registries, problems, restart, images };
  printReport(system, report, flags.json);
  return exitCodeOf(report);
}

function doctorRow(diagnosis: Diagnosis, origin: Step, store: Store | null): RegistryReport {
  const { set, steps, explanation, expiresAt, durationMs } = diagnosis;
  return { ...identityOf(set), ...explanation, store, expiresAt: isoTime(expiresAt), durationMs, steps: [...steps, origin] };
}

function unusableStep({ name, message, advice }: UnusableSet): Step {
  return { step: 'variables', status: 'failed', message: message || `${variableName(name, 'SERVER')} cannot be used.`, advice };
}
