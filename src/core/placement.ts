import type { Options } from './options.ts';
import type { Store } from './report.ts';
import type { SecretSet } from './secret-set.ts';

/** The name of our credential helper as it stands in `credHelpers`. */
export const helperName = 'registry-login';

/**
 * Where a set's credentials go. A credsStore, or another helper for the host, would shadow an entry in `auths`: clients
 * that know helpers ask it first and only (docker/cli v28 `configfile/file.go` GetCredentialsStore).
 */
export function placeCredential(
  set: Pick<SecretSet, 'kind' | 'username'>,
  option: Options['credentialStore'],
  shadowedBy: string | null,
): Store {
  if (option === 'config') return 'config';
  if (option === 'helper') return 'helper';
  if (renewsItself(set)) return 'both';
  return shadowedBy === null ? 'config' : 'both';
}

/** An ECR set with keys; USER `AWS` means that the password is a token already, which nobody can renew. */
export function renewsItself(set: Pick<SecretSet, 'kind' | 'username'>): boolean {
  return (set.kind === 'ecr' || set.kind === 'ecr-public') && set.username !== 'AWS';
}
