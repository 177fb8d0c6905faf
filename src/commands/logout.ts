import { noState, type SetRecord } from '../core/login-state.ts';
import { parseRegistryHost } from '../core/registry-host.ts';
import { exitCodeOf, type ExitCode, type Problem, type RegistryReport, type Report } from '../core/report.ts';
import { locateConfigFile } from '../io/config-file.ts';
import { forgetLogins, recallState } from '../io/login-memory.ts';
import { type Removal, removeStored } from '../io/store-logins.ts';
import type { System } from '../io/system.ts';
import { noteFileProblem } from './file-problem.ts';
import { printReport } from './print-report.ts';
import { byName, removedRow } from './report-rows.ts';

export interface LogoutFlags {
  readonly json: boolean;
  /** Servers or names of sets; empty for all. */
  readonly servers: readonly string[];
}

/** Removes what login wrote and nobody changed since: entries, helper entries, cached tokens. Running it again changes nothing. */
export async function runLogout(system: System, flags: LogoutFlags): Promise<ExitCode> {
  const problems: Problem[] = [];
  const configFile = await noteFileProblem(problems, async () => locateConfigFile(system));
  const state = (await noteFileProblem(problems, () => recallState(system))) ?? noState;
  const records = selectRecords([...state.sets], flags.servers);
  const stored =
    configFile === null || records.length === 0
      ? null
      : await noteFileProblem(problems, () => removeStored(system, configFile, records, state));
  if (stored !== null) await noteFileProblem(problems, () => forgetLogins(system, records, stored.removed));
  const registries = records.flatMap((record) => logoutRow(record, stored)).toSorted(byName);
  const restart = { needed: 'unknown', reasons: [], how: null } as const;
  const report: Report = { schemaVersion: 1, command: 'logout', configFile, registries, problems, restart };
  printReport(system, report, flags.json);
  return exitCodeOf(report);
}

/** None for a set of which nothing was ever stored. `stored` is null where the config could not be used. */
function logoutRow([name, record]: readonly [string, SetRecord], stored: Removal | null): RegistryReport[] {
  if (stored === null) {
    const row = removedRow(name, record, 'Not logged out: the Docker config cannot be used.');
    return [{ ...row, status: 'error', store: record.store }];
  }
  const kept = stored.kept.get(name) ?? null;
  if (kept !== null) {
    const row = removedRow(
      name,
      record,
      'The entry in the Docker config is not the one that login stored: it stays.',
    );
    return [
      { ...row, status: 'unverified', store: kept, advice: `To remove it: docker logout ${record.server}` },
    ];
  }
  if (stored.removed.has(name))
    return [removedRow(name, record, 'Logged out; what login stored has been removed.')];
  return record.store === null
    ? []
    : [removedRow(name, record, 'Logged out already: nothing is stored for it.')];
}

/** A server that is not logged in to is logged out from already. */
function selectRecords(
  records: readonly [string, SetRecord][],
  servers: readonly string[],
): readonly [string, SetRecord][] {
  if (servers.length === 0) return records;
  const wanted = new Set(servers.map(serverKey));
  return records.filter(([name, { server }]) => wanted.has(server) || servers.includes(name));
}

function serverKey(server: string): string {
  const host = parseRegistryHost(server.trim());
  return 'error' in host ? server : host.key;
}
