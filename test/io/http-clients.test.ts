import { execFile } from 'node:child_process';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import {
  type HttpAnswer,
  type HttpClient,
  HttpError,
  type HttpRequest,
  maxBodyBytes,
} from '../../src/io/http.ts';
import { NodeClient } from '../../src/io/node-client.ts';
import { UndiciClient } from '../../src/io/undici-client.ts';

const planted = 'planted-secret-7f3a';
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map(async (close) => await close()));
});

interface RawServer {
  url: URL;
  connections: Socket[];
  received: () => string;
}

/** A server that writes these bytes once a request has come, and leaves the connection open. */
async function startRaw(answer: string | Buffer | ((socket: Socket) => void)): Promise<RawServer> {
  const connections: Socket[] = [];
  let received = '';
  const server: Server = createServer((socket) => {
    connections.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
      if (!received.endsWith('\r\n\r\n')) return;
      if (typeof answer === 'function') answer(socket);
      else socket.write(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(async () => {
    for (const socket of connections) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: new URL(`http://127.0.0.1:${port}/v2/?token=${planted}`),
    connections,
    received: () => received,
  };
}

async function failureOf(sending: Promise<HttpAnswer>): Promise<HttpError> {
  const error = await sending.then(
    () => new Error('an answer came'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(HttpError);
  return error as HttpError;
}

const tooMuch = 'x'.repeat(maxBodyBytes + 1);
const head = (more = ''): string => `HTTP/1.1 200 OK\r\n${more}`;
const chunked = (body: string): string => `${body.length.toString(16)}\r\n${body}\r\n`;

/** The second is used where a proxy is to be gone through: then too it must do all of this. */
describe.each([
  ['Node’s client', NodeClient, 'node-client.ts'],
  ['undici', UndiciClient, 'undici-client.ts'],
] as const)('with %s,', (_name, Client, file) => {
  function newClient(): HttpClient {
    const client = new Client({});
    closers.push(async () => await client.close());
    return client;
  }

  async function get(url: URL, more: Partial<HttpRequest> = {}, client = newClient()): Promise<HttpAnswer> {
    const headers = { authorization: `Basic ${planted}` };
    return await client.send({ method: 'GET', url, headers, signal: AbortSignal.timeout(5000), ...more });
  }

  describe('an answer', () => {
    test('has status, headers and body', async () => {
      const { url } = await startRaw(
        `${head('Content-Length: 5\r\nX-A: 1\r\nX-B: 2\r\nX-B: 3\r\n')}\r\nhello`,
      );
      const answer = await get(url);
      expect(answer).toEqual({
        status: 200,
        headers: { 'content-length': '5', 'x-a': '1', 'x-b': ['2', '3'] },
        body: 'hello',
      });
    });

    test('that redirects is an answer', async () => {
      const server = await startRaw('HTTP/1.1 307 X\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n');
      expect((await get(server.url)).status).toBe(307);
      expect(server.received()).not.toContain('elsewhere');
    });

    test('to HEAD has no body, whatever its length says', async () => {
      const { url } = await startRaw(`${head(`Content-Length: ${maxBodyBytes * 10}\r\n`)}\r\n`);
      expect(await get(url, { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
    });

    test('of exactly the largest size is read', async () => {
      const { url } = await startRaw(
        `${head(`Content-Length: ${maxBodyBytes}\r\n`)}\r\n${'x'.repeat(maxBodyBytes)}`,
      );
      expect((await get(url)).body).toHaveLength(maxBodyBytes);
    });

    test('that was compressed unasked is read', async () => {
      const body = gzipSync('hello');
      const { url } = await startRaw(
        Buffer.concat([
          Buffer.from(`${head(`Content-Encoding: gzip\r\nContent-Length: ${body.length}\r\n`)}\r\n`),
          body,
        ]),
      );
      expect((await get(url)).body).toBe('hello');
    });

    test('may come after an early hint', async () => {
      const { url } = await startRaw(
        `HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${head('Content-Length: 2\r\n')}\r\nok`,
      );
      expect(await get(url)).toMatchObject({ status: 200, body: 'ok' });
    });
  });

  describe('no answer:', () => {
    const compressed = gzipSync('x'.repeat(64 * maxBodyBytes));
    const cases: [
      claim: string,
      answer: string | Buffer | ((socket: Socket) => void),
      reason: HttpError['reason'],
      message: RegExp,
    ][] = [
      [
        'a body too large',
        `${head(`Content-Length: ${tooMuch.length}\r\n`)}\r\n${tooMuch}`,
        'answer-too-large',
        /larger than 128 KiB$/,
      ],
      [
        'a body too large in chunks',
        `${head('Transfer-Encoding: chunked\r\n')}\r\n${chunked(tooMuch)}0\r\n\r\n`,
        'answer-too-large',
        /larger than 128 KiB$/,
      ],
      ['a body without end', pour, 'answer-too-large', /larger than 128 KiB$/],
      [
        'a body that is too large once it is unpacked',
        Buffer.concat([
          Buffer.from(`${head(`Content-Encoding: gzip\r\nContent-Length: ${compressed.length}\r\n`)}\r\n`),
          compressed,
        ]),
        'answer-too-large',
        /larger than 128 KiB$/,
      ],
      [
        'a body that is not packed as it says',
        `${head('Content-Encoding: gzip\r\nContent-Length: 5\r\n')}\r\nhello`,
        'answer-not-understood',
        /not compressed as it says$/,
      ],
      [
        'a body shorter than its length',
        (socket) => void socket.end(`${head('Content-Length: 100\r\n')}\r\nhello`),
        'connection-lost',
        /was lost$/,
      ],
      [
        'a chunk that is never finished',
        (socket) => void socket.end(`${head('Transfer-Encoding: chunked\r\n')}\r\nff\r\nhello`),
        'connection-lost',
        /was lost$/,
      ],
      [
        'headers too large',
        `${head(`X-A: ${'x'.repeat(40_000)}\r\n`)}\r\n`,
        'answer-too-large',
        /too many headers/,
      ],
      ['headers too many', `${head('X-A: 1\r\n'.repeat(5000))}\r\n`, 'answer-too-large', /too many headers/],
      ['another protocol', 'SSH-2.0-OpenSSH_9.2p1\r\n', 'answer-not-understood', /is not HTTP$/],
      ['a connection that is closed', (socket) => void socket.end(), 'connection-lost', /was lost$/],
      [
        'a connection that is reset',
        (socket) => void socket.resetAndDestroy(),
        'connection-lost',
        /was lost \(ECONNRESET\)$/,
      ],
    ];
    test.each(cases)('%s', async (_claim, answer, reason, message) => {
      const { url } = await startRaw(answer);
      const error = await failureOf(get(url));
      expect(error).toMatchObject({ reason, message: expect.stringMatching(message) as string });
      expect(error.message).toContain(url.host);
      expect(error.message).not.toContain(planted);
    });

    test('a refused connection, with the system\u2019s code', async () => {
      const { url } = await startRaw('');
      await Promise.all(closers.splice(0).map(async (close) => await close()));
      const error = await failureOf(get(url));
      expect(error).toMatchObject({
        reason: 'connection-refused',
        code: 'ECONNREFUSED',
        message: `${url.host} refused the connection (ECONNREFUSED)`,
      });
    });

    test('a server that hangs up on everybody is not asked for ever', async () => {
      let connections = 0;
      const server = createServer((socket) => {
        connections += 1;
        socket.destroy();
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      closers.push(async () => await new Promise((resolve) => server.close(resolve)));
      const { port } = server.address() as AddressInfo;
      for (const scheme of ['http', 'https']) {
        expect((await failureOf(get(new URL(`${scheme}://127.0.0.1:${port}/`)))).reason).toBe(
          'connection-lost',
        );
      }
      expect(connections).toBe(2);
    });

    test('a name that does not resolve', async () => {
      const error = await failureOf(get(new URL('http://registry.invalid/v2/')));
      expect(error.reason).toBe('name-not-resolved');
      expect(error.message).toMatch(/^registry\.invalid could not be resolved \(E/);
    });

    test('a body with bytes beyond its length does not reach the next answer', async () => {
      const server = await startRaw(
        `${head('Content-Length: 2\r\n')}\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`,
      );
      const client = newClient();
      expect((await get(server.url, {}, client)).body).toBe('ok');
      const second = await get(server.url, {}, client).then(
        ({ body }) => body,
        (error: unknown) => (error as HttpError).reason,
      );
      expect(second).not.toBe('evil');
    });
  });

  function pour(socket: Socket): void {
    socket.write(`${head()}\r\n`);
    const more = (): void => {
      while (!socket.destroyed && socket.write('x'.repeat(16_384)));
    };
    socket.on('drain', more);
    more();
  }

  describe('a signal', () => {
    test.each<[string, string]>([
      ['before the headers', ''],
      ['within the headers', 'HTTP/1.1 200 OK\r\n'],
      ['within the body', `${head('Content-Length: 100\r\n')}\r\nhello`],
    ])('ends the wait %s, as a timeout', async (_claim, sent) => {
      const { url } = await startRaw(sent);
      const error = await failureOf(get(url, { signal: AbortSignal.timeout(50) }));
      expect(error).toMatchObject({ reason: 'timeout', message: `${url.host} did not answer in time` });
    });

    test('that has ended already lets nothing out', async () => {
      const server = await startRaw('');
      expect((await failureOf(get(server.url, { signal: AbortSignal.abort() }))).reason).toBe('timeout');
      await newClient().close();
      expect(server.received()).toBe('');
    });

    test('ends the wait for a connection, and nothing is sent once it is there', async () => {
      const server = await startRaw('');
      const controller = new AbortController();
      const sending = failureOf(get(server.url, { signal: controller.signal }));
      controller.abort();
      expect((await sending).reason).toBe('timeout');
      expect(server.received()).toBe('');
    });
  });

  describe('connections', () => {
    test('are kept for the next request', async () => {
      const server = await startRaw((socket) => void socket.write(`${head('Content-Length: 2\r\n')}\r\nok`));
      const client = newClient();
      for (let round = 0; round < 3; round += 1) await get(server.url, {}, client);
      expect(server.received().match(/^GET /gm)).toHaveLength(3);
      expect(server.connections).toHaveLength(1);
    });

    test('are ended by close, those in use included', async () => {
      const server = await startRaw('');
      const client = newClient();
      const sending = failureOf(get(server.url, {}, client));
      await expect.poll(() => server.received()).toContain('GET ');
      const ended = new Promise((resolve) => server.connections[0]?.once('close', resolve));
      await client.close();
      expect((await sending).reason).toBe('connection-lost');
      await ended;
    });
  });

  describe('a process', () => {
    const silent = `const module = await import(process.argv[1]);
    const client = new module.${Client.name}({});
    const signal = AbortSignal.timeout(200);
    const sent = client.send({ method: 'GET', url: new URL(process.argv[2]), signal });
    await sent.catch((error) => console.log(error.reason));
    await client.close();`;
    const module = new URL(`../../src/io/${file}`, import.meta.url).href;

    test.each(['http:', 'https:'])(
      'that has closed its client ends, though a server on %s says nothing',
      async (protocol) => {
        const { url } = await startRaw('');
        url.protocol = protocol;
        const args = ['--input-type=module', '--eval', silent, module, url.href];
        const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 15_000 });
        expect(stdout).toBe('timeout\n');
      },
    );
  });

  test('what is sent is the path with its query, the given headers and no offer of compression', async () => {
    const server = await startRaw(`${head('Content-Length: 0\r\n')}\r\n`);
    await get(new URL('/a%20b?x=1&y=%C3%A9#fragment', server.url), { headers: { 'user-agent': 'test/1' } });
    const lines = server.received().split('\r\n');
    expect(lines[0]).toBe('GET /a%20b?x=1&y=%C3%A9 HTTP/1.1');
    expect(lines).toContain('user-agent: test/1');
    expect(lines).toContain('accept-encoding: identity');
  });
});
