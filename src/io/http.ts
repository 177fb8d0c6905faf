import type { UnreachableCause, UnsupportedCause } from '../core/verdict.ts';

/** At most this much of an answer's body is read, in bytes. */
export const maxBodyBytes = 128 * 1024;

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Ends the request; what it was waiting for is then reported as `timeout`. */
  readonly signal: AbortSignal;
  /**
   * `host[:port]` of the registry on whose behalf this goes to another host: what `certs.d` holds for that registry then
   * counts here too, as in docker, which talks to a registry and to its token realm over one transport.
   */
  readonly onBehalfOf?: string;
  /** TLS without certificate checks, for hosts in `insecureRegistries` only. */
  readonly allowInvalidCertificate?: boolean;
}

export interface HttpAnswer {
  readonly status: number;
  /** Lower-case names; repeated headers are kept apart. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string;
}

/** No complete answer came. `message` holds no secret; `cause` keeps the original error. */
export class HttpError extends Error {
  readonly reason: UnreachableCause | Extract<UnsupportedCause, 'answer-too-large' | 'answer-not-understood'>;
  /** The system's or OpenSSL's code where there is one, such as `ECONNREFUSED` or `SELF_SIGNED_CERT_IN_CHAIN`. */
  readonly code: string | null;

  constructor(
    reason: HttpError['reason'],
    message: string,
    options: { code?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'HttpError';
    this.reason = reason;
    this.code = options.code ?? null;
  }
}

/** Sends one request, follows no redirect, keeps no connection after `close`. Throws only HttpError. */
export interface HttpClient {
  send(request: HttpRequest): Promise<HttpAnswer>;
  close(): Promise<void>;
}
