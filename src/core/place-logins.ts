import { decodeAuthConfig, encodeAuthConfig, sameAuthConfig } from './auth-config.ts';
import type { Credential } from './credential.ts';
import {
  credHelpers,
  credsStore,
  type DockerConfig,
  getAuth,
  otherAuthFields,
  removeAuth,
  removeCredHelper,
  setAuth,
  setCredHelper,
} from './docker-config.ts';
import { type Fingerprints, fingerprintFields } from './fingerprint.ts';
import { isOurEntry, type SetRecord } from './login-state.ts';
import type { Options } from './options.ts';
import { helperName, type HelperPresence, placeCredential } from './placement.ts';
import type { Store } from './report.ts';
import type { SecretSet } from './secret-set.ts';

/** One login to be written. */
export interface Placement {
  readonly set: SecretSet;
  /** Null: only the helper is named, and gets the token once AWS can be reached. */
  readonly credential: Credential | null;
  /** Restore what is missing, and leave alone what somebody changed since. */
  readonly onlyIfMissing: boolean;
  /** The helper that an earlier login replaced by ours (`SetRecord.replacedHelper`); null for none. */
  readonly replacedHelper: string | null;
}

/** What became of one login. */
export interface Placed {
  /** Null where nothing is stored. */
  readonly store: Store | null;
  /** Did this put the credential into the entry in `auths`? One that held it before is whose it was. */
  readonly isOurEntry: boolean;
  /** What stands in the entry beside the credential (`otherAuthFields`). */
  readonly otherFields: string | null;
  /** The helper of the user's own that has to store this login, as it would for `docker login`; null for none. */
  readonly native: string | null;
  /** The helper that this replaced by ours; null for none, undefined where ours stood there before, and what is known of it still holds. */
  readonly replacedHelper: string | null | undefined;
  /** Somebody has changed the entry since it was written; it stays as it is. */
  readonly isChanged?: true;
}

export interface PlacedConfig {
  readonly config: DockerConfig;
  /** By the server's key. */
  readonly places: ReadonlyMap<string, Placed>;
}

/** The config with all logins in their places. Pure: it may be run again on a newer config. */
export function placeLogins(
  config: DockerConfig,
  option: Options['credentialStore'],
  placements: readonly Placement[],
  presence: HelperPresence,
): PlacedConfig {
  const places = new Map<string, Placed>();
  let edited = config;
  for (const { set, credential, onlyIfMissing, replacedHelper } of placements) {
    const key = set.server.key;
    const before = getAuth(edited, key);
    const helper = credHelpers(edited).get(key) ?? null;
    const shadow = shadowOf(config, key, replacedHelper);
    const place = placeCredential(set, option, shadow, presence);
    const entry = credential === null ? null : encodeAuthConfig(credential);
    if (place === 'helper' || place === 'native') edited = removeAuth(edited, key);
    else if (entry !== null && !(onlyIfMissing && getAuth(edited, key) !== null))
      edited = setAuth(edited, key, entry);
    const isHelperNamed = place !== 'config' && place !== 'native';
    if (!isHelperNamed) edited = removeOurHelper(edited, key, replacedHelper);
    else edited = setCredHelper(edited, key, helperName);
    const after = getAuth(edited, key);
    const isOurEntry = entry !== null && sameAuthConfig(after, entry) && !sameAuthConfig(before, after);
    const otherFields = otherAuthFields(edited, key);
    const native = place === 'native' && credential !== null ? shadow : null;
    const store = native === null ? storeOf(edited, key) : 'helper';
    const replaced = !isHelperNamed ? null : helper === helperName ? undefined : helper;
    places.set(key, { store, isOurEntry, otherFields, native, replacedHelper: replaced });
  }
  return { config: edited, places };
}

/** Where the credentials for this key stand now, as far as they are ours to find. */
export function storeOf(config: DockerConfig, key: string): Store | null {
  const hasEntry = getAuth(config, key) !== null;
  if (credHelpers(config).get(key) !== helperName) return hasEntry ? 'config' : null;
  return hasEntry ? 'both' : 'helper';
}

/**
 * Where a login that was recorded stands now: also in the user's own store, which login handed it to where the config names neither our
 * helper nor an entry. Whether that store still has it is not asked. Null for nowhere.
 */
export function recordedStore(config: DockerConfig, { server, store }: SetRecord): Store | null {
  const found = storeOf(config, server);
  if (found !== null) return found;
  return store === 'helper' && shadowOf(config, server) !== null ? 'helper' : null;
}

/**
 * The helper that clients would ask for this key instead of `auths`, were it not for ours, which may have replaced one; null where there
 * is none.
 */
export function shadowOf(
  config: DockerConfig,
  key: string,
  replacedHelper: string | null = null,
): string | null {
  const named = credHelpers(config).get(key) ?? null;
  const helper = (named === helperName ? replacedHelper : named) ?? credsStore(config);
  return helper === null || helper === '' || helper === helperName ? null : helper;
}

/**
 * Takes away what we wrote for a set, unless somebody changed it since, and puts back the helper that ours replaced; `removed` says whether
 * anything was.
 */
export function removeLogin(
  config: DockerConfig,
  record: SetRecord,
  salt: string,
): { config: DockerConfig; removed: boolean } {
  const { server, store, written, replacedHelper = null } = record;
  const entry = entryFingerprints(config, server, salt);
  let edited = config;
  if (entry !== null && isOurEntry(record, server, entry)) edited = removeAuth(edited, server);
  if (store === 'helper' || store === 'both') {
    // An entry that somebody wrote since needs a way to be found: the helper goes only with what it stood for.
    const stoodBefore = store === 'both' && written === null && entry !== null;
    if (getAuth(edited, server) === null || edited !== config || stoodBefore)
      edited = removeOurHelper(edited, server, replacedHelper);
  }
  return { config: edited, removed: edited !== config };
}

/** `removeLogin` for all of these, with the names of those where anything was. */
export function removeLogins(
  config: DockerConfig,
  records: readonly (readonly [string, SetRecord])[],
  salt: string,
): { config: DockerConfig; removed: ReadonlySet<string> } {
  const removed = new Set<string>();
  let edited = config;
  for (const [name, record] of records) {
    const removal = removeLogin(edited, record, salt);
    if (removal.removed) removed.add(name);
    edited = removal.config;
  }
  return { config: edited, removed };
}

/** Fingerprints of the entry as it stands, decoded, what somebody added included; null where there is none, or none that can be read. */
export function entryFingerprints(config: DockerConfig, key: string, salt: string): Fingerprints | null {
  const auth = getAuth(config, key);
  if (auth === null) return null;
  try {
    const credential = decodeAuthConfig(auth);
    return credential === null
      ? null
      : credentialFingerprints(credential, otherAuthFields(config, key), salt);
  } catch {
    return null;
  }
}

/** Fingerprints of an entry that holds this credential beside `otherFields`, for `SetRecord.written`. */
export function credentialFingerprints(
  credential: Credential,
  otherFields: string | null,
  salt: string,
): Fingerprints {
  const { username, password, identityToken } = credential;
  return fingerprintFields(salt, {
    username,
    password: identityToken === undefined ? password.reveal() : '',
    identitytoken: identityToken?.reveal(),
    other: otherFields ?? undefined,
  });
}

/** `replacedHelper` (null for none) takes the place of ours again. */
function removeOurHelper(config: DockerConfig, key: string, replacedHelper: string | null): DockerConfig {
  if (credHelpers(config).get(key) !== helperName) return config;
  return replacedHelper === null ? removeCredHelper(config, key) : setCredHelper(config, key, replacedHelper);
}
