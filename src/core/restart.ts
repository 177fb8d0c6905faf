import type { ListedSecret, ListSource } from './github-lists.ts';
import type { Restart, RestartReason } from './report.ts';
import { expectCauses, howToGrant, howToStart } from './restart-advice.ts';
import {
  allSources,
  hasAllLists,
  isComplete,
  isInContainer,
  isListed,
  isNewer,
  isRegistrySecret,
  isSettledByLists,
  isWanted,
  type RestartEvidence,
  valueOf,
} from './restart-evidence.ts';
import { parseVariableName } from './variable-name.ts';

export interface RestartDecision {
  readonly restart: Restart;
  /** Is there something for the user to do? `--quiet` is silent otherwise, so that a list that GitHub refuses is no noise at each attach. */
  readonly isWorthSaying: boolean;
}

interface Sign extends RestartReason {
  /** The set that it explains, null for none. */
  readonly set: string | null;
  readonly says: 'yes' | 'unknown' | 'nothing';
  readonly isWorthSaying: boolean;
  readonly lacksGrant?: boolean;
}

/**
 * Decides whether a stop and start is needed, from the best source to the least; a set that a better source explains is left out of the
 * guesses (3 and 5).
 *
 * `yes` comes from evidence only: GitHub's lists (a secret updated after the start, or listed and granted but not here) and the codespace's
 * secrets files (a value that this shell lacks). `unknown` comes from `expect`, a set that has gone, an incomplete or rejected set, a
 * listed secret that this repository is not granted (a start alone does not bring it: the advice is to grant access), and a list that
 * was asked for and not given: without it `no` would be a guess. That last one alone is not worth saying unasked. `no` is the rest:
 * nothing points to a secret that is not here. Lists that were never asked for (a local container, no token) do not stand against `no`.
 *
 * Where GitHub gave every list and all variables of an incomplete or rejected set are on them, none newer than the start, a start would
 * bring nothing new, and guess 5 is not made. A set that is new or changed since the last start is told as news beside `no` and `unknown`,
 * and decides nothing.
 */
export function decideRestart(evidence: RestartEvidence): RestartDecision {
  const known = [...githubSigns(evidence), ...fileSigns(evidence)];
  const explained = new Set(known.map(({ set }) => set));
  const signs = [
    ...known,
    ...expectSigns(evidence, explained),
    ...changeSigns(evidence, explained),
    ...guesses(evidence, explained),
  ];
  const needed = signs.some(({ says }) => says === 'yes')
    ? 'yes'
    : signs.some(({ says }) => says === 'unknown')
      ? 'unknown'
      : 'no';
  const told = needed === 'yes' ? signs.filter((sign) => sign.says === 'yes' || sign.isWorthSaying) : signs;
  const reasons = told.map(({ secret, source, message }) => ({ secret, source, message }));
  const isWorthSaying = told.some((sign) => sign.isWorthSaying);
  return { restart: { needed, reasons, how: adviceFor(needed, told, evidence) }, isWorthSaying };
}

/** What a reason is about when a whole list is missing. */
const anySecret = '*_CONTAINER_REGISTRY_*';

/** Source 1. */
function githubSigns(evidence: RestartEvidence): Sign[] {
  const signs: Sign[] = [];
  for (const source of allSources) {
    for (const list of evidence.lists.filter((one) => one.source === source)) {
      for (const secret of list.secrets.toSorted((a, b) => compare(a.name, b.name))) {
        const sign = isRegistrySecret(secret.name, evidence) ? listedSign(secret, source, evidence) : null;
        if (sign !== null) signs.push(sign);
      }
      if (list.gap !== null) {
        signs.push({
          secret: anySecret,
          source,
          message: `The Codespaces secrets of ${placeNames[source]} are not known: ${list.gap}`,
          set: null,
          says: 'unknown',
          isWorthSaying: false,
        });
      }
    }
  }
  return signs;
}

function listedSign(secret: ListedSecret, source: ListSource, evidence: RestartEvidence): Sign | null {
  const { name, updatedAt, granted } = secret;
  const set = parseVariableName(name)?.name ?? null;
  const place = placeNames[source];
  const isHere = isInContainer(name, evidence);
  const sign = { secret: name, source, set };
  if (granted === false) {
    // Not here for a good reason, and it may be meant for other repositories: worth saying where it is wanted.
    if (isHere) return null;
    const message = `${name}, a secret of ${place}, is not granted to ${evidence.repository ?? 'this repository'}.`;
    return { ...sign, message, says: 'unknown', isWorthSaying: isWanted(set, evidence), lacksGrant: true };
  }
  if (isNewer(updatedAt, evidence)) {
    const what = isHere ? `${name} was updated` : `${name} is not here, though updated`;
    const message = `${what} in the secrets of ${place} at ${iso(updatedAt)}, after the start of this container (${iso(evidence.startedAt)}).`;
    return { ...sign, message, says: 'yes', isWorthSaying: true };
  }
  if (isHere) return null;
  const message = `${name} is a secret of ${place}, and not in this container`;
  if (granted === null) {
    const doubt = `${message}; whether it is granted to ${evidence.repository ?? 'this repository'} is not known.`;
    return { ...sign, message: doubt, says: 'unknown', isWorthSaying: isWanted(set, evidence) };
  }
  return { ...sign, message: `${message}.`, says: 'yes', isWorthSaying: true };
}

