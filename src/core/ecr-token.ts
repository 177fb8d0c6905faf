const longestTokenBytes = 64 * 1024;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/**
 * When an ECR token (the password that goes with user `AWS`) expires, or null where it does not say.
 * ECR's tokens are base64 of JSON with `payload`, `datakey`, `version`, `type` and `expiration` (seconds since the epoch);
 * AWS documents them as opaque, so whatever else is found here means "unknown", not "bad".
 */
export function readTokenExpiry(password: string): Date | null {
  const text = password.trim();
  if (text.length > longestTokenBytes || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return null;
  let token: unknown;
  try {
    token = JSON.parse(Buffer.from(text, 'base64').toString('utf8'));
  } catch {
    return null;
  }
  // One optional number, read by hand: the credential helper comes through here and must not load zod.
  if (typeof token !== 'object' || token === null || !('expiration' in token)) return null;
  const { expiration } = token;
  if (typeof expiration !== 'number' || !(expiration > 0)) return null;
  const expiresAt = new Date(expiration * 1000);
  return Number.isNaN(expiresAt.getTime()) ? null : expiresAt;
}

/** `expired 3 h ago` or `expires in 12 h`; `now` in milliseconds since the epoch. */
export function describeExpiry(expiresAt: Date, now: number): string {
  const remaining = expiresAt.getTime() - now;
  // A token of 12 hours is still one of 12 when it has come.
  const rounded = remaining < hourMs ? remaining : remaining + minuteMs;
  return remaining > 0 ? `expires in ${span(rounded)}` : `expired ${span(-remaining)} ago`;
}

function span(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} days`;
}
