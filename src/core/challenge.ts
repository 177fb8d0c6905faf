/** One entry of a `WWW-Authenticate` header (RFC 9110 §11.6.1). Scheme and parameter names are lower case. */
export interface Challenge {
  readonly scheme: string;
  readonly token68: string | null;
  /** The first of each name; a map, so that `__proto__` is a name like any other. */
  readonly parameters: ReadonlyMap<string, string>;
}

const maxHeaderCharacters = 16 * 1024;
const maxChallenges = 16;
const maxParameters = 32;

const separators = /[ \t,]*/y;
const token = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const equals = /[ \t]*=[ \t]*/y;
const quotedString = /"((?:[^"\\]|\\[^])*)"/y;
const spaces = /[ \t]+/y;
const token68 = /([0-9A-Za-z\-._~+/]+=*)(?=[ \t]*(?:,|$))/y;

/**
 * All challenges of all `WWW-Authenticate` headers, in order; none where nothing can be read.
 * What is not a challenge is stepped over; a quoted string without its end takes the rest of its header with it.
 */
export function parseChallenges(headerValues: readonly string[]): Challenge[] {
  return headerValues
    .flatMap((value) => parseHeader(value.slice(0, maxHeaderCharacters)))
    .slice(0, maxChallenges);
}

function parseHeader(header: string): Challenge[] {
  const challenges: Challenge[] = [];
  let parameters: Map<string, string> | null = null;
  let position = 0;

  function take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = position;
    const match = pattern.exec(header);
    if (match !== null) position = pattern.lastIndex;
    return match;
  }

  while (challenges.length <= maxChallenges) {
    take(separators);
    if (position >= header.length) break;
    const name = take(token)?.[0].toLowerCase();
    if (name === undefined) {
      if (header[position] !== '"') position += 1;
      // A stray quoted string is stepped over as a whole: what it quotes is no challenge.
      else if (take(quotedString) === null) break;
      continue;
    }
    if (take(equals) !== null) {
      const quoted = take(quotedString);
      if (quoted === null && header[position] === '"') break;
      const value = quoted === null ? (take(token)?.[0] ?? '') : unescapeQuoted(quoted[1] ?? '');
      if (parameters !== null && parameters.size < maxParameters && !parameters.has(name)) {
        parameters.set(name, value);
      }
      continue;
    }
    const credentials = take(spaces) === null ? null : take(token68);
    parameters = new Map();
    challenges.push({ scheme: name, token68: credentials?.[1] ?? null, parameters });
  }
  return challenges;
}

function unescapeQuoted(text: string): string {
  return text.replaceAll(/\\([^])/g, '$1');
}
