import { Secret } from './secret.ts';

/** What could not be read, as a fact for a person: a file, a line where there is one, and never a value. */
export interface SecretsFileProblem {
  readonly file: string;
  readonly message: string;
  /** Whether anything of the file is used. */
  readonly isUsed: boolean;
}

export interface ParsedSecrets {
  /** In the order of the file; of a name that stands there twice, the last value, as `JSON.parse` and a shell have it. */
  readonly secrets: ReadonlyMap<string, Secret>;
  /** Facts without the file's name, such as `line 3 has no "="`. */
  readonly problems: readonly string[];
}

const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** RFC 4648 section 4, whole and padded, as .NET's `Convert.ToBase64String` writes it. */
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** UTF-8 without its byte order mark, or null where the bytes are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  // Whatever is not UTF-8 becomes U+FFFD; without one, a TextDecoder, which takes the credential helper a millisecond to load, would say the same.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  if (!text.includes('\uFFFD')) return text.startsWith('\uFEFF') ? text.slice(1) : text;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/**
 * Parses `user-secrets-envs.json`, one flat JSON object of strings: the file that Codespaces gives to
 * `devcontainer up --secrets-file` (`devcontainers/spec proposals/secrets-support.md`).
 * Entries that are no strings are left out and reported, the others are used. Never throws.
 */
export function parseUserSecretsJson(text: string): ParsedSecrets {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The engine's message quotes the text around the error, which may be a value.
    return { secrets: new Map(), problems: ['is not JSON'] };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { secrets: new Map(), problems: ['is not a JSON object of names and strings'] };
  }
  const secrets = new Map<string, Secret>();
  const problems: string[] = [];
  for (const [name, entry] of Object.entries(value)) {
    if (!variableName.test(name)) problems.push('has a key that is no variable name; it is left out');
    else if (typeof entry !== 'string')
      problems.push(`${name} is ${kindOf(entry)}, not a string; it is left out`);
    else secrets.set(name, new Secret(entry));
  }
  for (const name of repeatedKeys(text)) {
    if (secrets.has(name)) problems.push(`has ${name} more than once; the last one is used`);
  }
  return { secrets, problems };
}

/**
 * Parses `.env-secrets`, a `KEY=base64(value)` a line, split at the first `=` (values are base64 so that they can have lines:
 * microsoft/vscode-dev-containers pull request 1261). Lines end with LF or CRLF; empty lines and `#` lines are skipped.
 * Bad lines are left out and reported by number, the others are used. Never throws.
 */
export function parseEnvSecrets(text: string): ParsedSecrets {
  const secrets = new Map<string, Secret>();
  const problems: string[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const where = `line ${index + 1}`;
    const split = line.indexOf('=');
    if (split === -1) {
      problems.push(`${where} has no "="; it is left out`);
      continue;
    }
    const name = line.slice(0, split);
    const encoded = line.slice(split + 1);
    if (!variableName.test(name)) {
      problems.push(`${where} does not begin with a variable name; it is left out`);
      continue;
    }
    const value = base64.test(encoded) ? decodeBase64(encoded) : null;
    if (value === null) {
      problems.push(`${where}: the value of ${name} is not base64 of UTF-8 text; it is left out`);
      continue;
    }
    const before = secrets.get(name);
    if (before !== undefined && !before.equals(value)) {
      problems.push(`${where} has ${name} once more; the last one is used`);
    }
    secrets.set(name, value);
  }
  return { secrets, problems };
}

function decodeBase64(encoded: string): Secret | null {
  const bytes = Buffer.from(encoded, 'base64');
  // `ignoreBOM` keeps a byte order mark: inside a value it is part of the value.
  try {
    return new Secret(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return null;
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** Keys of the outermost object that occur more than once in JSON that has been parsed already; `JSON.parse` hides them. */
function repeatedKeys(json: string): ReadonlySet<string> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  let depth = 0;
  for (const { 0: token, index } of json.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]]/gs)) {
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
    else if (depth === 1 && isFollowedByColon(json, index + token.length)) {
      const name: unknown = JSON.parse(token);
      if (typeof name !== 'string') continue;
      if (seen.has(name)) repeated.add(name);
      seen.add(name);
    }
  }
  return repeated;
}

function isFollowedByColon(json: string, from: number): boolean {
  let index = from;
  while (json[index] === ' ' || json[index] === '\n' || json[index] === '\r' || json[index] === '\t')
    index += 1;
  return json[index] === ':';
}
