import { randomBytes } from 'node:crypto';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type Answer, error, json, pull, send, type TestRepository } from './registry-answers.ts';

/** What a server does in place of its duty. `hang` never answers, `reset` cuts the connection, `garbage` is no HTTP. */
export type Misdeed =
  | 'hang'
  | 'reset'
  | 'garbage'
  | Answer
  | ((request: RecordedRequest) => Answer | null)
  | { readonly raw: string | Buffer };

export interface Fault {
  /** Matched with path and query. All requests where left out. */
  readonly on?: RegExp;
  /** How often, before the server is well again. Always where left out. */
  readonly times?: number;
  /** Only for requests that carry (or do not carry) an Authorization header. */
  readonly authorized?: boolean;
  readonly does: Misdeed;
}

export interface TestRegistryOptions {
  /** `optional` lets anonymous users in and checks credentials that are sent; `none` checks nothing. */
  readonly auth?: 'basic' | 'bearer' | 'none' | 'optional';
  readonly users?: Readonly<Record<string, string>>;
  readonly repositories?: Readonly<Record<string, TestRepository>>;
  readonly latencyMs?: number;
  readonly tls?: {
    readonly key: string;
    readonly cert: string;
    readonly ca?: string;
    readonly requestCert?: boolean;
    readonly rejectUnauthorized?: boolean;
  };
  readonly hostname?: string;
  readonly port?: number;
  readonly faults?: readonly Fault[];
  /** Whether the token endpoint has an origin of its own. */
  readonly tokenServer?: 'same' | 'other';
  /** In the place of the whole `WWW-Authenticate` header; `{realm}` stands for the token endpoint. */
  readonly challenge?: string | readonly string[];
  /** Null leaves `service` out. */
  readonly service?: string | null;
  /** Gives out refresh tokens where `offline_token=true` asks for one. */
  readonly refreshTokens?: boolean;
  /** Refuses tokens that ask for no scope. */
  readonly requireTokenScope?: boolean;
}

export interface RecordedRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<IncomingHttpHeaders>;
  readonly body: string;
  readonly server: 'registry' | 'token';
}

export interface TestRegistry {
  /** Such as `http://127.0.0.1:40001`. */
  readonly url: string;
  /** `host:port`. */
  readonly host: string;
  readonly tokenHost: string;
  /** In the order of their arrival. */
  readonly requests: readonly RecordedRequest[];
  /** How many connections were made to the registry. */
  readonly connections: () => number;
  /** Refresh tokens that are valid: token → user. */
  readonly refreshTokens: ReadonlyMap<string, string>;
  close(): Promise<void>;
}

interface Grant {
  readonly user: string | null;
  readonly scopes: readonly string[];
}

