import { type EcrRegistry, isAwsAccessKeyId, parseEcrRegistry } from './ecr-registry.ts';
import { findNearMisses } from './near-miss.ts';
import { parseRegistryHost, type RegistryHost } from './registry-host.ts';
import type { Problem, RegistryKind } from './report.ts';
import { Secret } from './secret.ts';
import { parseVariableName, type SecretPart, variableName } from './variable-name.ts';

export type SecretSource = 'environment' | 'secrets-file' | 'codespace-token';

/** A complete set that can be used. */
export interface SecretSet {
  readonly name: string;
  readonly server: RegistryHost;
  readonly username: string;
  readonly password: Secret;
  readonly sessionToken: Secret | null;
  readonly kind: RegistryKind;
  /** Set where the host is ECR's, whatever the USER. */
  readonly ecr: EcrRegistry | null;
  readonly source: SecretSource;
}

/** A complete set that cannot be used; nothing of it is sent anywhere. */
export interface UnusableSet {
  readonly name: string;
  readonly server: RegistryHost | null;
  /** Null where the value is likely to hold more than a user name. */
  readonly username: string | null;
  readonly kind: RegistryKind;
  readonly message: string;
  readonly advice: string;
}

export interface Discovery {
  /** Ordered by name. */
  readonly sets: readonly SecretSet[];
  readonly unusable: readonly UnusableSet[];
  readonly problems: readonly Problem[];
  /** Every name of which some part is here, complete or not. */
  readonly names: readonly string[];
}

type Parts = Map<SecretPart, { readonly value: string; readonly source: SecretSource }>;

const requiredParts = ['SERVER', 'USER', 'PASSWORD'] as const;

/**
 * Finds the secret sets after the convention of GitHub Codespaces ("Allowing your codespace to access a private
 * registry"). The environment comes first; `secretsFile` fills in what it lacks, variable by variable.
 */
export function discoverSets(
  env: Readonly<Record<string, string | undefined>>,
  secretsFile: ReadonlyMap<string, string> = new Map(),
): Discovery {
  const variables = collectVariables(env, secretsFile);
  const partsByName = groupByName(variables);
  const problems: Problem[] = [];
  const usable: SecretSet[] = [];
  const unusable: UnusableSet[] = [];
  const names = [...partsByName.keys()].toSorted(byCodeUnit);
  const hasPart = (name: string, part: SecretPart): boolean => partsByName.get(name)?.has(part) ?? false;
  const nearMisses = findNearMisses([...variables.keys()], hasPart, names);
  for (const name of names) {
    const parts = partsByName.get(name) as Parts;
    const missing = requiredParts.filter((part) => !parts.has(part)).map((part) => variableName(name, part));
    if (missing.length > 0) {
      const renames = nearMisses.filter((nearMiss) => missing.includes(nearMiss.correction));
      problems.push(incompleteSet(name, missing, renames));
      continue;
    }
    const set = readSet(name, parts);
    if ('message' in set) unusable.push(set);
    else usable.push(set);
  }
  for (const { variable, correction, name } of nearMisses) {
    problems.push({
      code: 'near-miss',
      name,
      variables: [variable],
      message: `${variable} is not read: the name is nearly right.`,
      advice:
        name === null
          ? `Put a name of your choice in front: ${correction}.`
          : `Rename the secret to ${correction}.`,
    });
  }
  const { sets, duplicates } = keepFirstPerServer(usable);
  return { sets, unusable, problems: [...problems, ...duplicates], names };
}

function collectVariables(
  env: Readonly<Record<string, string | undefined>>,
  secretsFile: ReadonlyMap<string, string>,
): Map<string, { value: string; source: SecretSource }> {
  const variables = new Map<string, { value: string; source: SecretSource }>();
  const add = (variable: string, value: string | undefined, source: SecretSource): void => {
    const cleaned = clean(parseVariableName(variable)?.part ?? null, value ?? '');
    // An empty variable is what ${localEnv:NAME} gives where nothing is set: it is not there.
    if (cleaned !== '') variables.set(variable, { value: cleaned, source });
  };
  for (const [variable, value] of secretsFile) add(variable, value, 'secrets-file');
  for (const [variable, value] of Object.entries(env)) add(variable, value, 'environment');
  return variables;
}

function groupByName(
  variables: ReadonlyMap<string, { value: string; source: SecretSource }>,
): Map<string, Parts> {
  const partsByName = new Map<string, Parts>();
  for (const [variable, found] of variables) {
    const parsed = parseVariableName(variable);
    if (parsed === null) continue;
    const parts: Parts = partsByName.get(parsed.name) ?? new Map();
    parts.set(parsed.part, found);
    partsByName.set(parsed.name, parts);
  }
  return partsByName;
}

