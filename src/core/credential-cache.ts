/** What the credential helper answers from, between runs: ECR tokens, and what a user's own `docker login` stored. Never a key. */
export interface CredentialCache {
  /** By the server's key. */
  readonly tokens: ReadonlyMap<string, StoredToken>;
  /** By the server's key: what `docker login` stored through the helper; null after `docker logout`. */
  readonly logins: ReadonlyMap<string, StoredLogin | null>;
}

interface TokenFacts {
  readonly username: string;
  /** Milliseconds since the epoch. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** `keyMark` of the keys that it was exchanged for. */
  readonly keys: string;
}

export interface CachedToken extends TokenFacts {
  readonly password: string;
}

/** Where nothing secret may stand at rest. */
export interface SealedToken extends TokenFacts {
  /** The password, as only the AWS keys that sealed it can read it. */
  readonly sealed: string;
}

export type StoredToken = CachedToken | SealedToken;

export interface StoredLogin {
  readonly username: string;
  readonly secret: string;
}

export const emptyCache: CredentialCache = { tokens: new Map(), logins: new Map() };

export function isSealed(token: StoredToken): token is SealedToken {
  return 'sealed' in token;
}

/** More than half of its life is left: it is used as it is. */
export function isFresh(token: StoredToken, now: number): boolean {
  return token.issuedAt <= now && now - token.issuedAt < (token.expiresAt - token.issuedAt) / 2;
}

/** No margin: it is asked for where there is no better token, and the last second of one is worth more than none. */
export function isValid(token: StoredToken, now: number): boolean {
  return token.expiresAt > now;
}

/**
 * Tells one pair of AWS keys from another: FNV-1a, cut to 16 bits. Enough to notice a change; nothing can be learnt from it about a
 * random key of 240 bits. No hash of node:crypto, whose loading would be the helper's largest cost.
 */
export function keyMark(accessKeyId: string, secretAccessKey: string, sessionToken: string | null): string {
  let hash = 0x811c9dc5;
  for (const character of JSON.stringify([accessKeyId, secretAccessKey, sessionToken])) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return ((hash >>> 16) ^ (hash & 0xffff)).toString(16).padStart(4, '0');
}

/** Reads the cache's text; null where it is not one. By hand: the helper answers from it and must not load a schema library. */
export function parseCache(text: string): CredentialCache | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(value) || value['schemaVersion'] !== 1) return null;
  const { tokens, logins } = value;
  if (!Array.isArray(tokens) || !Array.isArray(logins)) return null;
  const cache = { tokens: new Map<string, StoredToken>(), logins: new Map<string, StoredLogin | null>() };
  for (const token of tokens as unknown[]) {
    if (!isRecord(token)) return null;
    const { server, username, password, sealed, issuedAt, expiresAt, keys } = token;
    if (typeof server !== 'string' || typeof username !== 'string' || typeof keys !== 'string') return null;
    if (typeof issuedAt !== 'number' || typeof expiresAt !== 'number') return null;
    const facts = { username, issuedAt, expiresAt, keys };
    if (typeof password === 'string') cache.tokens.set(server, { ...facts, password });
    else if (typeof sealed === 'string') cache.tokens.set(server, { ...facts, sealed });
    else return null;
  }
  for (const login of logins as unknown[]) {
    if (!isRecord(login) || typeof login['server'] !== 'string') return null;
    const { server, username, secret } = login;
    if (typeof username === 'string' && typeof secret === 'string')
      cache.logins.set(server, { username, secret });
    else cache.logins.set(server, null);
  }
  return cache;
}

export function formatCache(cache: CredentialCache): string {
  const tokens = [...cache.tokens].map(([server, token]) => ({ server, ...token }));
  const logins = [...cache.logins].map(([server, login]) => ({ server, ...login }));
  return `${JSON.stringify({ schemaVersion: 1, tokens, logins }, null, 2)}\n`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
