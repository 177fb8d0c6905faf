import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** A request as it came in; header names in lower case. */
export interface SignedRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface SigningKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface SignatureRefusal {
  readonly code: string;
  readonly message: string;
}

export interface VerifiedSignature<Key> {
  readonly key: Key;
  readonly region: string;
  readonly service: string;
}

const algorithm = 'AWS4-HMAC-SHA256';
const allowedSkewMs = 5 * 60 * 1000;

/**
 * Checks a request against AWS Signature Version 4, written from the specification (IAM user guide, "Create a signed AWS
 * API request") and not from any SDK: canonical request, string to sign, key derivation, credential scope, clock, session token.
 */
export function verifySignature<Key extends SigningKey>(
  request: SignedRequest,
  expected: {
    readonly keys: readonly Key[];
    readonly now: number;
    readonly service: string;
    readonly region: string | null;
  },
): VerifiedSignature<Key> | SignatureRefusal {
  const { headers } = request;
  const authorization = headers['authorization'];
  if (authorization === undefined)
    return refusal('MissingAuthenticationTokenException', 'Missing Authentication Token');
  const fields = parseAuthorization(authorization);
  if (fields === null)
    return refusal('IncompleteSignatureException', 'Authorization header does not have the required parts.');
  const [accessKeyId = '', day = '', region = '', service = '', terminator = ''] =
    fields.credential.split('/');
  if (fields.credential.split('/').length !== 5 || terminator !== 'aws4_request') {
    return refusal(
      'IncompleteSignatureException',
      'Credential must have exactly 5 slash-delimited elements.',
    );
  }

  const key = expected.keys.find((candidate) => candidate.accessKeyId === accessKeyId);
  const isTokenRight = key !== undefined && headers['x-amz-security-token'] === key.sessionToken;
  if (!isTokenRight)
    return refusal('UnrecognizedClientException', 'The security token included in the request is invalid.');

  const signed = fields.signedHeaders;
  const mustBeSigned = Object.keys(headers).filter((name) => name === 'host' || name.startsWith('x-amz-'));
  const unsigned = mustBeSigned.filter((name) => !signed.includes(name));
  if (!signed.includes('host') || unsigned.length > 0 || signed.some((name) => headers[name] === undefined)) {
    return refusal(
      'InvalidSignatureException',
      `'Host' and every 'X-Amz-*' header must be signed; missing: ${unsigned.join(';')}`,
    );
  }
  if (signed.join(';') !== signed.toSorted().join(';')) {
    return refusal('IncompleteSignatureException', 'SignedHeaders must be sorted.');
  }

  const time = headers['x-amz-date'] ?? '';
  const sentAt = parseTime(time);
  if (sentAt === null || !time.startsWith(day)) {
    return refusal(
      'InvalidSignatureException',
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${day}' != '${time}'.`,
    );
  }
  const skew = checkClock(time, sentAt, expected.now);
  if (skew !== null) return skew;
  if (service !== expected.service) {
    return refusal(
      'InvalidSignatureException',
      `Credential should be scoped to correct service: '${expected.service}'. `,
    );
  }
  if (expected.region !== null && region !== expected.region) {
    return refusal('InvalidSignatureException', 'Credential should be scoped to a valid region. ');
  }

  const payloadHash = sha256(request.body);
  const statedHash = headers['x-amz-content-sha256'];
  if (statedHash !== undefined && statedHash !== payloadHash) {
    return refusal(
      'InvalidSignatureException',
      'The payload hash is not that of the payload; unsigned payloads are not accepted.',
    );
  }
  const canonical = canonicalRequest(request, signed, payloadHash);
  const scope = `${day}/${region}/${service}/aws4_request`;
  const stringToSign = [algorithm, time, scope, sha256(canonical)].join('\n');
  const signature = hmac(signingKey(key.secretAccessKey, day, region, service), stringToSign).toString('hex');
  if (!isEqual(signature, fields.signature)) {
    return refusal(
      'InvalidSignatureException',
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and ' +
        `signing method. Consult the service documentation for details.\n\nThe Canonical String for this request should have been\n'${canonical}'\n`,
    );
  }
  return { key, region, service };
}

export function isRefusal(result: object): result is SignatureRefusal {
  return 'code' in result;
}

function refusal(code: string, message: string): SignatureRefusal {
  return { code, message };
}

function parseAuthorization(header: string) {
  const [scheme, rest = ''] = header.split(/ (.*)/s);
  if (scheme !== algorithm) return null;
  const fields = new Map(
    rest.split(',').map((field): [string, string] => {
      const [name = '', value = ''] = field.trim().split(/=(.*)/s);
      return [name, value];
    }),
  );
  const credential = fields.get('Credential');
  const signature = fields.get('Signature');
  const signedHeaders = fields.get('SignedHeaders')?.split(';');
  if (credential === undefined || signature === undefined || signedHeaders === undefined) return null;
  return { credential, signature, signedHeaders };
}

function checkClock(time: string, sentAt: number, now: number): SignatureRefusal | null {
  const nearest = basicTime(now);
  if (sentAt < now - allowedSkewMs) {
    const limit = basicTime(now - allowedSkewMs);
    return refusal(
      'InvalidSignatureException',
      `Signature expired: ${time} is now earlier than ${limit} (${nearest} - 5 min.)`,
    );
  }
  if (sentAt > now + allowedSkewMs) {
    const limit = basicTime(now + allowedSkewMs);
    return refusal(
      'InvalidSignatureException',
      `Signature not yet current: ${time} is still later than ${limit} (${nearest} + 5 min.)`,
    );
  }
  return null;
}

function canonicalRequest(
  request: SignedRequest,
  signedHeaders: readonly string[],
  payloadHash: string,
): string {
  const [path = '/', query = ''] = request.target.split(/\?(.*)/s);
  const canonicalQuery = query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) =>
      pair
        .split(/=(.*)/s)
        .slice(0, 2)
        .map((part) => encode(decodeURIComponent(part))),
    )
    .map(([name = '', value = '']) => `${name}=${value}`)
    .toSorted()
    .join('&');
  const lines = signedHeaders.map(
    (name) => `${name}:${(request.headers[name] ?? '').trim().replace(/ +/g, ' ')}\n`,
  );
  // Every service but S3 encodes each path segment once more than it was sent.
  const canonicalPath = path.split('/').map(encode).join('/');
  return [
    request.method,
    canonicalPath,
    canonicalQuery,
    lines.join(''),
    signedHeaders.join(';'),
    payloadHash,
  ].join('\n');
}

/** RFC 3986 unreserved characters stay; all others become %XX. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function signingKey(secret: string, day: string, region: string, service: string): Buffer {
  return [day, region, service, 'aws4_request'].reduce<Buffer>(
    (key, part) => hmac(key, part),
    Buffer.from(`AWS4${secret}`),
  );
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex');
}

function isEqual(left: string, right: string): boolean {
  return left.length === right.length && timingSafeEqual(Buffer.from(left), Buffer.from(right));
}

function basicTime(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}

function parseTime(text: string): number | null {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (parts === null) return null;
  const [year, month, day, hour, minute, second] = parts.slice(1);
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time) ? null : time;
}