/** A registry on loopback that real clients can log in to and pull from, and that misbehaves where a test says so. */
export async function startRegistry(options: TestRegistryOptions = {}): Promise<TestRegistry> {
  const {
    auth = 'basic',
    users = {},
    repositories = {},
    faults = [],
    latencyMs = 0,
    hostname = '127.0.0.1',
  } = options;
  const service = options.service === undefined ? 'test-registry' : options.service;
  const requests: RecordedRequest[] = [];
  const grants = new Map<string, Grant>();
  const refreshTokens = new Map<string, string>();
  const faultCounts = new Map<Fault, number>();
  let connections = 0;

  const registry = createOne('registry');
  registry.on(options.tls === undefined ? 'connection' : 'secureConnection', () => (connections += 1));
  const tokens = options.tokenServer === 'other' ? createOne('token') : null;
  const servers = tokens === null ? [registry] : [registry, tokens];
  const [host = '', tokenHost = host] = await Promise.all(
    servers.map(
      async (server, index) => await listen(server, hostname, index === 0 ? options.port : undefined),
    ),
  );
  const scheme = options.tls === undefined ? 'http' : 'https';

  function createOne(which: RecordedRequest['server']): Server {
    const handle = (request: IncomingMessage, response: ServerResponse): void => {
      void serve(which, request, response).catch(() => response.destroy());
    };
    return options.tls === undefined ? createServer(handle) : createTlsServer(options.tls, handle);
  }

  async function serve(
    which: RecordedRequest['server'],
    message: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    const { method = 'GET', url: path = '/', headers } = message;
    const request = { method, path, headers, body: Buffer.concat(chunks).toString(), server: which };
    requests.push(request);
    if (latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, latencyMs));
    const misdeed = takeFault(request);
    if (misdeed === 'hang') return;
    if (misdeed === 'reset') return void message.socket.resetAndDestroy();
    if (misdeed === 'garbage') return void message.socket.end('SSH-2.0-OpenSSH_9.2p1\r\n');
    if (misdeed !== null && 'raw' in misdeed) return void message.socket.end(misdeed.raw);
    send(response, misdeed ?? answer(request));
  }

  function takeFault(
    request: RecordedRequest,
  ): Exclude<Misdeed, (request: RecordedRequest) => Answer | null> | null {
    for (const fault of faults) {
      const count = faultCounts.get(fault) ?? 0;
      if (fault.on?.test(request.path) === false || count >= (fault.times ?? Infinity)) continue;
      if (
        fault.authorized !== undefined &&
        fault.authorized !== (request.headers['authorization'] !== undefined)
      )
        continue;
      const misdeed = typeof fault.does === 'function' ? fault.does(request) : fault.does;
      if (misdeed === null) continue;
      faultCounts.set(fault, count + 1);
      return misdeed;
    }
    return null;
  }

  function answer(request: RecordedRequest): Answer {
    const { pathname } = new URL(request.path, 'http://host');
    if (pathname === '/token') return answerTokenRequest(request);
    if (pathname === '/v2/' || pathname === '/v2')
      return mayEnter(request) ? json(200, {}) : unauthorized(null);
    const [, name = '', kind = '', reference = ''] =
      /^\/v2\/(.+)\/(manifests|blobs|tags)\/([^/]+)$/.exec(pathname) ?? [];
    if (name === '') return error(404, 'NOT_FOUND', 'page not found');
    if (!mayPull(request, name)) return unauthorized(`repository:${name}:pull`);
    const repository = Object.hasOwn(repositories, name) ? repositories[name] : undefined;
    return repository === undefined
      ? error(404, 'NAME_UNKNOWN', 'repository name not known')
      : pull(repository, kind, reference);
  }

  function mayEnter(request: RecordedRequest): boolean {
    if (auth === 'none' || (auth === 'optional' && request.headers['authorization'] === undefined))
      return true;
    return auth === 'bearer' ? grantOf(request) !== null : userOf(request) !== null;
  }

  function mayPull(request: RecordedRequest, name: string): boolean {
    const repository = Object.hasOwn(repositories, name) ? repositories[name] : undefined;
    if (auth === 'none') return true;
    if (auth === 'bearer') return grantOf(request)?.scopes.includes(`repository:${name}:pull`) === true;
    const user = userOf(request);
    if (user === null) return request.headers['authorization'] === undefined && repository?.isPublic === true;
    return mayRead(user, name);
  }

  function mayRead(user: string | null, name: string): boolean {
    const repository = Object.hasOwn(repositories, name) ? repositories[name] : undefined;
    if (repository?.isPublic === true) return true;
    return user !== null && (repository?.readers === undefined || repository.readers.includes(user));
  }

  function userOf({ headers }: RecordedRequest): string | null {
    const [, encoded] = /^Basic (\S+)$/i.exec(headers['authorization'] ?? '') ?? [];
    if (encoded === undefined) return null;
    const [, user = '', password = ''] =
      /^([^:]*):([^]*)$/.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
    return Object.hasOwn(users, user) && users[user] === password ? user : null;
  }

  function grantOf({ headers }: RecordedRequest): Grant | null {
    const [, token = ''] = /^Bearer (\S+)$/i.exec(headers['authorization'] ?? '') ?? [];
    return grants.get(token) ?? null;
  }

  function unauthorized(scope: string | null): Answer {
    const realm = `${scheme}://${tokenHost}/token`;
    const parameters = [`realm="${realm}"`];
    if (service !== null) parameters.push(`service="${service}"`);
    if (scope !== null) parameters.push(`scope="${scope}"`);
    const usual = auth === 'bearer' ? `Bearer ${parameters.join(',')}` : 'Basic realm="Test Registry"';
    const challenges = [options.challenge ?? usual].flat().map((text) => text.replaceAll('{realm}', realm));
    return {
      ...error(401, 'UNAUTHORIZED', 'authentication required'),
      headers: { 'www-authenticate': challenges },
    };
  }

  function answerTokenRequest(request: RecordedRequest): Answer {
    const query = new URL(request.path, 'http://host').searchParams;
    const parameters = request.method === 'POST' ? new URLSearchParams(request.body) : query;
    let user = userOf(request);
    if (request.method === 'POST') user = refreshTokens.get(parameters.get('refresh_token') ?? '') ?? null;
    const isAnonymous = request.method === 'GET' && request.headers['authorization'] === undefined;
    if (request.method === 'POST' && user === null) return json(400, { error: 'invalid_grant' });
    if (user === null && !isAnonymous) return error(401, 'UNAUTHORIZED', 'incorrect username or password');
    const asked = parameters.getAll('scope').flatMap((scope) => scope.split(' '));
    if (options.requireTokenScope === true && asked.length === 0)
      return error(400, 'UNSUPPORTED', 'scope is missing');
    const scopes = asked.filter((scope) => {
      const [, name] = /^repository:(.+):pull$/.exec(scope) ?? [];
      return name !== undefined && mayRead(user, name);
    });
    const token = randomBytes(24).toString('base64url');
    grants.set(token, { user, scopes });
    if (options.refreshTokens !== true || user === null || parameters.get('offline_token') !== 'true') {
      return json(200, { token, expires_in: 300 });
    }
    const refreshToken = randomBytes(24).toString('base64url');
    refreshTokens.set(refreshToken, user);
    return json(200, { token, refresh_token: refreshToken, expires_in: 300 });
  }

  return {
    url: `${scheme}://${host}`,
    host,
    tokenHost,
    requests,
    connections: () => connections,
    refreshTokens,
    close: async () => {
      await Promise.all(servers.map(closeServer));
    },
  };
}

async function listen(server: Server, hostname: string, port = 0): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, hostname, resolve);
  });
  const name = hostname.includes(':') ? `[${hostname}]` : hostname;
  return `${name}:${(server.address() as AddressInfo).port}`;
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}
