import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import type { Dispatcher, buildConnector as BuildConnector } from 'undici';
import request from 'undici/lib/api/api-request.js';
import buildConnector from 'undici/lib/core/connect.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import { chooseProxy, type ProxyChoice } from '../core/proxy-choice.ts';
import { bodyText, tooLarge, untilAborted } from './answer-body.ts';
import { type Destination, toHttpError } from './http-failure.ts';
import { type HttpAnswer, type HttpClient, HttpError, type HttpRequest, maxBodyBytes } from './http.ts';
import type { Environment } from './system.ts';
import type { TlsConfiguration, Trust } from './trust.ts';

type Proxy = Extract<ProxyChoice, { kind: 'proxy' }>;

/** The request's own signal bounds every wait, so undici's clocks are off. */
const limits = { headersTimeout: 0, bodyTimeout: 0 } as const;
const maxHeaderBytes = 16 * 1024;

/** HTTP with undici, for the requests that go through a proxy (`NodeClient`): proxies and CAs by the given environment, one dispatcher for each distinct TLS configuration and proxy. */
export class UndiciClient implements HttpClient {
  readonly #env: Environment;
  readonly #certsDirectory: string;
  readonly #dispatchers = new Map<string, Promise<Dispatcher>>();
  readonly #sockets = new Set<Socket>();
  #trust: Promise<Trust> | null = null;

  constructor(env: Environment, certsDirectory = '/etc/docker/certs.d') {
    this.#env = env;
    this.#certsDirectory = certsDirectory;
  }

