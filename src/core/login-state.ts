import { changedFields, type Fingerprints } from './fingerprint.ts';

/** One start of the container, as `containerStartId` and `containerStartedAt` tell it. */
export interface ContainerStart {
  readonly id: string | null;
  /** Milliseconds since the epoch. */
  readonly startedAt: number | null;
}

/** What became of one set at its last login. */
export interface SetRecord {
  /** The key in `auths`. */
  readonly server: string;
  readonly kind: string;
  readonly status: string;
  readonly store: 'config' | 'helper' | 'both' | null;
  /** Of the values as they were used (trimmed), by `SERVER`, `USER`, `PASSWORD`, `SESSION_TOKEN`. */
  readonly fingerprints: Fingerprints;
  /** When this was sent and answered, milliseconds since the epoch; null when it never was. */
  readonly verifiedAt: number | null;
  /** The start in which it was verified; null where the system did not say. */
  readonly startId: string | null;
  /**
   * The entry that we wrote into `auths`, by `username`, `password`, `identitytoken`, decoded, and `other` for the fields that stood beside
   * them; null when none is ours.
   */
  readonly written: Fingerprints | null;
  /** Milliseconds since the epoch; null when the credential does not expire, or nobody knows. */
  readonly expiresAt: number | null;
  /** What stood in `credHelpers` for the server before ours, and comes back when ours goes; an empty one is one too. */
  readonly replacedHelper?: string | undefined;
}

/** Everything that is remembered between runs. Maps go by the set's `<NAME>`. */
export interface LoginState {
  /** 32 random bytes in hex. */
  readonly salt: string;
  /** The start that `seen` belongs to. */
  readonly start: ContainerStart;
  /** Every set that a login saw since that start. A shell without secrets takes nothing away from it. */
  readonly seen: ReadonlyMap<string, Fingerprints>;
  /** `seen` at the end of the start before; null when there was none. */
  readonly previous: ReadonlyMap<string, Fingerprints> | null;
  readonly sets: ReadonlyMap<string, SetRecord>;
}

export interface SetChange {
  readonly name: string;
  readonly change: 'new' | 'gone' | 'changed';
  /** `SERVER`, `PASSWORD` …; empty unless `changed`. */
  readonly fields: readonly string[];
}

export function emptyState(salt: string): LoginState {
  return { salt, start: { id: null, startedAt: null }, seen: new Map(), previous: null, sets: new Map() };
}

/** Where nothing is remembered. Its salt is never written. */
export const noState: LoginState = emptyState('0'.repeat(64));

/**
 * Notes which sets a login found. In the same start they are added to what was seen before: hooks get the secrets, a terminal of a local
 * container often does not, and must not make sets look gone. In a new start they replace it, and what was there becomes `previous`.
 * Where the system does not say which start this is, every run counts as the same one.
 */
export function noteSets(
  state: LoginState,
  start: ContainerStart,
  found: ReadonlyMap<string, Fingerprints>,
): LoginState {
  if (isSameStart(state, start)) return { ...state, seen: new Map([...state.seen, ...found]) };
  const isFirst = state.start.id === null && state.seen.size === 0;
  return { ...state, start, seen: new Map(found), previous: isFirst ? null : state.seen };
}

/** What is new, gone or changed since the last start, sorted by name; nothing at the first one. Call it with or without `noteSets` before. */
export function changesSinceLastStart(
  state: LoginState,
  start: ContainerStart,
  found: ReadonlyMap<string, Fingerprints>,
): SetChange[] {
  const { seen, previous } = noteSets(state, start, found);
  if (previous === null) return [];
  const changes: SetChange[] = [];
  for (const name of [...new Set([...previous.keys(), ...seen.keys()])].toSorted()) {
    const before = previous.get(name);
    const after = seen.get(name);
    if (before === undefined) changes.push({ name, change: 'new', fields: [] });
    else if (after === undefined) changes.push({ name, change: 'gone', fields: [] });
    else {
      const fields = changedFields(before, after);
      if (fields.length > 0) changes.push({ name, change: 'changed', fields });
    }
  }
  return changes;
}

/** The sets that a login saw since this start; they are in this container even where this shell lacks them. */
export function seenSinceStart(state: LoginState, start: ContainerStart): ReadonlyMap<string, Fingerprints> {
  return start.id !== null && state.start.id === start.id ? state.seen : new Map();
}

/** Records of sets that no login saw since the start: what we wrote for them may be removed. Call it after `noteSets`. */
export function goneSets(state: LoginState): ReadonlyMap<string, SetRecord> {
  return new Map([...state.sets].filter(([name]) => !state.seen.has(name)));
}

/** Were these very values accepted since the container started (`--skip-verified`)? `now` in milliseconds since the epoch. */
export function isVerified(
  state: LoginState,
  start: ContainerStart,
  name: string,
  fingerprints: Fingerprints,
  now: number,
): boolean {
  const record = state.sets.get(name);
  return (
    record !== undefined &&
    record.status === 'ok' &&
    start.id !== null &&
    record.startId === start.id &&
    (record.expiresAt === null || record.expiresAt > now) &&
    changedFields(record.fingerprints, fingerprints).length === 0
  );
}

/** Is this (decoded) entry of the Docker config the one that we wrote for the set? */
export function isOurEntry(record: SetRecord, server: string, entry: Fingerprints): boolean {
  return (
    record.written !== null && record.server === server && changedFields(record.written, entry).length === 0
  );
}

/** The record of the set's server: its own, else one of before it was renamed. */
export function recordForServer(
  { sets }: Pick<LoginState, 'sets'>,
  name: string,
  server: string,
): SetRecord | undefined {
  const own = sets.get(name);
  return own?.server === server ? own : [...sets.values()].find((record) => record.server === server);
}

export function withRecord(state: LoginState, name: string, record: SetRecord): LoginState {
  return { ...state, sets: new Map([...state.sets, [name, record]]) };
}

export function withoutRecord(state: LoginState, name: string): LoginState {
  return { ...state, sets: new Map([...state.sets].filter(([other]) => other !== name)) };
}

function isSameStart(state: LoginState, start: ContainerStart): boolean {
  return start.id === null || state.start.id === start.id;
}
