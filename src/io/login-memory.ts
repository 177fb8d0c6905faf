import type { Credential } from '../core/credential.ts';
import { isFresh } from '../core/credential-cache.ts';
import { fingerprintFields, type Fingerprints } from '../core/fingerprint.ts';
import {
  changesSinceLastStart,
  type ContainerStart,
  isVerified,
  type LoginState,
  noState,
  noteSets,
  recordForServer,
  type SetChange,
  type SetRecord,
  withoutRecord,
  withRecord,
} from '../core/login-state.ts';
import { getAuth, type DockerConfig } from '../core/docker-config.ts';
import type { Options } from '../core/options.ts';
import { credentialFingerprints, type Placed } from '../core/place-logins.ts';
import { renewsItself } from '../core/placement.ts';
import { type SecretSet, setFields } from '../core/secret-set.ts';
import { Secret } from '../core/secret.ts';
import { cacheFilePath, keyMarkOf, readCache } from './credential-cache.ts';
import { forgetTokens, rememberTokens } from './remember-tokens.ts';
import { openToken } from './seal-token.ts';
import { readState, stateFilePath, updateState } from './state-file.ts';
import type { Records } from './store-logins.ts';
import type { System } from './system.ts';
import type { Attempt } from './verify-set.ts';

/** One attempt with what became of it in the Docker config; null where nothing was written. */
export interface LoginResult {
  readonly attempt: Attempt;
  readonly placed: Placed | null;
}

/** Returns the state of earlier runs; an empty one where there is none. Throws StateFileError. */
export async function recallState(system: System): Promise<LoginState> {
  const path = stateFilePath(system.env, system.homeDirectory);
  return (path === null ? null : await readState(path)) ?? noState;
}

/** The sets by name, as fingerprints under the state's salt. */
export function setFingerprints(state: LoginState, sets: readonly SecretSet[]): Map<string, Fingerprints> {
  return new Map(sets.map((set) => [set.name, fingerprintFields(state.salt, setFields(set))]));
}

export function changedSets(
  state: LoginState,
  start: ContainerStart,
  sets: readonly SecretSet[],
): SetChange[] {
  return changesSinceLastStart(state, start, setFingerprints(state, sets));
}

/**
 * What `--skip-verified` need not send again: the same values, accepted since this start, or an ECR token of the same keys with more than
 * half of its life left, whatever the start. Null where the login has to be made. `config` is the Docker config where it can be read.
 * Throws StateFileError.
 */
export async function recallLogin(
  system: System,
  state: LoginState,
  set: SecretSet,
  config: DockerConfig | null,
): Promise<Attempt | null> {
  if (renewsItself(set)) return recallToken(system, set);
  const fingerprints = fingerprintFields(state.salt, setFields(set));
  if (!isVerified(state, system.containerStart(), set.name, fingerprints, system.now())) return null;
  const record = state.sets.get(set.name);
  // What the registry gave in exchange for the password stands in the entry alone: if that is lost, only a login brings it back.
  const isInEntryOnly = record?.written?.has('identitytoken') === true;
  if (isInEntryOnly && (config === null || getAuth(config, set.server.key) === null)) return null;
  const credential: Credential = { username: set.username, password: set.password };
  return recalled(set, 'Verified since this start; not sent again.', credential, record?.expiresAt ?? null);
}

async function recallToken(system: System, set: SecretSet): Promise<Attempt | null> {
  const path = cacheFilePath(system.env, system.homeDirectory);
  const stored = path === null ? undefined : (await readCache(path)).tokens.get(set.server.key);
  if (stored === undefined || stored.keys !== keyMarkOf(set) || !isFresh(stored, system.now())) return null;
  const token = openToken(set.server.key, stored, set);
  if (token === null) return null;
  const credential: Credential = { username: token.username, password: new Secret(token.password) };
  return recalled(
    set,
    'The token of an earlier login is still good; AWS was not asked.',
    credential,
    token.expiresAt,
  );
}

function recalled(
  set: SecretSet,
  message: string,
  credential: Credential,
  expiresAt: number | null,
): Attempt {
  return { set, status: 'ok', message, advice: null, credential, expiresAt, durationMs: 0, isRecalled: true };
}

/**
 * Sets that are gone: an earlier login wrote them, and now no variable of theirs is here, nor another set for their server.
 * `spareAll`: nothing counts as gone while this is the start in which it was seen and no set at all is here; that is a shell
 * which was not given the secrets.
 */
