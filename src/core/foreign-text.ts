import type { Secret } from './secret.ts';

const maxQuoteCharacters = 200;
/** A message that shares a run this long with a secret is not shown. */
const tellingRun = 8;

/**
 * Foreign text as it may stand in a message: one line, at most 200 characters, no control characters.
 * Null where nothing is left, and where it repeats a secret or a telling part of one, plain or encoded: then nothing of it is shown.
 */
export function quoteForeign(text: string, secrets: readonly Secret[]): string | null {
  const line = toLine(text);
  if (line === '') return null;
  // What is not shown need not be searched, but for a secret that the cut would halve.
  const searched = line.slice(0, maxQuoteCharacters + tellingRun).toLowerCase();
  const forms = secrets.flatMap((secret) => encodings(secret.reveal()));
  if (forms.some((form) => sharesRun(searched, form))) return null;
  return line.length <= maxQuoteCharacters ? line : `${line.slice(0, maxQuoteCharacters - 1)}…`;
}

function toLine(text: string): string {
  // Format characters (bidirectional overrides, zero-width ones) would make a message read differently from what it is.
  return text
    .replaceAll(/\p{Cf}/gu, '')
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
}

function encodings(secret: string): string[] {
  const bytes = Buffer.from(secret);
  // A token or a Basic header quotes base64 with or without its padding, and in both alphabets.
  const forms = [
    toLine(secret),
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(bytes.toString()),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
  ];
  return [...new Set(forms.map((form) => form.toLowerCase()))].filter((form) => form !== '');
}

function sharesRun(line: string, form: string): boolean {
  if (form.length <= tellingRun) return line.includes(form);
  for (let start = 0; start + tellingRun <= form.length; start += 1) {
    if (line.includes(form.slice(start, start + tellingRun))) return true;
  }
  return false;
}
