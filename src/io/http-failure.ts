import { HttpError } from './http.ts';

/** Where a request was going: `host[:port]` both, for messages. */
export interface Destination {
  readonly host: string;
  readonly proxy: { readonly host: string; readonly variable: string } | null;
}

/** Codes of errors that mean that the other side did not answer in TLS at all (OpenSSL reasons as Node names them). */
const notTlsCodes: ReadonlySet<string> = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_HTTP_REQUEST',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_UNKNOWN_PROTOCOL',
  'ERR_SSL_RECORD_LAYER_FAILURE',
]);

const nameCodes: ReadonlySet<string> = new Set([
  'ENOTFOUND',
  'ENODATA',
  'EAI_AGAIN',
  'EAI_NODATA',
  'EAI_NONAME',
  'EAI_FAIL',
]);
const refusedCodes: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'refused the connection'],
  ['EHOSTUNREACH', 'cannot be reached from here'],
  ['ENETUNREACH', 'cannot be reached from here'],
  ['EADDRNOTAVAIL', 'cannot be reached from here'],
  ['EHOSTDOWN', 'is down'],
]);
const timeoutCodes: ReadonlySet<string> = new Set([
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

/** OpenSSL's verification results as Node names them (deps/ncrypto `X509Pointer::ErrorCode`), in words. */
const certificateCodes: ReadonlyMap<string, string> = new Map([
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'it is self-signed'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'its CA is not known here'],
  ['UNABLE_TO_GET_ISSUER_CERT', 'its CA is not known here'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'its CA is not known here'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'its CA is not known here'],
  ['CERT_HAS_EXPIRED', 'it has expired'],
  ['CERT_NOT_YET_VALID', 'it is not valid yet'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'it is for another name'],
  ['HOSTNAME_MISMATCH', 'it is for another name'],
  ['CERT_REVOKED', 'it was revoked'],
  ['CERT_UNTRUSTED', 'it is not trusted'],
  ['CERT_REJECTED', 'it is not trusted'],
  ['CERT_CHAIN_TOO_LONG', 'its chain is too long'],
  ['CERT_SIGNATURE_FAILURE', 'its signature is wrong'],
  ['INVALID_CA', 'its CA certificate is not one'],
  ['INVALID_PURPOSE', 'it is not for servers'],
  ['PATH_LENGTH_EXCEEDED', 'its chain is too long'],
]);

/** The HttpError for what undici, Node or OpenSSL threw. Its message holds hosts and codes only. */
export function toHttpError(
  error: unknown,
  { host, proxy }: Destination,
  caNotes: readonly string[],
): HttpError {
  if (error instanceof HttpError) return error;
  const code = codeOf(error);
  const text = error instanceof Error ? error.message : '';
  const fail = (reason: HttpError['reason'], message: string): HttpError =>
    new HttpError(
      reason,
      code === undefined || code.startsWith('UND_ERR_') ? message : `${message} (${code})`,
      { code, cause: error },
    );

  const proxyStatus = /^Proxy response \((\d+)\)|^Proxy Authentication Required \((\d+)\)/.exec(text);
  if (proxy !== null && proxyStatus !== null) {
    const status = proxyStatus[1] ?? proxyStatus[2] ?? '';
    const wants = status === '407' ? ' (it wants a user name and a password)' : '';
    const message = `the proxy ${proxy.host} (${proxy.variable}) answered HTTP ${status}${wants} to a connection to ${host}`;
    return new HttpError('proxy', message, { cause: error });
  }
  if (error instanceof Error && error.name === 'HTTPParserError') {
    // Without its cause, which holds what was received.
    return new HttpError('answer-not-understood', `the answer of ${host} is not HTTP`);
  }
  if (code === undefined) return fail('connection-lost', `the connection to ${host} failed`);
  const certificateFault = certificateCodes.get(code);
  if (certificateFault !== undefined) {
    const notes = caNotes.map((note) => `; ${note}`).join('');
    return fail('tls', `the certificate of ${host} was not accepted: ${certificateFault}${notes}`);
  }
  if (notTlsCodes.has(code)) return fail('tls', `${host} did not answer in TLS`);
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_')) {
    return fail('tls', `no TLS connection to ${host} could be made`);
  }
  if (timeoutCodes.has(code)) return fail('timeout', `${host} did not answer in time`);
  if (nameCodes.has(code) || refusedCodes.has(code)) {
    const target = proxy === null ? host : `the proxy ${proxy.host} (${proxy.variable})`;
    const fault = refusedCodes.get(code) ?? 'could not be resolved';
    const reason = nameCodes.has(code) ? 'name-not-resolved' : 'connection-refused';
    return fail(proxy === null ? reason : 'proxy', `${target} ${fault}`);
  }
  if (code === 'UND_ERR_HEADERS_OVERFLOW')
    return fail('answer-too-large', `the answer of ${host} has too many headers`);
  return fail('connection-lost', `the connection to ${host} was lost`);
}

/** Whether a request over TLS may have met a server without TLS: it answered in something else, hung up, or was not there. */
export function mayLackTls(error: HttpError): boolean {
  if (error.reason === 'tls') return error.code !== null && notTlsCodes.has(error.code);
  return error.reason === 'connection-refused' || error.reason === 'connection-lost';
}

function codeOf(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    // Several addresses were tried: the first error stands for all, as in `Error: connect ECONNREFUSED`.
    if (at instanceof AggregateError && !('code' in at)) return codeOf(at.errors[0]);
    if (!('code' in at) || typeof at.code !== 'string' || at.code === 'UND_ERR_SOCKET') continue;
    // Where OpenSSL's error came up while writing, Node names the system's code and keeps the reason in the text.
    return at.code === 'EPROTO' && /wrong version number/i.test(at.message)
      ? 'ERR_SSL_WRONG_VERSION_NUMBER'
      : at.code;
  }
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