const placeNames: Readonly<Record<ListSource, string>> = {
  'github-user': 'the user',
  'github-repository': 'the repository',
  'github-organization': 'the organisation',
};

/** Source 2. */
function fileSigns(evidence: RestartEvidence): Sign[] {
  const { environment, fileSecrets } = evidence;
  const signs: Sign[] = [];
  for (const [name, { value, file }] of [...fileSecrets].toSorted(([a], [b]) => compare(a, b))) {
    if (!isRegistrySecret(name, evidence) || value.reveal().trim() === '') continue;
    const here = valueOf(environment, name);
    if (here !== null && comparable(name, here) === comparable(name, value.reveal())) continue;
    const message =
      here === null
        ? `${name} is in ${file}, and not in this shell.`
        : `${name} has another value in ${file} than in this shell.`;
    const set = parseVariableName(name)?.name ?? null;
    signs.push({ secret: name, source: 'secrets-file', message, set, says: 'yes', isWorthSaying: true });
  }
  return signs;
}

/** Source 3. */
function expectSigns(evidence: RestartEvidence, explained: ReadonlySet<string | null>): Sign[] {
  const { expect, incomplete } = evidence;
  const names = [...new Set(expect)].filter(
    (name) =>
      !isComplete(name, evidence) && !explained.has(name) && !incomplete.some((set) => set.name === name),
  );
  return names.map((name) => ({
    secret: name,
    source: 'expect',
    message: `${name} is expected (option "expect") and not here. Causes, in this order: ${expectCauses(evidence.codespaces)}`,
    set: name,
    says: 'unknown',
    isWorthSaying: true,
  }));
}

/** Source 4. */
function changeSigns(evidence: RestartEvidence, explained: ReadonlySet<string | null>): Sign[] {
  return evidence.changes.map(({ name, change, fields }) => {
    const sign = { secret: name, source: 'last-start', set: name, isWorthSaying: false } as const;
    if (change === 'new')
      return { ...sign, says: 'nothing', message: `${name} is new since the last start.` };
    if (change === 'changed') {
      return {
        ...sign,
        says: 'nothing',
        message: `${name} has changed since the last start (${fields.join(', ')}).`,
      };
    }
    const isSettled = explained.has(name) || (hasAllLists(evidence) && !isListed(name, evidence));
    return {
      ...sign,
      says: isSettled ? 'nothing' : 'unknown',
      message: `${name} was here at the last start, and no longer.`,
    };
  });
}

/** Source 5. */
function guesses(evidence: RestartEvidence, explained: ReadonlySet<string | null>): Sign[] {
  const missing = evidence.incomplete.flatMap(({ name, variables }) =>
    variables.map((secret) => ({
      set: name,
      secret,
      message: `${secret} is missing. If you have just added it, stop and start.`,
    })),
  );
  const rejected = evidence.rejected.map((set) => ({
    set,
    secret: `${set}_CONTAINER_REGISTRY_PASSWORD`,
    message: `The login of ${set} was rejected. If you have just changed its secrets, stop and start.`,
  }));
  return [...missing, ...rejected]
    .filter(({ set }) => !explained.has(set) && !isSettledByLists(set, evidence))
    .map((guess) => ({ ...guess, source: 'heuristic', says: 'unknown', isWorthSaying: true }));
}

function adviceFor(
  needed: Restart['needed'],
  signs: readonly Sign[],
  evidence: RestartEvidence,
): string | null {
  const start = howToStart(evidence);
  const grant = signs.some(({ lacksGrant }) => lacksGrant)
    ? howToGrant(signs.filter(({ lacksGrant }) => lacksGrant))
    : null;
  if (needed === 'yes') {
    const isShellOnly = signs.every(({ says, source }) => says !== 'yes' || source === 'secrets-file');
    const advice = isShellOnly
      ? `Open a new terminal, or stop and start: ${start}`
      : `Stop and start: ${start}`;
    return grant === null ? advice : `${advice} ${grant}`;
  }
  if (grant !== null) return `${grant} Then stop and start: ${start}`;
  if (!signs.some(({ isWorthSaying }) => isWorthSaying)) {
    return signs.some(({ says, source }) => says === 'unknown' && source === 'last-start')
      ? `If it should be here, see that it still exists and is given to this container; then stop and start: ${start}`
      : null;
  }
  return `If you have just added or changed a secret, stop and start: ${start}`;
}

/**
 * A value as far as a difference is worth a word: a shell's `$(…)` drops newlines at the end (devcontainers' sshd script reads
 * `.env-secrets` that way), and login trims all but the password.
 */
function comparable(name: string, value: string): string {
  return parseVariableName(name)?.part === 'PASSWORD' ? value.replace(/[\r\n]+$/, '') : value.trim();
}

function iso(time: number | null): string {
  return time === null || Math.abs(time) > 8.64e15 ? 'an unknown time' : new Date(time).toISOString();
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
