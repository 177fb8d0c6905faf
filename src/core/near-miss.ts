import type { SecretPart } from './secret-set.ts';

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
  ['LOGIN_SERVER', 'SERVER'],
  ['SESSIONTOKEN', 'SESSION_TOKEN'],
  ['AWS_SESSION_TOKEN', 'SESSION_TOKEN'],
]);

/** Names that other tools use too (azd sets `AZURE_CONTAINER_REGISTRY_ENDPOINT`): a near miss only beside a part of the same set. */
const doubtfulNames: ReadonlyMap<string, SecretPart> = new Map([
  ['HOST', 'SERVER'],
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

/**
 * Variables that are nearly of the convention, each with its correction, ordered by variable. One whose correction is there
 * already is none, and neither is the second of two with the same correction.
 */
export function findNearMisses(
  variables: readonly string[],
  hasPart: (name: string, part: SecretPart) => boolean,
): NearMiss[] {
  const found: NearMiss[] = [];
  const corrections = new Set<string>();
  for (const variable of variables.toSorted()) {
    const nearMiss = readNearMiss(variable, hasPart);
    if (nearMiss === null || corrections.has(nearMiss.correction)) continue;
    corrections.add(nearMiss.correction);
    found.push(nearMiss);
  }
  return found;
}

function readNearMiss(variable: string, hasPart: (name: string, part: SecretPart) => boolean): NearMiss | null {
  // Other software's long variables are not worth an edit distance.
  if (variable.length > 200 || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(variable)) return null;
  const tokens = variable.split('_');
  const middle = tokens.findIndex(
    (token, index) => isNearly(token, 'CONTAINER', 2) && isNearly(tokens[index + 1] ?? '', 'REGISTRY', 2),
  );
  if (middle === -1) return null;
  const name = tokens.slice(0, middle).join('_');
  const rest = tokens.slice(middle + 2).join('_');
  const prefixIsExact = tokens[middle] === 'CONTAINER' && tokens[middle + 1] === 'REGISTRY';
  if (prefixIsExact && name !== '' && parts.some((part) => part === rest)) return null;
  const part = readPart(rest.toUpperCase(), name !== '' && parts.some((other) => hasPart(name, other)));
  if (part === null || (name !== '' && hasPart(name, part))) return null;
  // Without a name there is none to keep: any will do.
  return { variable, correction: `${name === '' ? 'MY' : name}_CONTAINER_REGISTRY_${part}`, name: name === '' ? null : name };
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
