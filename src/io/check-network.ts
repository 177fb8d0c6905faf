import { connect, isIP } from 'node:net';
import type { UnreachableCause } from '../core/verdict.ts';
import type { System } from './system.ts';

/** How long name resolution and each connection may take, in milliseconds. */
const timeoutMs = 10_000;

export type Resolution =
  | { readonly outcome: 'resolved'; readonly addresses: readonly string[] }
  | { readonly outcome: 'failed'; readonly detail: string };

export type Connection =
  | { readonly outcome: 'connected'; readonly address: string; readonly port: number }
  | { readonly outcome: 'failed'; readonly cause: UnreachableCause; readonly detail: string };

/** The addresses of a host, which may be an address itself. */
export async function resolveHost(
  system: System,
  hostname: string,
  signal: AbortSignal,
): Promise<Resolution> {
  if (isIP(hostname) !== 0) return { outcome: 'resolved', addresses: [hostname] };
  try {
    const addresses = await inTime(system.lookup(hostname), signal);
    if (addresses === 'late')
      return { outcome: 'failed', detail: `${hostname} could not be resolved in time` };
    if (addresses.length > 0) return { outcome: 'resolved', addresses };
    return { outcome: 'failed', detail: `${hostname} could not be resolved: it has no address` };
  } catch (error) {
    const code = codeOf(error);
    return {
      outcome: 'failed',
      detail: `${hostname} could not be resolved${code === null ? '' : ` (${code})`}`,
    };
  }
}

/** Tries every port on every address, all at once; the failure is that of the first address and port. */
export async function tryConnections(
  hostname: string,
  addresses: readonly string[],
  ports: readonly number[],
  signal: AbortSignal,
): Promise<Connection> {
  const targets = ports.flatMap((port) => addresses.map((address) => ({ address, port })));
  const attempts = targets.map(async ({ address, port }) => ({
    address,
    port,
    code: await tryConnection(address, port, signal),
  }));
  const [connected] = await Promise.allSettled([
    Promise.any(
      attempts.map(async (attempt) => {
        const { address, port, code } = await attempt;
        if (code !== null) throw new Error(code);
        return { outcome: 'connected' as const, address, port };
      }),
    ),
  ]);
  if (connected.status === 'fulfilled') return connected.value;
  const { code } = (await attempts[0]) ?? { code: null };
  const where = `on port ${ports.join(' and ')}`;
  if (code === 'ECONNREFUSED') {
    return {
      outcome: 'failed',
      cause: 'connection-refused',
      detail: `${hostname} refused the connection ${where} (${code})`,
    };
  }
  if (code === 'late' || code === 'ETIMEDOUT') {
    return {
      outcome: 'failed',
      cause: 'timeout',
      detail: `${hostname} did not accept a connection ${where} in time`,
    };
  }
  return {
    outcome: 'failed',
    cause: 'timeout',
    detail: `${hostname} cannot be reached from here ${where} (${code ?? 'no address'})`,
  };
}

/** Null where it was made; else the system's code, or `late`. */
async function tryConnection(host: string, port: number, signal: AbortSignal): Promise<string | null> {
  const socket = connect({ host, port });
  const made = new Promise<string | null>((resolve) => {
    socket.once('connect', () => resolve(null));
    socket.on('error', (error) => resolve(codeOf(error) ?? 'unknown'));
  });
  try {
    return await inTime(made, signal);
  } finally {
    socket.destroy();
  }
}

async function inTime<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | 'late'> {
  const timeout = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  let end = (): void => {};
  const late = new Promise<'late'>((resolve) => {
    end = () => resolve('late');
    if (timeout.aborted) end();
    timeout.addEventListener('abort', end, { once: true });
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    timeout.removeEventListener('abort', end);
  }
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}