  async send(message: HttpRequest): Promise<HttpAnswer> {
    const { url, signal } = message;
    const choice = chooseProxy(url, this.#env);
    const proxy = choice.kind === 'proxy' ? { host: choice.url.host, variable: choice.variable } : null;
    const destination: Destination = { host: url.host, proxy };
    try {
      if (choice.kind === 'unusable')
        throw new HttpError('proxy', `${choice.variable} cannot be used: ${choice.reason}`);
      return await untilAborted(signal, this.#exchange(message, choice.kind === 'proxy' ? choice : null));
    } catch (error) {
      if (signal.aborted)
        throw new HttpError('timeout', `${url.host} did not answer in time`, { cause: error });
      throw toHttpError(error, destination, this.#trust === null ? [] : (await this.#trust).notes);
    }
  }

  async close(): Promise<void> {
    const dispatchers = await Promise.allSettled(this.#dispatchers.values());
    this.#dispatchers.clear();
    await Promise.all(
      dispatchers.map(async (result) =>
        result.status === 'fulfilled' ? await result.value.destroy() : undefined,
      ),
    );
    // A connection that is still being made belongs to no dispatcher yet.
    for (const socket of this.#sockets) socket.destroy();
  }

  async #exchange(
    { method, url, headers, body, signal, ...rest }: HttpRequest,
    proxy: Proxy | null,
  ): Promise<HttpAnswer> {
    const tls = url.protocol === 'https:' ? await this.#tlsConfiguration(url, rest) : null;
    const dispatcher = await this.#dispatcher(tls, proxy);
    const answer = await request.call(dispatcher, {
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method,
      headers: { 'accept-encoding': 'identity', ...headers },
      body: body ?? null,
      signal,
    });
    const text = await readBody(answer, url.host);
    // undici takes a connection back in the next turn of the event loop: before that, a second request would open another.
    await setImmediate();
    return { status: answer.statusCode, headers: definedHeaders(answer.headers), body: text };
  }

  async #tlsConfiguration(
    url: URL,
    {
      onBehalfOf,
      allowInvalidCertificate = false,
    }: Pick<HttpRequest, 'onBehalfOf' | 'allowInvalidCertificate'>,
  ): Promise<TlsConfiguration | 'unchecked'> {
    if (allowInvalidCertificate) return 'unchecked';
    this.#trust ??= import('./trust.ts').then((module) => new module.Trust(this.#env, this.#certsDirectory));
    const trust = await this.#trust;
    return await trust.configurationFor(onBehalfOf === undefined ? [url.host] : [url.host, onBehalfOf]);
  }

  async #dispatcher(tls: TlsConfiguration | 'unchecked' | null, proxy: Proxy | null): Promise<Dispatcher> {
    const tlsKey = tls === null ? 'plain' : tls === 'unchecked' ? tls : `checked ${tls.key}`;
    const key = `${tlsKey} via ${proxy?.url.href ?? ''}`;
    const existing = this.#dispatchers.get(key);
    if (existing !== undefined) return await existing;
    const tlsOptions =
      tls === null
        ? {}
        : tls === 'unchecked'
          ? { rejectUnauthorized: false }
          : { rejectUnauthorized: true, secureContext: tls.secureContext };
    const created =
      proxy === null ? this.#createAgent(tlsOptions) : this.#createProxyAgent(tlsOptions, proxy);
    this.#dispatchers.set(key, created);
    return await created;
  }

  async #createAgent(tlsOptions: BuildConnector.BuildOptions): Promise<Dispatcher> {
    const connect = this.#track(buildConnector({ ...tlsOptions, timeout: 0 }));
    return new Agent({ ...limits, maxHeaderSize: maxHeaderBytes, connect });
  }

  async #createProxyAgent(tlsOptions: BuildConnector.BuildOptions, proxy: Proxy): Promise<Dispatcher> {
    const [{ default: ProxyAgent }, { default: Pool }, { default: connect }] = await Promise.all([
      import('undici/lib/dispatcher/proxy-agent.js'),
      import('undici/lib/dispatcher/pool.js'),
      import('undici/lib/api/api-connect.js'),
    ]);
    const proxyTls = proxy.url.protocol === 'https:' ? await this.#tlsConfiguration(proxy.url, {}) : null;
    return new ProxyAgent({
      ...limits,
      maxHeaderSize: maxHeaderBytes,
      uri: proxy.url.href,
      ...(proxy.authorization === null ? {} : { token: proxy.authorization }),
      // Plain HTTP is asked for by its absolute URL, as Go and curl do it: many proxies allow CONNECT to 443 only.
      proxyTunnel: false,
      requestTls: { ...tlsOptions, timeout: 0 },
      proxyTls: {
        timeout: 0,
        rejectUnauthorized: true,
        ...(proxyTls === null || proxyTls === 'unchecked' ? {} : proxyTls),
      },
      // undici's index file adds `connect` to all dispatchers; without it, the one that opens tunnels has to get it here.
      clientFactory: (origin, options) =>
        Object.assign(new Pool(origin, this.#tracked(options, proxy)), { connect }),
      factory: (origin, options) => new Pool(origin, this.#tracked(options, proxy)),
    });
  }

  #tracked<T extends object>(options: T, proxy: Proxy): T {
    if (!('connect' in options) || typeof options.connect !== 'function') return options;
    return {
      ...options,
      connect: this.#track(endlessNoMore(options.connect as BuildConnector.connector, proxy)),
    };
  }

  #track(connect: BuildConnector.connector): BuildConnector.connector {
    return (options, callback) => {
      const socket: unknown = connect(options, callback);
      if (isSocket(socket)) {
        this.#sockets.add(socket);
        socket.once('close', () => this.#sockets.delete(socket));
      }
      return socket;
    };
  }
}

/** undici connects again, at once and for ever, where connecting fails with this code of its own: that is a proxy which hangs up on CONNECT. */
function endlessNoMore(
  connect: BuildConnector.connector,
  { url, variable }: Proxy,
): BuildConnector.connector {
  return (options, callback) =>
    connect(options, (...result) => {
      const [error] = result;
      if (error === null || !('code' in error) || error.code !== 'UND_ERR_SOCKET') return callback(...result);
      const message = `the proxy ${url.host} (${variable}) closed the connection`;
      return callback(new HttpError('proxy', message, { cause: error }), null);
    });
}

function isSocket(value: unknown): value is Socket {
  return typeof value === 'object' && value !== null && 'destroy' in value && 'once' in value;
}

function definedHeaders(
  headers: Record<string, string | string[] | undefined>,
): Record<string, string | string[]> {
  const entries = Object.entries(headers).filter(
    (entry): entry is [string, string | string[]] => entry[1] !== undefined,
  );
  return Object.fromEntries(entries);
}

async function readBody({ body, headers }: Dispatcher.ResponseData, host: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    length += chunk.byteLength;
    // Leaving the loop destroys the body, and the connection with it.
    if (length > maxBodyBytes) throw tooLarge(host);
    chunks.push(chunk);
  }
  return await bodyText(Buffer.concat(chunks, length), headers['content-encoding'], host);
}
