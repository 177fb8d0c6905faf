import { createHash } from 'node:crypto';

/** Four hex digits. */
export type Fingerprint = string;

/** A fingerprint by field, such as `SERVER` and `PASSWORD` of a set, or `username` and `password` of a written entry. */
export type Fingerprints = ReadonlyMap<string, Fingerprint>;

/**
 * Returns SHA-256 of the file's random salt (hex) and the value, cut to 16 bits; so short, it needs no HMAC, which costs three times as much.
 *
 * 16 bits are enough to notice a change (one in 65,536 goes unnoticed) and too few to confirm a guess: of a dictionary of a million
 * passwords, about 15 fit any fingerprint. For that to hold, a file must never have two independent fingerprints of one value. Hence the
 * salt lives as long as its file, nothing but the value is hashed (no set's name, no field's), and an entry in the Docker config is
 * fingerprinted by its decoded user name and password, never as a whole.
 */
export function fingerprint(salt: string, value: string): Fingerprint {
  return createHash('sha256').update(salt, 'hex').update(value, 'utf8').digest('hex').slice(0, 4);
}

/** Fingerprints of those fields that have a value. */
export function fingerprintFields(
  salt: string,
  fields: Readonly<Record<string, string | undefined>>,
): Fingerprints {
  const result = new Map<string, Fingerprint>();
  for (const [field, value] of Object.entries(fields)) {
    if (value !== undefined) result.set(field, fingerprint(salt, value));
  }
  return result;
}

/** The fields that differ, or that one side lacks; sorted. Empty when both are the same. */
export function changedFields(before: Fingerprints, after: Fingerprints): string[] {
  const fields = new Set([...before.keys(), ...after.keys()]);
  return [...fields].filter((field) => before.get(field) !== after.get(field)).toSorted();
}
