import type { Fingerprints } from './fingerprint.ts';
import type { ListSource, SecretList } from './github-lists.ts';
import type { SetChange } from './login-state.ts';
import { findNearMisses } from './near-miss.ts';
import { parseVariableName, type SecretPart, variableName } from './variable-name.ts';
import type { Secret } from './secret.ts';

/** What is known before GitHub is asked. */
export interface LocalEvidence {
  readonly codespaces: boolean;
  readonly codespaceName: string | null;
  /** `owner/name`. */
  readonly repository: string | null;
  /** Milliseconds since the epoch. */
  readonly startedAt: number | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What the codespace's secrets files hold. */
  readonly fileSecrets: ReadonlyMap<string, { readonly value: Secret; readonly file: string }>;
  /** The option `expect`. */
  readonly expect: readonly string[];
  /** Names of the sets that have all they need, from wherever. */
  readonly completeSets: ReadonlySet<string>;
  /** `seenSinceStart`: sets that a login saw in this container since its start. */
  readonly seen: ReadonlyMap<string, Fingerprints>;
}

export interface RestartEvidence extends LocalEvidence {
  /** Empty where GitHub was not asked. */
  readonly lists: readonly SecretList[];
  readonly changes: readonly SetChange[];
  /** Incomplete sets with the variables that are missing. */
  readonly incomplete: readonly { readonly name: string; readonly variables: readonly string[] }[];
  /** Names of the sets whose login was rejected. */
  readonly rejected: readonly string[];
}

export const allSources: readonly ListSource[] = ['github-user', 'github-repository', 'github-organization'];
const requiredParts: readonly SecretPart[] = ['SERVER', 'USER', 'PASSWORD'];

/** Is this a variable of a set, or one that was probably meant to be and whose right name is not here? */
export function isRegistrySecret(variable: string, { environment }: LocalEvidence): boolean {
  if (parseVariableName(variable) !== null) return true;
  const hasPart = (name: string, part: SecretPart) => valueOf(environment, variableName(name, part)) !== null;
  return findNearMisses([variable], hasPart).length > 0;
}

/** Whether this repository gets a listed secret matters where it is not here, or would come with another value. */
export function needsGrant(variable: string, updatedAt: number | null, evidence: LocalEvidence): boolean {
  return !isInContainer(variable, evidence) || isNewer(updatedAt, evidence);
}

/** In this shell, in a secrets file, or seen by a login since the start. */
export function isInContainer(variable: string, { environment, fileSecrets, seen }: LocalEvidence): boolean {
  const parsed = parseVariableName(variable);
  return (
    valueOf(environment, variable) !== null ||
    fileSecrets.has(variable) ||
    (parsed !== null && seen.get(parsed.name)?.has(parsed.part) === true)
  );
}

export function isComplete(set: string, { completeSets, seen }: LocalEvidence): boolean {
  return completeSets.has(set) || requiredParts.every((part) => seen.get(set)?.has(part) === true);
}

/** Declared in `expect`, or a part of it is here. */
export function isWanted(set: string | null, { expect, environment }: LocalEvidence): boolean {
  return set !== null && (expect.includes(set) || variablesHere(set, environment).length > 0);
}

/** Did GitHub give every list, whole? */
export function hasAllLists({ lists }: RestartEvidence): boolean {
  return allSources.every((source) => lists.some((list) => list.source === source && list.gap === null));
}

export function isListed(set: string, { lists }: RestartEvidence): boolean {
  return lists.some(({ secrets }) => secrets.some(({ name }) => parseVariableName(name)?.name === set));
}

/** Are all variables of this set that are here on GitHub's lists, which are whole, and none newer than the start? */
export function isSettledByLists(set: string, evidence: RestartEvidence): boolean {
  if (!hasAllLists(evidence) || evidence.startedAt === null) return false;
  const here = variablesHere(set, evidence.environment);
  const listed = evidence.lists.flatMap(({ secrets }) => secrets);
  return (
    here.length > 0 &&
    here.every((variable) => {
      const entries = listed.filter(({ name }) => name === variable);
      return (
        entries.length > 0 &&
        entries.every(({ updatedAt }) => updatedAt !== null && !isNewer(updatedAt, evidence))
      );
    })
  );
}

export function isNewer(updatedAt: number | null, { startedAt }: LocalEvidence): boolean {
  return updatedAt !== null && startedAt !== null && updatedAt > startedAt;
}

/** Null where the variable is not set or blank: `${localEnv:NAME}` gives an empty one where nothing is set. */
export function valueOf(environment: LocalEvidence['environment'], name: string): string | null {
  const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
  return value === undefined || value.trim() === '' ? null : value;
}

function variablesHere(set: string, environment: LocalEvidence['environment']): string[] {
  return [...requiredParts, 'SESSION_TOKEN' as const]
    .map((part) => variableName(set, part))
    .filter((variable) => valueOf(environment, variable) !== null);
}
