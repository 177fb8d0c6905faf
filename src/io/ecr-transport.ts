import type { ApiEndpoint } from './ecr-endpoint.ts';
import { HttpError, type HttpClient } from './http.ts';

interface SdkRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: string | Uint8Array;
}

export interface Transport {
  handle(
    request: SdkRequest,
  ): Promise<{ response: { statusCode: number; headers: Record<string, string>; body: Uint8Array } }>;
  /** `host[:port]` of the last request. */
  host(): string;
  /** Set while the last attempt has had no answer. */
  error(): HttpError | null;
  status(): number | null;
}

/** Puts the program's own HTTP client under the SDK: the same proxies, CAs, limits and deadline as everywhere. */
export function createTransport(http: HttpClient, endpoint: ApiEndpoint, signal: AbortSignal): Transport {
  let host = endpoint.url?.host ?? 'the ECR API';
  let error: HttpError | null = null;
  let status: number | null = null;
  return {
    host: () => host,
    error: () => error,
    status: () => status,
    async handle(request) {
      const port = request.port === undefined ? '' : `:${request.port}`;
      const url = new URL(`${request.protocol}//${request.hostname}${port}${request.path}`);
      host = url.host;
      error = null;
      status = null;
      // Both are the client's to write; their values are the ones that were signed.
      const { host: _host, 'content-length': _length, ...headers } = request.headers;
      try {
        const answer = await http.send({
          method: 'POST',
          url,
          headers,
          body: typeof request.body === 'string' ? request.body : new TextDecoder().decode(request.body),
          signal,
          allowInvalidCertificate: endpoint.isInsecure,
        });
        status = answer.status;
        const flat = Object.entries(answer.headers).map(([name, value]): [string, string] => [
          name,
          typeof value === 'string' ? value : value.join(', '),
        ]);
        return {
          response: {
            statusCode: answer.status,
            headers: Object.fromEntries(flat),
            body: Buffer.from(answer.body, 'utf8'),
          },
        };
      } catch (thrown) {
        if (!(thrown instanceof HttpError)) throw thrown;
        error = thrown;
        throw Object.assign(new Error('no answer'), isWorthAnotherTry(thrown) ? { $retryable: {} } : {});
      }
    },
  };
}

/** A name that does not exist and a certificate that is not trusted stay so; a full deadline leaves no time. */
function isWorthAnotherTry(error: HttpError): boolean {
  if (error.reason === 'name-not-resolved') return error.code === 'EAI_AGAIN';
  return error.reason === 'connection-refused' || error.reason === 'connection-lost';
}
