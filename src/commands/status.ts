import { type DockerConfig, emptyDockerConfig } from '../core/docker-config.ts';
import { type LoginState, seenSinceStart } from '../core/login-state.ts';
import { entryFingerprints, storeOf } from '../core/place-logins.ts';
import { renewsItself } from '../core/placement.ts';
import { exitCodeOf, type ExitCode, type RegistryReport, type Report } from '../core/report.ts';
import type { SecretSet } from '../core/secret-set.ts';
import { changedSets, setFingerprints } from '../io/login-memory.ts';
import { gatherRestartEvidence } from '../io/restart-evidence.ts';
import type { System } from '../io/system.ts';
import { printReport } from './print-report.ts';
import { byName, identityOf, isoTime, unusableRow } from './report-rows.ts';
import { readStanding } from './standing.ts';

export interface StatusFlags {
  readonly json: boolean;
  readonly exitCode: boolean;
  readonly quiet: boolean;
}

/** Says what is configured and whether a stop and start is needed. Asks GitHub where it may, and no registry. */
export async function runStatus(system: System, flags: StatusFlags): Promise<ExitCode> {
  const standing = await readStanding(system);
  const { sources, problems, configFile, state } = standing;
  const config = standing.config ?? emptyDockerConfig;
  const start = system.containerStart();
  const deadline = AbortSignal.timeout(sources.options.timeoutMs);
  const evidence = await gatherRestartEvidence(system, sources, deadline, seenSinceStart(state, start));
  const registries = [
    ...sources.sets.map((set) => statusRow(set, state, config, system.now())),
    ...sources.unusable.map(unusableRow),
  ].toSorted(byName);
  const rows = registries.map(({ name, status }) => ({ name, status }));
  const changes = changedSets(state, start, sources.sets);
  const { restart, isWorthSaying } = evidence.decide({ problems, rows, changes });
  const report: Report = { schemaVersion: 1, command: 'status', configFile, registries, problems, restart };
  const exitCode = exitCodeOf(report);
  if (!flags.quiet || isWorthSaying || exitCode !== 0) printReport(system, report, flags.json);
  return flags.exitCode && restart.needed === 'yes' ? 10 : exitCode;
}

/** What the last login found, where it was with these values; else that there was none. */
function statusRow(set: SecretSet, state: LoginState, config: DockerConfig, now: number): RegistryReport {
  const record = state.sets.get(set.name);
  const fingerprints = setFingerprints(state, [set]).get(set.name);
  const store = storeOf(config, set.server.key);
  const row = { ...identityOf(set), store, durationMs: null, advice: null };
  const isSame =
    record !== undefined &&
    record.server === set.server.key &&
    fingerprints !== undefined &&
    [...fingerprints].every(([field, value]) => record.fingerprints.get(field) === value) &&
    fingerprints.size === record.fingerprints.size;
  const again = `Run \`registry-login login --only ${set.name}\`.`;
  if (!isSame) {
    const message =
      record === undefined ? 'Not logged in yet.' : 'Not logged in with the values that are here now.';
    return { ...row, status: 'planned', expiresAt: null, message, advice: again };
  }
  const expiresAt = isoTime(record.expiresAt);
  const when = record.verifiedAt === null ? 'at an unknown time' : `at ${isoTime(record.verifiedAt)}`;
  const status = record.status as RegistryReport['status'];
  if (status !== 'ok' && status !== 'unverified') {
    return { ...row, status, expiresAt, message: `The login ${when} ended with: ${status}.`, advice: again };
  }
  if (store === null) {
    return {
      ...row,
      status: 'planned',
      expiresAt,
      message: 'The entry in the Docker config is gone.',
      advice: again,
    };
  }
  const entry = entryFingerprints(config, set.server.key, state.salt);
  const isChanged =
    entry !== null &&
    record.written !== null &&
    [...entry].some(([field, value]) => record.written?.get(field) !== value);
  const expired =
    record.expiresAt !== null && record.expiresAt <= now && !renewsItself(set) ? ' It has expired.' : '';
  const changed = isChanged ? ' Somebody has changed the entry in the Docker config since.' : '';
  const message = `${status === 'ok' ? 'Verified' : 'Stored unverified'} ${when}.${expired}${changed}`;
  return { ...row, status, expiresAt, message, advice: null };
}
