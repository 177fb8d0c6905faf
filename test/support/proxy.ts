import { createServer, request as forward } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

export interface TestProxy {
  /** `host:port`. */
  readonly host: string;
  /** Such as `CONNECT 127.0.0.1:443`, in the order of their arrival. */
  readonly requests: readonly string[];
  readonly authorizations: readonly (string | undefined)[];
  close(): Promise<void>;
}

export interface TestProxyOptions {
  /** What `Proxy-Authorization` has to be. */
  readonly authorization?: string;
  /** Status of every answer, nothing being forwarded. */
  readonly refuseWith?: number;
  /** Closes every connection instead of answering. */
  readonly hangsUp?: boolean;
  /** Where everything goes, whatever was asked for: `127.0.0.1:port`. A function chooses by the `host[:port]` that was asked for. */
  readonly target: string | ((host: string) => string);
}

/** An HTTP proxy on loopback that sends everything to one target, so that names need not resolve. */
export async function startProxy({
  authorization,
  refuseWith,
  hangsUp,
  target,
}: TestProxyOptions): Promise<TestProxy> {
  const requests: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const sockets = new Set<Socket>();
  const targetOf = (host: string): URL =>
    new URL(`http://${typeof target === 'string' ? target : target(host)}`);

  function refusal(headers: { 'proxy-authorization'?: string | undefined }): number | null {
    authorizations.push(headers['proxy-authorization']);
    if (refuseWith !== undefined) return refuseWith;
    return authorization === undefined || headers['proxy-authorization'] === authorization ? null : 407;
  }

  const server = createServer((message, response) => {
    requests.push(`${message.method} ${message.url}`);
    const status = refusal(message.headers);
    if (status !== null) return void response.writeHead(status).end();
    const { host, pathname, search } = new URL(message.url ?? '/', 'http://none');
    const { hostname, port } = targetOf(host);
    const { 'proxy-authorization': _, ...headers } = message.headers;
    const onward = forward(
      { hostname, port, method: message.method, path: pathname + search, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    message.pipe(onward);
  });
  server.on('connect', (message, socket: Socket) => {
    requests.push(`CONNECT ${message.url}`);
    socket.on('error', () => undefined);
    if (hangsUp === true) return void socket.end();
    const status = refusal(message.headers);
    if (status !== null) return void socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
    const { hostname, port } = targetOf(message.url ?? '');
    const onward = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    sockets.add(onward);
    onward.on('error', () => socket.destroy());
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    authorizations,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
