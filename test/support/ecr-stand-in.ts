import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { awsErrors, type InjectedError } from './ecr-stand-in-errors.ts';
import { isRefusal, verifySignature, type SigningKey } from './sigv4.ts';

export interface StandInKey extends SigningKey {
  /** Actions that the key may perform; all by default. */
  readonly permissions?: readonly string[];
  /** The account of the key, for the error messages. */
  readonly account?: string;
}

export interface EcrStandInOptions {
  readonly keys: readonly StandInKey[];
  /** Serves TLS with this certificate; plain HTTP without. */
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly host?: string;
  readonly port?: number;
  /** The only region that requests may be signed for; any by default. */
  readonly region?: string;
  /** The accounts whose registry may be asked for; any by default. */
  readonly accounts?: readonly string[];
  /** The password to issue; by default one that looks like ECR's own, another one for each exchange. */
  readonly password?: string;
  /** Milliseconds; 12 hours by default. */
  readonly tokenLifeMs?: number;
  /** AWS's clock, in milliseconds since the epoch. */
  readonly now?: () => number;
  /** Milliseconds before each answer. */
  readonly latencyMs?: number;
}

/** What was asked and what came of it; never a secret, a signature or a token. */
export interface LoggedRequest {
  readonly host: string;
  readonly target: string;
  readonly operation: string | null;
  readonly accessKeyId: string | null;
  readonly region: string | null;
  readonly registryIds: readonly string[] | null;
  readonly hasSessionToken: boolean;
  readonly userAgent: string;
  readonly status: number;
  readonly error: string | null;
}

export interface EcrStandIn {
  readonly url: string;
  readonly port: number;
  /** Tokens given out. */
  readonly exchanges: number;
  readonly requests: readonly LoggedRequest[];
  /** The passwords given out, oldest first. */
  readonly passwords: readonly string[];
  /** From now on every request fails so; null ends it. */
  fail(error: InjectedError | null): void;
  /** So many requests fail so, and then all is well again. */
  failTimes(error: InjectedError, times: number): void;
  /** The password that later exchanges get; null: a fresh one each. */
  setPassword(password: string | null): void;
  setTokenLife(milliseconds: number): void;
  close(): Promise<void>;
}

const targets = {
  'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken': {
    service: 'ecr',
    actions: ['ecr:GetAuthorizationToken'],
  },
  'SpencerFrontendService.GetAuthorizationToken': {
    service: 'ecr-public',
    actions: ['ecr-public:GetAuthorizationToken', 'sts:GetServiceBearerToken'],
  },
} as const;

const allActions = Object.values(targets).flatMap((target): readonly string[] => target.actions);

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly error: string | null;
}

