import { connect, createSecureContext, type SecureContext } from 'node:tls';
import type { RegistryHost } from '../core/registry-host.ts';

/** One for all probes of a run: each costs a millisecond to make. */
const shared: { context: SecureContext | null } = { context: null };

/**
 * Does this host answer a TLS handshake? Nothing is asked and nobody is trusted: without CAs, whose loading costs more than a whole login
 * over plain HTTP. False too where nothing listens, or none answers until `signal`.
 */
export async function speaksTls({ host, hostname }: RegistryHost, signal: AbortSignal): Promise<boolean> {
  const port = Number(/:(\d+)$/.exec(host.slice(host.lastIndexOf(']') + 1))?.[1] ?? 443);
  shared.context ??= createSecureContext({ ca: [] });
  const socket = connect({ host: hostname, port, secureContext: shared.context, rejectUnauthorized: false });
  const end = (): void => void socket.destroy();
  signal.addEventListener('abort', end, { once: true });
  try {
    return await new Promise<boolean>((resolve) => {
      socket.once('secureConnect', () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('close', () => resolve(false));
      if (signal.aborted) end();
    });
  } finally {
    signal.removeEventListener('abort', end);
    end();
  }
}
