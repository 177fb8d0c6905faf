import { connect } from 'node:net';
import type { RegistryHost } from '../core/registry-host.ts';

/**
 * A ClientHello (RFC 5246 §7.4.1.2) of version 1.2 with one cipher suite and no extensions. Its random bytes are ends of lines: a server that
 * waits for those of an HTTP request answers too.
 */
const clientHello = Buffer.from(`160301002d010000290303${'0d0a'.repeat(16)}000002c02f0100`, 'hex');

/** The first byte of what a server of TLS sends first: a handshake, or an alert where it does not like the hello (RFC 5246 §6.2.1). */
const tlsContentTypes: readonly (number | undefined)[] = [0x16, 0x15];

/**
 * Does this host answer a TLS handshake? Nothing is asked and nobody is trusted, so that neither OpenSSL nor CAs are loaded, which cost more
 * than a whole login over plain HTTP. False too where nothing listens, or none answers until `signal`.
 */
export async function speaksTls({ host, hostname }: RegistryHost, signal: AbortSignal): Promise<boolean> {
  const port = Number(/:(\d+)$/.exec(host.slice(host.lastIndexOf(']') + 1))?.[1] ?? 443);
  const socket = connect({ host: hostname, port });
  const end = (): void => void socket.destroy();
  signal.addEventListener('abort', end, { once: true });
  try {
    return await new Promise<boolean>((resolve) => {
      socket.once('data', (answer) => resolve(tlsContentTypes.includes(answer[0])));
      socket.once('error', () => resolve(false));
      socket.once('close', () => resolve(false));
      socket.write(clientHello);
      if (signal.aborted) end();
    });
  } finally {
    signal.removeEventListener('abort', end);
    end();
  }
}
