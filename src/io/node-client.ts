import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { chooseProxy } from '../core/proxy-choice.ts';
import { bodyText, tooLarge, untilAborted } from './answer-body.ts';
import { toHttpError } from './http-failure.ts';
import { type HttpAnswer, type HttpClient, HttpError, type HttpRequest, maxBodyBytes } from './http.ts';
import type { Environment } from './system.ts';
import type { TlsConfiguration, Trust } from './trust.ts';

const maxHeaderBytes = 16 * 1024;

interface Sent {
  request: ClientRequest | null;
}

/**
 * Real HTTP: with Node's own client, whose start costs a tenth of undici's; where a proxy is to be gone through, with undici. CAs and
 * proxies are by the given environment, one agent for each distinct TLS configuration.
 */
export class NodeClient implements HttpClient {
  readonly #env: Environment;
  readonly #certsDirectory: string;
  readonly #agents = new Map<string, Promise<Agent>>();
  #trust: Promise<Trust> | null = null;
  #proxied: Promise<HttpClient> | null = null;

  constructor(env: Environment, certsDirectory = '/etc/docker/certs.d') {
    this.#env = env;
    this.#certsDirectory = certsDirectory;
  }

  async send(message: HttpRequest): Promise<HttpAnswer> {
    const { url, signal } = message;
    if (chooseProxy(url, this.#env).kind !== 'direct')
      return await (await this.#proxiedClient()).send(message);
    try {
      const sent: Sent = { request: null };
      return await untilAborted(signal, this.#exchange(message, sent), () => sent.request?.destroy());
    } catch (error) {
      if (signal.aborted)
        throw new HttpError('timeout', `${url.host} did not answer in time`, { cause: error });
      const notes = this.#trust === null ? [] : (await this.#trust).notes;
      throw parserError(error, url.host) ?? toHttpError(error, { host: url.host, proxy: null }, notes);
    }
  }

  async close(): Promise<void> {
    const agents = await Promise.allSettled(this.#agents.values());
    this.#agents.clear();
    for (const result of agents) if (result.status === 'fulfilled') result.value.destroy();
    await (await this.#proxied)?.close();
  }

  #proxiedClient(): Promise<HttpClient> {
    this.#proxied ??= import('./undici-client.ts').then(
      ({ UndiciClient }) => new UndiciClient(this.#env, this.#certsDirectory),
    );
    return this.#proxied;
  }

  async #exchange(message: HttpRequest, sent: Sent): Promise<HttpAnswer> {
    const { method, url, headers, body, signal } = message;
    const agent = await this.#agent(message);
    const { request } = url.protocol === 'https:' ? await import('node:https') : await import('node:http');
    signal.throwIfAborted();
    const options: RequestOptions = {
      agent,
      method,
      host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      ...(url.port === '' ? {} : { port: url.port }),
      path: `${url.pathname}${url.search}`,
      headers: { 'accept-encoding': 'identity', ...headers },
      maxHeaderSize: maxHeaderBytes,
    };
    const [answer, bytes] = await new Promise<[IncomingMessage, Buffer]>((resolve, reject) => {
      sent.request = request(options, (response) => {
        readBody(response, url.host).then((read) => resolve([response, read]), reject);
      });
      sent.request.on('error', reject);
      sent.request.end(body);
    });
    const answerHeaders = headersOf(answer.rawHeaders);
    const text = await bodyText(bytes, answerHeaders['content-encoding'], url.host);
    // The agent takes a connection back in the next turn of the event loop: before that, a second request would open another.
    await setImmediate();
    return { status: answer.statusCode ?? 0, headers: answerHeaders, body: text };
  }

  async #agent(message: HttpRequest): Promise<Agent> {
    const tls = message.url.protocol === 'https:' ? await this.#tlsConfiguration(message) : null;
    const key = tls === null ? 'plain' : tls === 'unchecked' ? tls : `checked ${tls.key}`;
    const existing = this.#agents.get(key);
    if (existing !== undefined) return await existing;
    const created = createAgent(tls);
    this.#agents.set(key, created);
    return await created;
  }

  async #tlsConfiguration({
    url,
    onBehalfOf,
    allowInvalidCertificate,
  }: HttpRequest): Promise<TlsConfiguration | 'unchecked'> {
    if (allowInvalidCertificate === true) return 'unchecked';
    this.#trust ??= import('./trust.ts').then((module) => new module.Trust(this.#env, this.#certsDirectory));
    const trust = await this.#trust;
    return await trust.configurationFor(onBehalfOf === undefined ? [url.host] : [url.host, onBehalfOf]);
  }
}

async function createAgent(tls: TlsConfiguration | 'unchecked' | null): Promise<Agent> {
  if (tls === null) return new (await import('node:http')).Agent({ keepAlive: true });
  const { Agent: SecureAgent } = await import('node:https');
  // Said outright: by default Node goes by NODE_TLS_REJECT_UNAUTHORIZED, which an image may have set for something else.
  const trust =
    tls === 'unchecked'
      ? { rejectUnauthorized: false }
      : { rejectUnauthorized: true, secureContext: tls.secureContext };
  return new SecureAgent({ keepAlive: true, ...trust });
}

/** By its events: iterating over a response costs several times as much, and there are as many as registries. */
async function readBody(response: IncomingMessage, host: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  return await new Promise((resolve, reject) => {
    response.on('data', (chunk: Uint8Array) => {
      length += chunk.byteLength;
      chunks.push(chunk);
      if (length <= maxBodyBytes) return;
      reject(tooLarge(host));
      response.destroy();
    });
    response.on('end', () => resolve(Buffer.concat(chunks, length)));
    response.on('error', reject);
  });
}

/** Lower-case names; what is repeated is kept apart, which `headers` of Node's does not do. */
function headersOf(raw: readonly string[]): Record<string, string | string[]> {
  const headers = new Map<string, string | string[]>();
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase();
    const text = raw[index + 1] ?? '';
    const value = /[\x80-\xff]/.test(text) ? Buffer.from(text, 'latin1').toString('utf8') : text;
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : [before, value].flat());
  }
  return Object.fromEntries(headers);
}

/** What Node's parser refuses, without a cause: Node keeps what was received in it. Null for other errors. */
function parserError(error: unknown, host: string): HttpError | null {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null;
  if (error.code === 'HPE_HEADER_OVERFLOW')
    return new HttpError('answer-too-large', `the answer of ${host} has too many headers`);
  if (error.code.startsWith('HPE_'))
    return new HttpError('answer-not-understood', `the answer of ${host} is not HTTP`);
  // Node's own words for a connection that was closed; the system's reset names the call that met it.
  if (error.code === 'ECONNRESET' && !('syscall' in error)) {
    return new HttpError('connection-lost', `the connection to ${host} was lost`, { cause: error });
  }
  return null;
}
