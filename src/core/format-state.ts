import type { Fingerprints } from './fingerprint.ts';
import type { LoginState } from './login-state.ts';
import type { StateFile } from './state-json.ts';

/** The file's text: the same for the same state, whatever the order in which it came to be. */
export function formatState(state: LoginState): string {
  const file: StateFile = {
    schemaVersion: 1,
    salt: state.salt,
    start: { id: state.start.id, startedAt: toIso(state.start.startedAt) },
    seen: fromSeen(state.seen),
    previous: state.previous === null ? null : fromSeen(state.previous),
    sets: sorted(state.sets).map(([name, record]) => ({
      name,
      server: record.server,
      kind: record.kind,
      status: record.status,
      store: record.store,
      fingerprints: sorted(record.fingerprints),
      verifiedAt: toIso(record.verifiedAt),
      startId: record.startId,
      written: record.written === null ? null : sorted(record.written),
      expiresAt: toIso(record.expiresAt),
      // JSON leaves out what is undefined.
      replacedHelper: record.replacedHelper,
    })),
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

function fromSeen(seen: ReadonlyMap<string, Fingerprints>): StateFile['seen'] {
  return sorted(seen).map(([name, fingerprints]) => ({ name, fingerprints: sorted(fingerprints) }));
}

function sorted<Value>(map: ReadonlyMap<string, Value>): [string, Value][] {
  return [...map].toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/** Null for a time that ISO 8601 cannot write. */
function toIso(time: number | null): string | null {
  return time === null || !Number.isFinite(time) || time < 0 || time > 253_402_300_799_000
    ? null
    : new Date(time).toISOString();
}