export function goneRecords(
  state: LoginState,
  start: ContainerStart,
  names: readonly string[],
  sets: readonly SecretSet[],
  spareAll: boolean,
): [string, SetRecord][] {
  if (spareAll && sets.length === 0 && state.start.id === start.id) return [];
  const present = new Set([...names, ...sets.map(({ name }) => name)]);
  const served = new Set(sets.map(({ server }) => server.key));
  return [...state.sets].filter(([name, { server }]) => {
    const set = sets.find((other) => other.name === name);
    if (set === undefined) return !present.has(name) && !served.has(server);
    return set.server.key !== server && !served.has(server);
  });
}

/** Writes down what became of every set, for the next run. Throws StateFileError. */
export async function rememberLogins(
  system: System,
  option: Options['credentialStore'],
  sets: readonly SecretSet[],
  results: readonly LoginResult[],
  gone: Records,
): Promise<void> {
  const path = stateFilePath(system.env, system.homeDirectory);
  if (path === null || (results.length === 0 && gone.length === 0)) return;
  const start = system.containerStart();
  await updateState(path, (state) => {
    const fingerprints = setFingerprints(state, sets);
    let edited = noteSets(state, start, fingerprints);
    for (const [name, record] of gone) {
      if (edited.sets.get(name)?.server === record.server) edited = withoutRecord(edited, name);
    }
    for (const result of results) {
      const { name, server } = result.attempt.set;
      const record = recordOf(state, start, result, fingerprints, system.now());
      // A server has one set: a record of the same server under another name is of before it was renamed.
      for (const [other] of recordsFor(edited, server.key)) edited = withoutRecord(edited, other);
      edited = withRecord(edited, name, record);
    }
    return edited;
  });
  await rememberTokens(system, option, results, gone);
}

function recordOf(
  state: LoginState,
  start: ContainerStart,
  { attempt, placed }: LoginResult,
  fingerprints: ReadonlyMap<string, Fingerprints>,
  now: number,
): SetRecord {
  const { set, status, credential } = attempt;
  // What was refused leaves what was there before, and whose it is.
  const kept = recordForServer(state, set.name, set.server.key);
  const replacedHelper =
    placed === null || placed.replacedHelper === undefined ? kept?.replacedHelper : placed.replacedHelper;
  return {
    server: set.server.key,
    kind: set.kind,
    status,
    store: placed?.store ?? kept?.store ?? null,
    fingerprints: fingerprints.get(set.name) ?? fingerprintFields(state.salt, setFields(set)),
    verifiedAt: attempt.isRecalled ? (kept?.verifiedAt ?? now) : now,
    startId: start.id,
    written:
      credential !== null && placed?.isOurEntry === true
        ? credentialFingerprints(credential, placed.otherFields, state.salt)
        : (kept?.written ?? null),
    expiresAt: attempt.expiresAt,
    ...(replacedHelper == null ? {} : { replacedHelper }),
  };
}

/** More than one where a set was renamed. */
function recordsFor(state: LoginState, server: string): [string, SetRecord][] {
  return [...state.sets].filter(([, record]) => record.server === server);
}

/** Notes that the helper has replaced the token of this set, and the entry in `auths` where that was ours. Throws StateFileError. */
export async function rememberRenewal(
  system: System,
  { set, expiresAt }: Attempt,
  written: Fingerprints | null,
): Promise<void> {
  const path = stateFilePath(system.env, system.homeDirectory);
  if (path === null || (await readState(path)) === null) return;
  await updateState(path, (state) => {
    const record = state.sets.get(set.name);
    if (record?.server !== set.server.key) return state;
    const renewed = { ...record, status: 'ok', verifiedAt: system.now(), expiresAt };
    return withRecord(state, set.name, written === null ? renewed : { ...renewed, written });
  });
}

/**
 * Forgets these sets and the tokens that are cached for their servers; what a `docker login` of the user's left there goes only with an entry
 * that was removed (`removed`, by name). Throws StateFileError.
 */
export async function forgetLogins(
  system: System,
  records: Records,
  removed: ReadonlySet<string>,
): Promise<void> {
  const statePath = stateFilePath(system.env, system.homeDirectory);
  const cachePath = cacheFilePath(system.env, system.homeDirectory);
  if (statePath === null || cachePath === null) return;
  await updateState(statePath, (state) =>
    records.reduce((edited, [name]) => withoutRecord(edited, name), state),
  );
  const servers = new Set(records.map(([, { server }]) => server));
  const loggedOut = new Set(records.filter(([name]) => removed.has(name)).map(([, { server }]) => server));
  await forgetTokens(cachePath, servers, loggedOut);
}
