import type { Credential } from './credential.ts';
import { Secret } from './secret.ts';

/**
 * One entry of `auths` (docker/cli v28 `cli/config/types/authconfig.go`). Its strings are secrets in the clear: it lives only between
 * the config file's text and a Credential.
 */
export interface AuthConfig {
  readonly username?: string;
  readonly password?: string;
  /** base64 of `user:password`. */
  readonly auth?: string;
  readonly identitytoken?: string;
  readonly registrytoken?: string;
}

/** An `auth` value that docker would refuse too. `message` holds nothing of the value. */
export class AuthConfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'AuthConfigError';
  }
}

/**
 * The entry that docker stores for a credential. With an identity token the password is left out, as `docker login` does
 * (docker/cli v28 `cli/command/registry/login.go`, `configfile/file.go` encodeAuth).
 */
export function encodeAuthConfig(credential: Credential): AuthConfig {
  const { username, identityToken } = credential;
  const password = identityToken === undefined ? credential.password.reveal() : '';
  const auth = encodeAuth(username, password);
  return {
    ...(auth === '' ? {} : { auth }),
    ...(identityToken === undefined ? {} : { identitytoken: identityToken.reveal() }),
  };
}

/**
 * The credential that docker reads from an entry: `auth` wins over `username` and `password`. Null where the entry names none, as in `{}`
 * and where only a `registrytoken` stands. Throws AuthConfigError where `auth` is not base64 of `user:password`
 * (docker/cli v28 `configfile/file.go` decodeAuth).
 */
export function decodeAuthConfig(authConfig: AuthConfig): Credential | null {
  const { username, password } = readUserAndPassword(authConfig);
  const identityToken = authConfig.identitytoken ?? '';
  if (username === '' && password === '' && identityToken === '') return null;
  return {
    username,
    password: new Secret(password),
    ...(identityToken === '' ? {} : { identityToken: new Secret(identityToken) }),
  };
}

/** Whether docker would send the same for both, however they are spelled. An entry that is not there counts as null. */
export function sameAuthConfig(one: AuthConfig | null, other: AuthConfig | null): boolean {
  if (one === null || other === null) return one === other;
  return (
    canonicalAuth(one) === canonicalAuth(other) &&
    (one.identitytoken ?? '') === (other.identitytoken ?? '') &&
    (one.registrytoken ?? '') === (other.registrytoken ?? '')
  );
}

function canonicalAuth(authConfig: AuthConfig): string {
  try {
    const { username, password } = readUserAndPassword(authConfig);
    return encodeAuth(username, password);
  } catch {
    return `not readable: ${authConfig.auth ?? ''}`;
  }
}

function readUserAndPassword(authConfig: AuthConfig): { username: string; password: string } {
  const auth = authConfig.auth ?? '';
  if (auth === '') return { username: authConfig.username ?? '', password: authConfig.password ?? '' };
  const decoded = decodeBase64(auth);
  const colon = decoded.indexOf(':');
  if (colon < 1) throw new AuthConfigError('"auth" does not hold a user name and a password');
  return { username: decoded.slice(0, colon), password: trimNul(decoded.slice(colon + 1)) };
}

function encodeAuth(username: string, password: string): string {
  if (username === '' && password === '') return '';
  return Buffer.from(`${username}:${password}`, 'utf8').toString('base64');
}

/** Go's `base64.StdEncoding`: line breaks are skipped, padding is required. Buffer alone would accept anything. */
function decodeBase64(text: string): string {
  const digits = text.replace(/[\r\n]/g, '');
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(digits)) {
    throw new AuthConfigError('"auth" is not valid base64');
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(digits, 'base64'));
  } catch {
    throw new AuthConfigError('"auth" is not UTF-8 text');
  }
}

function trimNul(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text[start] === '\0') start += 1;
  while (end > start && text[end - 1] === '\0') end -= 1;
  return text.slice(start, end);
}
