/** What the credential helper answers from, between runs: ECR tokens, and what a user's own `docker login` stored. Never a key. */
export interface CredentialCache {
  /** By the server's key. */
  readonly tokens: ReadonlyMap<string, CachedToken>;
  /** By the server's key: what `docker login` stored through the helper; null after `docker logout`. */
  readonly logins: ReadonlyMap<string, StoredLogin | null>;
}

export interface CachedToken {
  readonly username: string;
  readonly password: string;
  /** Milliseconds since the epoch. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** `keyMark` of the keys that it was exchanged for. */
  readonly keys: string;
}

export interface StoredLogin {
  readonly username: string;
  readonly secret: string;
}

export const emptyCache: CredentialCache = { tokens: new Map(), logins: new Map() };

/** More than half of its life is left: it is used as it is. */
export function isFresh(token: CachedToken, now: number): boolean {
  return token.issuedAt <= now && now - token.issuedAt < (token.expiresAt - token.issuedAt) / 2;
}

/** No margin: it is asked for where there is no better token, and the last second of one is worth more than none. */
export function isValid(token: CachedToken, now: number): boolean {
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
  const cache = { tokens: new Map<string, CachedToken>(), logins: new Map<string, StoredLogin | null>() };
  for (const token of tokens as unknown[]) {
    if (!isRecord(token)) return null;
    const { server, username, password, issuedAt, expiresAt, keys } = token;
    const texts = [server, username, password, keys];
    if (!texts.every((text) => typeof text === 'string')) return null;
    if (typeof issuedAt !== 'number' || typeof expiresAt !== 'number') return null;
    const [key = '', user = '', secret = '', mark = ''] = texts;
    cache.tokens.set(key, { username: user, password: secret, issuedAt, expiresAt, keys: mark });
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
