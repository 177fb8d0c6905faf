import type { SetRecord } from '../core/login-state.ts';
import type { RegistryReport } from '../core/report.ts';
import type { SecretSet, UnusableSet } from '../core/secret-set.ts';
import type { LoginResult } from '../io/login-memory.ts';

type Identity = Pick<RegistryReport, 'name' | 'server' | 'username' | 'kind'>;

export function identityOf({ name, server, username, kind }: SecretSet): Identity {
  return { name, server: server.key, username, kind };
}

export const changedSince = ' Somebody has changed the entry in the Docker config since.';
const notStored = ' But storing it failed: see the problem with the file.';
const storedWords: Partial<Record<RegistryReport['status'], string>> = {
  unverified: ' The credentials are stored as they are.',
  unreachable: ' The credentials are stored all the same, unverified.',
};

export function attemptRow({ attempt, placed }: LoginResult): RegistryReport {
  const { set, status, credential, advice, expiresAt, durationMs } = attempt;
  const stored = credential === null ? '' : placed === null ? notStored : (storedWords[status] ?? '');
  const changed = placed?.isChanged === true ? changedSince : '';
  const message = `${attempt.message}${stored}${changed}`;
  const store = placed?.store ?? null;
  return { ...identityOf(set), status, store, expiresAt: isoTime(expiresAt), durationMs, message, advice };
}

export function unusableRow({ name, server, username, kind, message, advice }: UnusableSet): RegistryReport {
  const key = server?.key ?? null;
  return {
    name,
    server: key,
    username,
    kind,
    status: 'error',
    store: null,
    expiresAt: null,
    durationMs: null,
    message,
    advice,
  };
}

/** Of a set that is not here: its user is not remembered. */
export function recordedIdentity(name: string, { server, kind }: SetRecord): Identity {
  return { name, server, username: null, kind: kind as RegistryReport['kind'] };
}

export function removedRow(name: string, record: SetRecord, message: string): RegistryReport {
  return {
    ...recordedIdentity(name, record),
    status: 'removed',
    store: null,
    expiresAt: null,
    durationMs: null,
    message,
    advice: null,
  };
}

/** Milliseconds since the epoch as ISO 8601, UTC. */
export function isoTime(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}

export function byName(a: RegistryReport, b: RegistryReport): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
