import type { SetRecord } from '../core/login-state.ts';
import type { RegistryReport, Store } from '../core/report.ts';
import type { SecretSet, UnusableSet } from '../core/secret-set.ts';
import type { Attempt } from '../io/verify-set.ts';

type Identity = Pick<RegistryReport, 'name' | 'server' | 'username' | 'kind'>;

export function identityOf({ name, server, username, kind }: SecretSet): Identity {
  return { name, server: server.key, username, kind };
}

export function attemptRow(attempt: Attempt, store: Store | null): RegistryReport {
  const { set, status, message, advice, expiresAt, durationMs } = attempt;
  return { ...identityOf(set), status, store, expiresAt: isoTime(expiresAt), durationMs, message, advice };
}

export function unusableRow({ name, server, username, kind, message, advice }: UnusableSet): RegistryReport {
  const key = server?.key ?? null;
  return { name, server: key, username, kind, status: 'error', store: null, expiresAt: null, durationMs: null, message, advice };
}

export function removedRow(name: string, { server, kind }: SetRecord, message: string): RegistryReport {
  return {
    name,
    server,
    username: null,
    kind: kind as RegistryReport['kind'],
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
