import type { DockerConfig } from '../core/docker-config.ts';
import { fingerprint } from '../core/fingerprint.ts';
import { isOurEntry, type LoginState, recordForServer, type SetRecord } from '../core/login-state.ts';
import type { Options } from '../core/options.ts';
import {
  entryFingerprints,
  type Placed,
  type Placement,
  placeLogins,
  removeLogins,
  storeOf,
} from '../core/place-logins.ts';
import { renewsItself } from '../core/placement.ts';
import type { Store } from '../core/report.ts';
import { readConfigFile, updateConfigFile } from './config-file.ts';
import { loadLockfile } from './file-lock.ts';
import { helperPresence } from './find-on-path.ts';
import { eraseNatively, type NativeRecord, nativeRecords, storeNatively } from './native-logins.ts';
import { stateDirectory } from './private-file.ts';
import { resolveTarget } from './symlinks.ts';
import type { System } from './system.ts';
import type { Attempt } from './verify-set.ts';

/** What earlier logins wrote for sets that are no more, by the set's name. */
export type Records = readonly (readonly [string, SetRecord])[];

export interface Stored {
  /** By the server's key. */
  readonly places: ReadonlyMap<string, Placed>;
  /** Names of the records whose entry was removed. */
  readonly removed: ReadonlySet<string>;
}

/**
 * Loads what storing takes: the lock, hashes, and the threads in which files are read. In that time, some milliseconds, registries are waited for
 * anyway. Changes nothing and never rejects.
 */
export async function prepareStoring(configFile: string): Promise<void> {
  fingerprint('', '');
  await Promise.allSettled([loadLockfile(), resolveTarget(configFile)]);
}

/**
 * Writes what may be stored of these attempts into the Docker config, and takes away what stands there for `gone`, in one step. It waits for
 * others who write even when the deadline of the logins has passed: what was verified is not thrown away. Throws ConfigFileError.
 */
export async function storeLogins(
  system: System,
  configFile: string,
  option: Options['credentialStore'],
  attempts: readonly Attempt[],
  gone: Records,
  state: Pick<LoginState, 'salt' | 'sets'>,
): Promise<Stored> {
  const placements = attempts
    .filter(
      ({ set, credential, status }) => credential !== null || (renewsItself(set) && status === 'unreachable'),
    )
    .map(({ set, credential, isRecalled }) => ({
      set,
      credential,
      onlyIfMissing: isRecalled && !renewsItself(set),
      replacedHelper: recordForServer(state, set.name, set.server.key)?.replacedHelper ?? null,
    }));
  let stored: Stored = { places: new Map(), removed: new Set() };
  let natives: readonly NativeRecord[] = [];
  if (placements.length === 0 && gone.length === 0) {
    // Nothing to write, but a config that no client can read is worth knowing.
    if (attempts.length > 0) await readConfigFile(configFile);
    return stored;
  }
  await updateConfigFile(
    configFile,
    (config) => {
      const { config: without, removed } = removeLogins(config, gone, state.salt);
      const { config: edited, places } = placeLogins(without, option, placements, helperPresence(system.env));
      natives = nativeRecords(config, gone);
      stored = { places: markChanged(places, config, placements, state), removed };
      return edited;
    },
    { stateDirectory: stateDirectory(system.env, system.homeDirectory) },
  );
  const [places, erased] = await Promise.all([
    storeNatively(system.env, stored.places, placements),
    eraseNatively(system.env, natives),
  ]);
  return { places, removed: new Set([...stored.removed, ...erased]) };
}

/** Marks the places of recalled logins where the entry is not the one that was written for them: somebody's own, which stays. */
function markChanged(
  places: ReadonlyMap<string, Placed>,
  config: DockerConfig,
  placements: readonly Placement[],
  state: Pick<LoginState, 'salt' | 'sets'>,
): ReadonlyMap<string, Placed> {
  const marked = new Map(places);
  for (const { set, onlyIfMissing } of placements) {
    const { key } = set.server;
    const record = recordForServer(state, set.name, key);
    const entry = onlyIfMissing ? entryFingerprints(config, key, state.salt) : null;
    const place = places.get(key);
    if (place === undefined || entry === null || record === undefined || record.written === null) continue;
    if (!isOurEntry(record, key, entry)) marked.set(key, { ...place, isChanged: true });
  }
  return marked;
}

/** What became of records that were to be removed. */
export interface Removal {
  readonly removed: ReadonlySet<string>;
  /** By name, where credentials still stand that are not ours. */
  readonly kept: ReadonlyMap<string, Store>;
}

/** Takes away what was written for these records and nobody changed since. Throws ConfigFileError. */
export async function removeStored(
  system: System,
  configFile: string,
  records: Records,
  { salt }: Pick<LoginState, 'salt'>,
): Promise<Removal> {
  let removal: Removal = { removed: new Set(), kept: new Map() };
  let natives: readonly NativeRecord[] = [];
  await updateConfigFile(
    configFile,
    (config) => {
      const { config: edited, removed } = removeLogins(config, records, salt);
      const left = records.flatMap(([name, { server }]): [string, Store][] => {
        const store = storeOf(edited, server);
        return store === null ? [] : [[name, store]];
      });
      natives = nativeRecords(config, records);
      removal = { removed, kept: new Map(left) };
      return edited;
    },
    { stateDirectory: stateDirectory(system.env, system.homeDirectory) },
  );
  const erased = await eraseNatively(system.env, natives);
  return { ...removal, removed: new Set([...removal.removed, ...erased]) };
}
