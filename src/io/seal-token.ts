import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { type CachedToken, isSealed, type SealedToken, type StoredToken } from '../core/credential-cache.ts';
import type { Options } from '../core/options.ts';
import { renewsItself } from '../core/placement.ts';
import type { SecretSet } from '../core/secret-set.ts';

const cipher = 'aes-256-gcm';
const saltBytes = 32;
const ivBytes = 12;
const tagBytes = 16;

/** Whose AWS keys seal a token. */
type Keys = Pick<SecretSet, 'username' | 'password' | 'sessionToken'>;

/**
 * The token with its password under AES-256-GCM (NIST SP 800-38D). The key comes from the set's AWS keys by HKDF-SHA-256 with a random
 * salt (RFC 5869); a secret access key is random, so no slow derivation is needed. The server and the times are sealed with it.
 */
export function sealToken(server: string, token: CachedToken, keys: Keys): SealedToken {
  const { password, ...facts } = token;
  const salt = randomBytes(saltBytes);
  const iv = randomBytes(ivBytes);
  const cipherer = createCipheriv(cipher, deriveKey(keys, salt), iv, { authTagLength: tagBytes });
  cipherer.setAAD(associatedText(server, facts));
  const sealed = Buffer.concat([cipherer.update(password, 'utf8'), cipherer.final()]);
  return { ...facts, sealed: Buffer.concat([salt, iv, cipherer.getAuthTag(), sealed]).toString('base64') };
}

/** The token in the clear, whether or not it was sealed; null where other keys sealed it, or somebody changed it. */
export function openToken(server: string, token: StoredToken, keys: Keys): CachedToken | null {
  if (!isSealed(token)) return token;
  const { sealed, ...facts } = token;
  const bytes = Buffer.from(sealed, 'base64');
  const [ivAt, tagAt, textAt] = [saltBytes, saltBytes + ivBytes, saltBytes + ivBytes + tagBytes];
  if (bytes.length < textAt) return null;
  try {
    const key = deriveKey(keys, bytes.subarray(0, ivAt));
    const decipherer = createDecipheriv(cipher, key, bytes.subarray(ivAt, tagAt), {
      authTagLength: tagBytes,
    });
    decipherer.setAAD(associatedText(server, facts));
    decipherer.setAuthTag(bytes.subarray(tagAt, textAt));
    const password = Buffer.concat([decipherer.update(bytes.subarray(textAt)), decipherer.final()]);
    return { ...facts, password: password.toString('utf8') };
  } catch {
    return null;
  }
}

/**
 * The token as it is stored under this option: sealed under `helper`, in the clear under the others. Null for one that would have to be
 * sealed and whose set (of the same server) has no AWS keys for it. Without a set it stays as it is, and so does a sealed one of other keys.
 */
export function toStoredToken(
  server: string,
  token: StoredToken,
  option: Options['credentialStore'],
  set: SecretSet | null,
): StoredToken | null {
  if (set === null || isSealed(token) === (option === 'helper')) return token;
  if (isSealed(token)) return openToken(server, token, set) ?? token;
  return renewsItself(set) ? sealToken(server, token, set) : null;
}

function deriveKey({ username, password, sessionToken }: Keys, salt: Uint8Array): Uint8Array {
  const material = JSON.stringify([username, password.reveal(), sessionToken?.reveal() ?? null]);
  return new Uint8Array(hkdfSync('sha256', material, salt, 'registry-login cached token', 32));
}

function associatedText(
  server: string,
  { username, issuedAt, expiresAt, keys }: Omit<SealedToken, 'sealed'>,
): Buffer {
  return Buffer.from(JSON.stringify([server, username, issuedAt, expiresAt, keys]));
}
