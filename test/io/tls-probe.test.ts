import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer, type ServerOptions } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { parseRegistryHost } from '../../src/core/registry-host.ts';
import { speaksTls } from '../../src/io/tls-probe.ts';
import { createAuthority, type TestAuthority, type TestCertificate } from '../support/certificates.ts';

let authority: TestAuthority;
let certificate: TestCertificate;
const closers: (() => void)[] = [];

beforeAll(async () => {
  authority = await createAuthority();
  certificate = await authority.issue(['IP:127.0.0.1']);
});
afterAll(async () => await authority.remove());
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** Its port, on 127.0.0.1 unless another address is named. */
async function listen(server: Server, address = '127.0.0.1'): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => undefined)));
  server.on('tlsClientError', () => undefined);
  closers.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  return (server.address() as AddressInfo).port;
}

async function probe(host: string, signal = AbortSignal.timeout(5000)): Promise<boolean> {
  const parsed = parseRegistryHost(host);
  if ('error' in parsed) throw new Error(parsed.error);
  return await speaksTls(parsed, signal);
}

describe('speaks TLS', () => {
  const servers: [claim: string, options: ServerOptions][] = [
    ['a server with the defaults', {}],
    ['one that wants TLS 1.3', { minVersion: 'TLSv1.3' }],
    ['one that knows TLS 1.2 at most', { maxVersion: 'TLSv1.2' }],
    ['one without a cipher suite in common', { maxVersion: 'TLSv1.2', ciphers: 'AES256-SHA256' }],
    ['one that wants a certificate of the client', { requestCert: true, rejectUnauthorized: true }],
    ['one that chooses its certificate by name', { SNICallback: (_name, done) => done(new Error('none')) }],
  ];
  test.each(servers)('%s', async (_claim, options) => {
    const server = createHttpsServer({ cert: certificate.cert, key: certificate.key, ...options });
    expect(await probe(`127.0.0.1:${await listen(server)}`)).toBe(true);
  });

  test('a server on IPv6', async () => {
    const server = createHttpsServer({ cert: certificate.cert, key: certificate.key });
    expect(await probe(`[::1]:${await listen(server, '::1')}`)).toBe(true);
  });
});

describe('does not speak TLS', () => {
  /** Answers once it has read the end of a line, or of the headers. */
  const afterText = (end: string, answer: string) => (socket: Socket) => {
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (text.includes(end)) socket.end(answer);
    });
  };
  const servers: [claim: string, make: () => Server][] = [
    ['Node’s HTTP server', () => createHttpServer()],
    [
      'one that reads a line before it answers',
      () => createServer(afterText('\n', 'HTTP/1.1 400 Bad Request\r\n\r\n')),
    ],
    [
      'one that reads all headers before it answers',
      () => createServer(afterText('\r\n\r\n', 'HTTP/1.1 400 Bad Request\r\n\r\n')),
    ],
    ['one that hangs up', () => createServer((socket) => socket.end())],
    ['one that resets the connection', () => createServer((socket) => socket.resetAndDestroy())],
    ['one that speaks first, such as SSH', () => createServer((socket) => socket.write('SSH-2.0-x\r\n'))],
  ];
  test.each(servers)('%s', async (_claim, make) => {
    expect(await probe(`127.0.0.1:${await listen(make())}`)).toBe(false);
  });

  test('nobody: nothing listens there', async () => {
    const server = createServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    expect(await probe(`127.0.0.1:${port}`)).toBe(false);
  });

  test('one that says nothing, by the end of the signal', async () => {
    const port = await listen(createServer(() => undefined));
    expect(await probe(`127.0.0.1:${port}`, AbortSignal.timeout(100))).toBe(false);
    expect(await probe(`127.0.0.1:${port}`, AbortSignal.abort())).toBe(false);
  });
});
