import type { Secret } from './secret.ts';

/** A user name with a password, or (docker/cli `IdentityToken`) an OAuth2 refresh token in the password's place. */
export interface Credential {
  readonly username: string;
  readonly password: Secret;
  readonly identityToken?: Secret;
}