/** Starts a server that answers `GetAuthorizationToken` of Amazon ECR and ECR Public (AWS JSON 1.1) and checks signatures. */
export async function startEcrStandIn(options: EcrStandInOptions): Promise<EcrStandIn> {
  const now = options.now ?? Date.now;
  const requests: LoggedRequest[] = [];
  const passwords: string[] = [];
  let injected: { error: InjectedError; times: number } | null = null;
  let fixedPassword = options.password ?? null;
  let tokenLifeMs = options.tokenLifeMs ?? 12 * 3600 * 1000;

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(request);
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(',') : (value ?? ''),
      ]),
    );
    const signed = { method: request.method ?? '', target: request.url ?? '/', headers, body };
    const error = injected?.error ?? null;
    if (injected !== null && (injected.times -= 1) === 0) injected = null;

    const log = (status: number, code: string | null): void => {
      const credential = /Credential=([^/,]+)\/[^/,]+\/([^/,]+)\//.exec(headers['authorization'] ?? '');
      requests.push({
        host: headers['host'] ?? '',
        target: signed.target,
        operation: headers['x-amz-target'] ?? null,
        accessKeyId: credential?.[1] ?? null,
        region: credential?.[2] ?? null,
        registryIds: readRegistryIds(body),
        hasSessionToken: headers['x-amz-security-token'] !== undefined,
        userAgent: headers['user-agent'] ?? '',
        status,
        error: code,
      });
    };
    if (options.latencyMs !== undefined)
      await new Promise((resolve) => setTimeout(resolve, options.latencyMs));
    if (error === 'connection-lost') {
      log(0, error);
      request.socket.destroy();
      return;
    }
    if (error === 'silence') {
      log(0, error);
      return;
    }
    const answer = error === null ? decide(signed) : inject(error, signed.headers);
    log(answer.status, answer.error);
    response.writeHead(answer.status, {
      'content-type': 'application/x-amz-json-1.1',
      date: new Date(now()).toUTCString(),
      'x-amzn-requestid': '00000000-0000-4000-8000-000000000000',
      ...answer.headers,
    });
    response.end(answer.body);
  };

  const decide = (request: Parameters<typeof verifySignature>[0]): Answer => {
    const name = request.headers['x-amz-target'] ?? '';
    const target = Object.hasOwn(targets, name) ? targets[name as keyof typeof targets] : undefined;
    if (request.method !== 'POST' || target === undefined)
      return awsError('UnknownOperationException', '', 400);
    const verified = verifySignature(request, {
      keys: options.keys,
      now: now(),
      service: target.service,
      region: options.region ?? null,
    });
    if (isRefusal(verified)) return awsError(verified.code, verified.message, 400);
    const { key, region } = verified;
    const account = key.account ?? '123456789012';
    const missing = target.actions.find((action) => !(key.permissions ?? allActions).includes(action));
    if (missing !== undefined) {
      const message = `User: arn:aws:iam::${account}:user/stand-in is not authorized to perform: ${missing} on resource: * because no identity-based policy allows the ${missing} action`;
      return awsError('AccessDeniedException', message, 400);
    }
    const registryIds = target.service === 'ecr' ? (readRegistryIds(request.body) ?? [account]) : [];
    const bad = registryIds.find((id) => !/^\d{12}$/.test(id) || options.accounts?.includes(id) === false);
    if (bad !== undefined) {
      const message = `Invalid parameter at 'registryIds' failed to satisfy constraint: 'Invalid registry id ${bad}'`;
      return awsError('InvalidParameterException', message, 400);
    }
    const expiresAt = Math.floor((now() + tokenLifeMs) / 1000);
    const password = fixedPassword ?? freshPassword(expiresAt, passwords.length);
    passwords.push(password);
    const authorizationToken = Buffer.from(`AWS:${password}`).toString('base64');
    const body =
      target.service === 'ecr-public'
        ? { authorizationData: { authorizationToken, expiresAt } }
        : {
            authorizationData: registryIds.map((id) => ({
              authorizationToken,
              expiresAt,
              proxyEndpoint: `https://${id}.dkr.ecr.${region}.amazonaws.com`,
            })),
          };
    return { status: 200, body: JSON.stringify(body), error: null };
  };

  const inject = (
    error: Exclude<InjectedError, 'connection-lost' | 'silence'>,
    headers: Record<string, string>,
  ): Answer => {
    if (typeof error === 'object') return { headers: {}, ...error, error: `HTTP ${error.status}` };
    const { code, message, status, retryAfterSeconds } = awsErrors(now(), headers['x-amz-date'] ?? '')[error];
    const answer = awsError(code, message, status);
    return retryAfterSeconds === undefined
      ? answer
      : { ...answer, headers: { 'retry-after': `${retryAfterSeconds}` } };
  };

  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    respond(request, response).catch(() => response.destroy());
  };
  const server =
    options.tls === undefined ? createHttpServer(listener) : createHttpsServer(options.tls, listener);
  const host = options.host ?? '127.0.0.1';
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://${host}:${port}`,
    port,
    requests,
    passwords,
    get exchanges() {
      return passwords.length;
    },
    fail(error) {
      injected = error === null ? null : { error, times: Number.POSITIVE_INFINITY };
    },
    failTimes(error, times) {
      injected = times > 0 ? { error, times } : null;
    },
    setPassword(password) {
      fixedPassword = password;
    },
    setTokenLife(milliseconds) {
      tokenLifeMs = milliseconds;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function awsError(code: string, message: string, status: number): Answer {
  const text = code === 'AccessDeniedException' ? { Message: message } : { message };
  return { status, body: JSON.stringify({ __type: code, ...text }), error: code };
}

/** As ECR's: base64 of JSON that names its expiry. */
function freshPassword(expiration: number, serial: number): string {
  const token = {
    payload: `stand-in-${serial}`,
    datakey: 'none',
    version: '2',
    type: 'DATA_KEY',
    expiration,
  };
  return Buffer.from(JSON.stringify(token)).toString('base64');
}

function readRegistryIds(body: Buffer): readonly string[] | null {
  try {
    const input = JSON.parse(body.toString('utf8')) as { registryIds?: unknown } | null;
    return Array.isArray(input?.registryIds) ? input.registryIds.map(String) : null;
  } catch {
    return null;
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > 128 * 1024) throw new Error('request too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
