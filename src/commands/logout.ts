import { emptyState, type SetRecord } from '../core/login-state.ts';
import { parseRegistryHost } from '../core/registry-host.ts';
import { exitCodeOf, type ExitCode, type Problem, type RegistryReport, type Report } from '../core/report.ts';
import { locateConfigFile } from '../io/config-file.ts';
import { forgetLogins, recallState } from '../io/login-memory.ts';
import { removeStored } from '../io/store-logins.ts';
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
  const state = (await noteFileProblem(problems, () => recallState(system))) ?? emptyState('0'.repeat(64));
  const records = selectRecords([...state.sets], flags.servers);
  const removed =
    configFile === null || records.length === 0
      ? null
      : await noteFileProblem(problems, async () => {
          const names = await removeStored(system, configFile, records, state);
          await forgetLogins(system, records);
          return names;
        });
  const registries = records.map(([name, record]) => logoutRow(name, record, removed?.has(name) === true)).toSorted(byName);
  const restart = { needed: 'unknown', reasons: [], how: null } as const;
  const report: Report = { schemaVersion: 1, command: 'logout', configFile, registries, problems, restart };
  printReport(system, report, flags.json);
  return exitCodeOf(report);
}

function logoutRow(name: string, record: SetRecord, isRemoved: boolean): RegistryReport {
  const message = isRemoved
    ? 'Logged out; what login stored has been removed.'
    : 'Nothing of ours is left in the Docker config; an entry that somebody changed stays.';
  return removedRow(name, record, message);
}

/** A server that is not logged in to is logged out from already. */
function selectRecords(records: readonly [string, SetRecord][], servers: readonly string[]): readonly [string, SetRecord][] {
  if (servers.length === 0) return records;
  const wanted = new Set(servers.map(serverKey));
  return records.filter(([name, { server }]) => wanted.has(server) || servers.includes(name));
}

function serverKey(server: string): string {
  const host = parseRegistryHost(server.trim());
  return 'error' in host ? server : host.key;
}
