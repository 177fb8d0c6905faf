import type { DockerConfig } from '../core/docker-config.ts';
import type { LoginState, SetRecord } from '../core/login-state.ts';
import type { Options } from '../core/options.ts';
import { type Placed, type Placement, placeLogins, removeLogins, shadowOf, storeOf } from '../core/place-logins.ts';
import { renewsItself } from '../core/placement.ts';
import { updateConfigFile } from './config-file.ts';
import { helperPresence } from './find-on-path.ts';
import { eraseWithHelper, storeWithHelper } from './helper-process.ts';
import { stateDirectory } from './private-file.ts';
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
 * Writes what may be stored of these attempts into the Docker config, and takes away what stands there for `gone`, in one step. It waits for
 * others who write even when the deadline of the logins has passed: what was verified is not thrown away. Throws ConfigFileError.
 */
export async function storeLogins(
  system: System,
  configFile: string,
  option: Options['credentialStore'],
  attempts: readonly Attempt[],
  gone: Records,
  { salt }: Pick<LoginState, 'salt'>,
): Promise<Stored> {
  const placements = attempts
    .filter(({ set, credential, status }) => credential !== null || (renewsItself(set) && status === 'unreachable'))
    .map(({ set, credential, isRecalled }) => ({ set, credential, onlyIfMissing: isRecalled && !renewsItself(set) }));
  let stored: Stored = { places: new Map(), removed: new Set() };
  let natives: readonly NativeRecord[] = [];
  if (placements.length === 0 && gone.length === 0) return stored;
  await updateConfigFile(
    configFile,
    (config) => {
      const { config: without, removed } = removeLogins(config, gone, salt);
      const { config: edited, places } = placeLogins(without, option, placements, helperPresence(system.env));
      natives = gone.flatMap(([name, record]) => nativeRecord(config, name, record));
      stored = { places, removed };
      return edited;
    },
    { stateDirectory: stateDirectory(system.env, system.homeDirectory) },
  );
  return await storeNatively(system, stored, placements, natives);
}

interface NativeRecord {
  readonly name: string;
  readonly helper: string;
  readonly server: string;
}

/** A login that went to the user's own store: the config names neither our helper nor an entry for it. */
function nativeRecord(config: DockerConfig, name: string, { server, store }: SetRecord): NativeRecord[] {
  const helper = shadowOf(config, server);
  return store === 'helper' && helper !== null && storeOf(config, server) === null ? [{ name, helper, server }] : [];
}

/** Hands logins to the user's own credential store and takes others out of it, as `docker login` and `docker logout` do. */
async function storeNatively(
  system: System,
  stored: Stored,
  placements: readonly Placement[],
  natives: readonly NativeRecord[],
): Promise<Stored> {
  const places = new Map(stored.places);
  const removed = new Set(stored.removed);
  await Promise.all([
    ...placements.map(async ({ set, credential }) => {
      const key = set.server.key;
      const place = places.get(key);
      if (place?.native == null || credential === null) return;
      if (!(await storeWithHelper(system.env, place.native, key, credential))) places.set(key, { ...place, store: null });
    }),
    ...natives.map(async ({ name, helper, server }) => {
      if (await eraseWithHelper(system.env, helper, server)) removed.add(name);
    }),
  ]);
  return { places, removed };
}

/** Takes away what was written for these records and nobody changed since; returns the names of those where anything was. Throws ConfigFileError. */
export async function removeStored(
  system: System,
  configFile: string,
  records: Records,
  state: Pick<LoginState, 'salt'>,
): Promise<ReadonlySet<string>> {
  return (await storeLogins(system, configFile, 'auto', [], records, state)).removed;
}
