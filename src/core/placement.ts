import type { Options } from './options.ts';
import type { Store } from './report.ts';
import type { SecretSet } from './secret-set.ts';

/** The name of our credential helper as it stands in `credHelpers`. */
export const helperName = 'registry-login';

/**
 * Will clients find our helper on PATH when this run is over? `passing`: only in the directory that `npx` puts there for a run.
 */
export type HelperPresence = 'lasting' | 'passing' | 'missing';

/** Where a login goes; `native` is the store of the user's own that shadows the config, as `docker login` would use it. */
export type Place = Store | 'native';

/**
 * Where a set's credentials go. A credsStore, or another helper for the host, would shadow an entry in `auths`: clients
 * that know helpers ask it first and only (docker/cli v28 `configfile/file.go` GetCredentialsStore).
 */
export function placeCredential(
  set: Pick<SecretSet, 'kind' | 'username'>,
  option: Options['credentialStore'],
  shadowedBy: string | null,
  presence: HelperPresence,
): Place {
  if (option === 'config') return 'config';
  if (option === 'helper') return 'helper';
  // A helper that is gone after this run would make every later pull fail.
  if (presence === 'passing') return shadowedBy === null ? 'config' : 'native';
  if (renewsItself(set)) return 'both';
  return shadowedBy === null ? 'config' : 'both';
}

/** An ECR set with keys; USER `AWS` means that the password is a token already, which nobody can renew. */
export function renewsItself(set: Pick<SecretSet, 'kind' | 'username'>): boolean {
  return (set.kind === 'ecr' || set.kind === 'ecr-public') && set.username !== 'AWS';
}
