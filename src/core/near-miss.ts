import { parseVariableName, type SecretPart } from './variable-name.ts';

export interface NearMiss {
  readonly variable: string;
  readonly correction: string;
  /** The set's name, or null where the variable has none. */
  readonly name: string | null;
}

/** What people write instead, and cannot mean anything else. */
const confidentNames: ReadonlyMap<string, SecretPart> = new Map([
  ['USERNAME', 'USER'],
  ['USER_NAME', 'USER'],
  ['LOGIN', 'USER'],
  ['PASS', 'PASSWORD'],
  ['PASSWD', 'PASSWORD'],
  ['PWD', 'PASSWORD'],
  ['PASSPHRASE', 'PASSWORD'],
  ['TOKEN', 'PASSWORD'],
  ['URL', 'SERVER'],
  ['URI', 'SERVER'],
  ['SERVER_URL', 'SERVER'],
  ['SESSIONTOKEN', 'SESSION_TOKEN'],
  ['AWS_SESSION_TOKEN', 'SESSION_TOKEN'],
]);

/** Names that other tools use too (azd sets `AZURE_CONTAINER_REGISTRY_ENDPOINT`): a near miss only beside a part of the same set. */
const doubtfulNames: ReadonlyMap<string, SecretPart> = new Map([
  ['HOST', 'SERVER'],
  ['LOGIN_SERVER', 'SERVER'],
  ['HOSTNAME', 'SERVER'],
  ['ADDRESS', 'SERVER'],
  ['ENDPOINT', 'SERVER'],
  ['DOMAIN', 'SERVER'],
  ['SECRET', 'PASSWORD'],
  ['KEY', 'PASSWORD'],
  ['SECRET_KEY', 'PASSWORD'],
  ['ID', 'USER'],
  ['ACCOUNT', 'USER'],
  ['ACCESS_KEY_ID', 'USER'],
  ['SECRET_ACCESS_KEY', 'PASSWORD'],
]);

const parts: readonly SecretPart[] = ['SERVER', 'USER', 'PASSWORD', 'SESSION_TOKEN'];

type HasPart = (name: string, part: SecretPart) => boolean;

/**
 * Variables that are nearly of the convention, each with its correction, ordered by variable. One whose correction is there
 * already is none, and neither is the second of two with the same correction. `names` are those of the sets that are here:
 * a part in another letter case belongs to them.
 */
export function findNearMisses(
  variables: readonly string[],
  hasPart: HasPart,
  names: readonly string[] = [],
): NearMiss[] {
  const found = new Map<string, NearMiss>();
  for (const variable of variables.toSorted()) {
    // What is right is not nearly right, and needs no edit distance.
    if (parseVariableName(variable) !== null) continue;
    const nearMiss = readNearMiss(variable, hasPart, names);
    if (nearMiss !== null && !found.has(nearMiss.correction)) found.set(nearMiss.correction, nearMiss);
  }
  return [...found.values()];
}

function readNearMiss(variable: string, hasPart: HasPart, names: readonly string[]): NearMiss | null {
  // Other software's long variables are not worth an edit distance.
  if (variable.length > 200 || !/^[A-Za-z0-9_.-]+$/.test(variable)) return null;
  const [before, rest] = splitAtConvention(variable.split(/[_.-]/)) ?? [];
  if (before === undefined || rest === undefined) return null;
  const name = before === '' ? null : findName(before, names);
  const part = readPart(rest.toUpperCase(), name !== null && parts.some((other) => hasPart(name, other)));
  if (part === null || (name !== null && hasPart(name, part))) return null;
  // Without a name there is none to keep: any will do.
  const correction = `${name ?? 'MY'}_CONTAINER_REGISTRY_${part}`;
  return correction === variable ? null : { variable, correction, name };
}

/** What stands before and behind the last thing that is nearly CONTAINER_REGISTRY. */
function splitAtConvention(tokens: readonly string[]): [before: string, rest: string] | null {
  for (let at = tokens.length - 1; at >= 0; at--) {
    const token = tokens[at] ?? '';
    const width = isNearly(token, 'CONTAINERREGISTRY', 2)
      ? 1
      : isNearly(token, 'CONTAINER', 2) && isNearly(tokens[at + 1] ?? '', 'REGISTRY', 2)
        ? 2
        : 0;
    if (width > 0) return [tokens.slice(0, at).join('_'), tokens.slice(at + width).join('_')];
  }
  return null;
}

/** The name of a set that is here in whatever letter case, else the name as written, as an identifier. */
function findName(written: string, names: readonly string[]): string {
  if (names.includes(written)) return written;
  const sameLetters = names.find((name) => name.toUpperCase() === written.toUpperCase());
  return sameLetters ?? (/^\d/.test(written) ? `_${written}` : written);
}

function readPart(rest: string, besideItsSet: boolean): SecretPart | null {
  const confident = confidentNames.get(rest) ?? (besideItsSet ? doubtfulNames.get(rest) : undefined);
  if (confident !== undefined) return confident;
  return parts.find((part) => isNearly(rest, part, part === 'USER' ? 1 : 2)) ?? null;
}

function isNearly(text: string, word: string, most: number): boolean {
  return Math.abs(text.length - word.length) <= most && editDistance(text.toUpperCase(), word) <= most;
}

/** Damerau-Levenshtein (optimal string alignment): insertions, deletions, substitutions and swaps of neighbours. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
