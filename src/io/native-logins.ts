import type { DockerConfig } from '../core/docker-config.ts';
import type { SetRecord } from '../core/login-state.ts';
import { type Placed, type Placement, recordedStore, shadowOf, storeOf } from '../core/place-logins.ts';
import { eraseWithHelper, storeWithHelper } from './helper-process.ts';
import type { Environment } from './system.ts';

/** A login that went to the user's own credential store. */
export interface NativeRecord {
  readonly name: string;
  readonly helper: string;
  readonly server: string;
}

/** Those of the records for which the config names neither our helper nor an entry: the user's own store has them. */
export function nativeRecords(
  config: DockerConfig,
  records: readonly (readonly [string, SetRecord])[],
): NativeRecord[] {
  return records.flatMap(([name, record]) => {
    const { server } = record;
    const helper = shadowOf(config, server);
    const isThere = storeOf(config, server) === null && recordedStore(config, record) !== null;
    return isThere && helper !== null ? [{ name, helper, server }] : [];
  });
}

/** Hands the logins that are to go there to the user's own store, as `docker login` does; one that it does not take has no place. */
export async function storeNatively(
  env: Environment,
  planned: ReadonlyMap<string, Placed>,
  placements: readonly Placement[],
): Promise<ReadonlyMap<string, Placed>> {
  const places = new Map(planned);
  await Promise.all(
    placements.map(async ({ set, credential }) => {
      const { key } = set.server;
      const place = places.get(key);
      if (place?.native == null || credential === null) return;
      if (!(await storeWithHelper(env, place.native, key, credential)))
        places.set(key, { ...place, store: null });
    }),
  );
  return places;
}

/** Takes logins out of the user's own store, as `docker logout` does; returns the names of those that it gave up. */
export async function eraseNatively(env: Environment, natives: readonly NativeRecord[]): Promise<string[]> {
  const erased = await Promise.all(natives.map(({ helper, server }) => eraseWithHelper(env, helper, server)));
  return natives.filter((_native, index) => erased[index]).map(({ name }) => name);
}
