import { once } from 'node:events';
import { connect as connectPlainly, isIP, type Socket } from 'node:net';
import { checkServerIdentity, connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import type { PeerCertificate } from '../core/explain-certificate.ts';
import type { ProxyChoice } from '../core/proxy-choice.ts';

const maxChainLength = 10;
const maxProxyAnswerBytes = 16 * 1024;

/**
 * Makes a TLS connection that trusts anybody, sends nothing over it, and returns the certificate that was shown; null where there was no
 * TLS, or none before the signal.
 */
export async function readPeerCertificate(
  url: URL,
  proxy: ProxyChoice,
  signal: AbortSignal,
): Promise<PeerCertificate | null> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  // Only the outermost is destroyed: Node 24 crashes where the connection under a TLS socket goes first.
  let outermost: Socket | null = null;
  const abort = (): void => void outermost?.destroy();
  signal.addEventListener('abort', abort, { once: true });
  try {
    signal.throwIfAborted();
    const port = Number(url.port === '' ? 443 : url.port);
    const tlsOptions = {
      rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1'],
      ...(isIP(host) === 0 ? { servername: host } : {}),
    };
    let secure: TLSSocket;
    if (proxy.kind === 'proxy') {
      const tunnel = connectPlainly(addressOf(proxy.url));
      outermost = tunnel;
      tunnel.on('error', () => {});
      await openTunnel(tunnel, `${url.hostname}:${port}`, proxy);
      secure = connect({ socket: tunnel, ...tlsOptions });
    } else {
      secure = connect({ host, port, ...tlsOptions });
    }
    secure.on('error', () => {});
    outermost = secure;
    await untilClosed(secure, once(secure, 'secureConnect'));
    return describe(secure.getPeerCertificate(true), host);
  } catch {
    return null;
  } finally {
    signal.removeEventListener('abort', abort);
    outermost?.destroy();
  }
}

function addressOf({ hostname, port }: URL): { host: string; port: number } {
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port === '' ? 80 : port) };
}

/** `CONNECT` (RFC 9110, section 9.3.6). */
async function openTunnel(
  socket: Socket,
  target: string,
  proxy: Extract<ProxyChoice, { kind: 'proxy' }>,
): Promise<void> {
  if (proxy.url.protocol !== 'http:') throw new Error('a proxy behind TLS');
  await untilClosed(socket, once(socket, 'connect'));
  const authorization = proxy.authorization === null ? '' : `Proxy-Authorization: ${proxy.authorization}\r\n`;
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${authorization}\r\n`);
  let answer = '';
  while (!answer.includes('\r\n\r\n')) {
    const [chunk] = (await untilClosed(socket, once(socket, 'data'))) as [Buffer];
    answer += chunk.toString('latin1');
    if (answer.length > maxProxyAnswerBytes) throw new Error('too long');
  }
  if (!/^HTTP\/1\.[01] 2\d\d/.test(answer)) throw new Error('refused');
}

/** An ended connection is no event that `once` would give up for. */
async function untilClosed<T>(socket: Socket, promise: Promise<T>): Promise<T> {
  const closed = once(socket, 'close').then((): never => {
    throw new Error('closed');
  });
  return await Promise.race([promise, closed]);
}

function describe(certificate: DetailedPeerCertificate, host: string): PeerCertificate | null {
  if (typeof certificate.valid_to !== 'string') return null;
  let top = certificate;
  for (let length = 1; length < maxChainLength; length += 1) {
    const next = top.issuerCertificate as DetailedPeerCertificate | undefined;
    if (next === undefined || next.fingerprint256 === top.fingerprint256) break;
    top = next;
  }
  return {
    authority: nameOf(top.issuer),
    names: (certificate.subjectaltname ?? '')
      .split(', ')
      .map((name) => name.replace(/^(?:DNS|IP Address):/, ''))
      .filter((name) => name !== ''),
    validFrom: Date.parse(certificate.valid_from),
    validTo: Date.parse(certificate.valid_to),
    fitsName: checkServerIdentity(host, certificate) === undefined,
  };
}

function nameOf(issuer: DetailedPeerCertificate['issuer'] | undefined): string {
  const part = issuer?.CN ?? issuer?.O ?? issuer?.OU ?? '';
  return Array.isArray(part) ? part.join(', ') : part;
}