function clean(part: SecretPart | null, value: string): string {
  return part === 'PASSWORD' ? value.replace(/\r?\n$/, '') : value.trim();
}

function readSet(name: string, parts: Parts): SecretSet | UnusableSet {
  const part = (key: SecretPart): string => parts.get(key)?.value ?? '';
  const username = part('USER');
  const sessionToken = part('SESSION_TOKEN');
  const server = parseRegistryHost(part('SERVER'));
  const serverVariable = variableName(name, 'SERVER');
  if ('error' in server) {
    return {
      name,
      server: null,
      username: printableUsername(username),
      kind: 'basic',
      message: `${serverVariable} ${server.error}.`,
      advice: `Set ${serverVariable} to the registry's host, such as mycompany.azurecr.io.`,
    };
  }
  const ecr = parseEcrRegistry(server.hostname);
  const kind: RegistryKind = ecr?.kind ?? 'basic';
  const refuse = (message: string, advice: string): UnusableSet => {
    return { name, server, username: printableUsername(username), kind, message, advice };
  };
  if (isAwsAccessKeyId(username) && ecr === null) {
    return refuse(
      'An AWS access key may only go to AWS, and this host is not an ECR registry. Nothing was sent.',
      `Set ${serverVariable} to the ECR host (<account>.dkr.ecr.<region>.amazonaws.com), or ${variableName(name, 'USER')} to this registry's user.`,
    );
  }
  const stray = strayInUsername(username);
  if (stray !== null) {
    return refuse(
      `${variableName(name, 'USER')} contains ${stray}, which a user name cannot (RFC 7617).`,
      `Put the user name alone into ${variableName(name, 'USER')} and the password into ${variableName(name, 'PASSWORD')}.`,
    );
  }
  return {
    name,
    server,
    username,
    password: new Secret(part('PASSWORD')),
    sessionToken: sessionToken === '' ? null : new Secret(sessionToken),
    kind,
    ecr,
    source: [...parts.values()].some(({ source }) => source === 'secrets-file')
      ? 'secrets-file'
      : 'environment',
  };
}

/** What makes it no user name for Basic authentication (RFC 7617, section 2); null where it is one. */
function strayInUsername(username: string): string | null {
  if (/\p{Cc}/u.test(username)) return 'a line break or another control character';
  return username.includes(':') ? 'a colon' : null;
}

/** A user name is printed, but what is none may be `user:password` or a password in the wrong variable. */
function printableUsername(username: string): string | null {
  return strayInUsername(username) === null ? username : null;
}

function incompleteSet(
  name: string,
  missing: readonly string[],
  renames: readonly { variable: string; correction: string }[],
): Problem {
  const toAdd = missing.filter((variable) => !renames.some(({ correction }) => correction === variable));
  const advice = renames.map(({ variable, correction }) => `Rename ${variable} to ${correction}.`);
  if (toAdd.length > 0) advice.push(`Add ${list(toAdd)}.`);
  return {
    code: 'incomplete-set',
    name,
    variables: missing,
    message: `The set ${name} is incomplete: ${list(missing)} ${missing.length === 1 ? 'is' : 'are'} missing or empty.`,
    advice: advice.join(' '),
  };
}

/** `A`, `A and B`, `A, B and C`. */
function list(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

function keepFirstPerServer(usable: readonly SecretSet[]): { sets: SecretSet[]; duplicates: Problem[] } {
  const byServer = new Map<string, SecretSet>();
  const duplicates: Problem[] = [];
  for (const set of usable) {
    const first = byServer.get(set.server.key);
    if (first === undefined) {
      byServer.set(set.server.key, set);
      continue;
    }
    duplicates.push({
      code: 'duplicate-server',
      name: set.name,
      variables: [variableName(set.name, 'SERVER')],
      message: `The sets ${first.name} and ${set.name} are for the same server; ${first.name} is used, ${set.name} is not.`,
      advice: `Remove the set ${set.name}, or give it another server.`,
    });
  }
  return { sets: [...byServer.values()], duplicates };
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A set's values as they are used, for fingerprints: in the clear. */
export function setFields(
  set: SecretSet,
): Record<Exclude<SecretPart, 'SESSION_TOKEN'>, string> & { SESSION_TOKEN?: string } {
  return {
    SERVER: set.server.key,
    USER: set.username,
    PASSWORD: set.password.reveal(),
    ...(set.sessionToken === null ? {} : { SESSION_TOKEN: set.sessionToken.reveal() }),
  };
}
