import type { LoginState, SetRecord } from '../core/login-state.ts';
import type { Options } from '../core/options.ts';
import { type Placed, placeLogins, removeLogins } from '../core/place-logins.ts';
import { renewsItself } from '../core/placement.ts';
import { updateConfigFile } from './config-file.ts';
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
  if (placements.length === 0 && gone.length === 0) return stored;
  await updateConfigFile(
    configFile,
    (config) => {
      const { config: without, removed } = removeLogins(config, gone, salt);
      const { config: edited, places } = placeLogins(without, option, placements);
      stored = { places, removed };
      return edited;
    },
    { stateDirectory: stateDirectory(system.env, system.homeDirectory) },
  );
  return stored;
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
