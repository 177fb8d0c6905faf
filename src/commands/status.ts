import { type DockerConfig, emptyDockerConfig } from '../core/docker-config.ts';
import { changedFields } from '../core/fingerprint.ts';
import { isOurEntry, type LoginState, seenSinceStart, type SetRecord } from '../core/login-state.ts';
import { entryFingerprints, recordedStore, storeOf } from '../core/place-logins.ts';
import { renewsItself } from '../core/placement.ts';
import { exitCodeOf, type ExitCode, type RegistryReport, type Report } from '../core/report.ts';
import type { SecretSet } from '../core/secret-set.ts';
import { changedSets, goneRecords, setFingerprints } from '../io/login-memory.ts';
import { gatherRestartEvidence } from '../io/restart-evidence.ts';
import type { System } from '../io/system.ts';
import { printReport } from './print-report.ts';
import { byName, changedSince, identityOf, isoTime, recordedIdentity, unusableRow } from './report-rows.ts';
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
  const absent = goneRecords(state, start, sources.names, sources.sets, false);
  const registries = [
    ...sources.sets.map((set) => statusRow(set, state, standing.config, system.now())),
    ...sources.unusable.map(unusableRow),
    ...absent.flatMap((entry) => absentRow(entry, state, config, system.now()) ?? []),
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
function statusRow(
  set: SecretSet,
  state: LoginState,
  readable: DockerConfig | null,
  now: number,
): RegistryReport {
  const config = readable ?? emptyDockerConfig;
  const record = state.sets.get(set.name);
  const fingerprints = setFingerprints(state, [set]).get(set.name);
  const isSame =
    record !== undefined &&
    record.server === set.server.key &&
    fingerprints !== undefined &&
    changedFields(record.fingerprints, fingerprints).length === 0;
  const row = { ...identityOf(set), durationMs: null };
  const again = `Run \`registry-login login --only ${set.name}\`.`;
  const planned = (message: string, expiresAt: string | null): RegistryReport => {
    const store = storeOf(config, set.server.key);
    return { ...row, status: 'planned', store, expiresAt, message, advice: again };
  };
  if (!isSame) {
    return planned(
      record === undefined ? 'Not logged in yet.' : 'Not logged in with the values that are here now.',
      null,
    );
  }
  const status = record.status as RegistryReport['status'];
  const isStored = status === 'ok' || status === 'unverified';
  const store = recordedStore(config, record);
  const expiresAt = isoTime(record.expiresAt);
  if (isStored && store === null && readable !== null)
    return planned('The entry in the Docker config is gone.', expiresAt);
  const described = describeRecord(record, state, config, renewsItself(set) ? null : now);
  const doubt = readable === null ? ' Whether it still stands in the Docker config is not known.' : '';
  return {
    ...row,
    status,
    store,
    expiresAt,
    message: `${described}${doubt}`,
    advice: isStored ? null : again,
  };
}

/** A set of which this environment has nothing, and whose login stands all the same; null for one whose does not. */
function absentRow(
  [name, record]: readonly [string, SetRecord],
  state: LoginState,
  config: DockerConfig,
  now: number,
): RegistryReport | null {
  const store = recordedStore(config, record);
  if (store === null) return null;
  return {
    ...recordedIdentity(name, record),
    status: record.status as RegistryReport['status'],
    store,
    expiresAt: isoTime(record.expiresAt),
    durationMs: null,
    message: `${describeRecord(record, state, config, now)} Its secrets are not in this shell.`,
    advice: null,
  };
}

/** `now` is null for what renews itself, and so does not expire. */
function describeRecord(
  record: SetRecord,
  state: LoginState,
  config: DockerConfig,
  now: number | null,
): string {
  const { status, verifiedAt, expiresAt, server } = record;
  const when = verifiedAt === null ? 'at an unknown time' : `at ${isoTime(verifiedAt)}`;
  if (status !== 'ok' && status !== 'unverified') return `The login ${when} ended with: ${status}.`;
  const entry = entryFingerprints(config, server, state.salt);
  const isChanged = entry !== null && record.written !== null && !isOurEntry(record, server, entry);
  const expired = now !== null && expiresAt !== null && expiresAt <= now ? ' It has expired.' : '';
  const changed = isChanged ? changedSince : '';
  return `${status === 'ok' ? 'Verified' : 'Stored unverified'} ${when}.${expired}${changed}`;
}
