import { describeOrigin } from '../core/credential-origin.ts';
import { emptyDockerConfig } from '../core/docker-config.ts';
import { StepList } from '../core/doctor-steps.ts';
import { recordForServer, seenSinceStart } from '../core/login-state.ts';
import { recordedStore, storeOf } from '../core/place-logins.ts';
import { exitCodeOf, type ExitCode, type RegistryReport, type Report, type Store } from '../core/report.ts';
import type { UnusableSet } from '../core/secret-set.ts';
import { checkImage } from '../io/check-image.ts';
import { findCredentialOrigin } from '../io/credential-origin.ts';
import { type Diagnosis, diagnoseSet } from '../io/diagnose-set.ts';
import { changedSets } from '../io/login-memory.ts';
import { watchProgress } from '../io/progress.ts';
import { gatherRestartEvidence } from '../io/restart-evidence.ts';
import type { System } from '../io/system.ts';
import { printReport } from './print-report.ts';
import { byName, identityOf, isoTime, unusableRow } from './report-rows.ts';
import { readStanding } from './standing.ts';

export interface DoctorFlags {
  readonly json: boolean;
  readonly images: readonly string[];
}

/** Checks every set step by step, where docker takes its credentials from, and whether each image can be pulled. Writes nothing. */
export async function runDoctor(system: System, flags: DoctorFlags): Promise<ExitCode> {
  const standing = await readStanding(system);
  const { sources, problems, configFile, state } = standing;
  const config = standing.config ?? emptyDockerConfig;
  const { options, sets } = sources;
  const signal = AbortSignal.timeout(options.timeoutMs);
  const evidence = gatherRestartEvidence(
    system,
    sources,
    signal,
    seenSinceStart(state, system.containerStart()),
  );
  const progress = watchProgress(system.stderr, [...sets.map(({ name }) => name), ...flags.images]);
  const diagnoses = new Map(sets.map((set) => [set.server.key, diagnoseSet(system, set, options, signal)]));
  try {
    const [rows, images] = await Promise.all([
      Promise.all([...diagnoses].map(async ([key, pending]) => await describe(key, await pending))),
      Promise.all(
        [...new Set(flags.images)].map(async (image) => {
          const report = await checkImage({ system, options, config, diagnoses }, image);
          progress.done(image);
          return report;
        }),
      ),
    ]);
    const registries = [...rows, ...sources.unusable.map(unusableDoctorRow)].toSorted(byName);
    const changes = changedSets(state, system.containerStart(), sets);
    const { restart } = (await evidence).decide({ problems, rows: registries, changes });
    const report: Report = {
      schemaVersion: 1,
      command: 'doctor',
      configFile,
      registries,
      problems,
      restart,
      images,
    };
    printReport(system, report, flags.json);
    return exitCodeOf(report);
  } finally {
    progress.stop();
  }

  async function describe(key: string, diagnosis: Diagnosis): Promise<RegistryReport> {
    const { set, steps, explanation } = diagnosis;
    if (standing.config === null) {
      steps.skip('config', 'The Docker config could not be read.');
    } else {
      const origin = await findCredentialOrigin(system, config, key, set);
      steps.add(describeOrigin(origin, set, explanation.status, system.now()));
    }
    progress.done(set.name);
    const record = recordForServer(state, set.name, key);
    return doctorRow(diagnosis, record === undefined ? storeOf(config, key) : recordedStore(config, record));
  }
}

/** What docker makes of the login counts too: where all else is well, its fault is the registry's. */
function doctorRow(
  { set, steps, explanation, expiresAt, durationMs }: Diagnosis,
  store: Store | null,
): RegistryReport {
  const all = steps.all();
  const isWell = explanation.status === 'ok' || explanation.status === 'unverified';
  const fault = isWell ? all.find(({ status }) => status === 'failed') : undefined;
  const { status, message, advice } =
    fault === undefined ? explanation : { ...fault, status: 'error' as const };
  return {
    ...identityOf(set),
    status,
    store,
    expiresAt: isoTime(expiresAt),
    durationMs,
    message,
    advice,
    steps: all,
  };
}

function unusableDoctorRow(set: UnusableSet): RegistryReport {
  const steps = new StepList();
  steps.fail('variables', set);
  return { ...unusableRow(set), steps: steps.all() };
}
