import { HttpError, maxBodyBytes } from './http.ts';

/** The body in the clear, as text. Throws HttpError where it is not packed as it says or, unpacked, too large. */
export async function bodyText(
  bytes: Buffer,
  encoding: string | readonly string[] | undefined,
  host: string,
): Promise<string> {
  const plain =
    typeof encoding !== 'string' || bytes.length === 0 ? bytes : await decompress(bytes, encoding, host);
  return plain.toString('utf8');
}

/** Nothing compressed is asked for, but middleboxes compress all the same. */
async function decompress(bytes: Buffer, encoding: string, host: string): Promise<Buffer> {
  const [{ promisify }, zlib] = await Promise.all([import('node:util'), import('node:zlib')]);
  const methods = new Map([
    ['gzip', zlib.gunzip],
    ['x-gzip', zlib.gunzip],
    ['deflate', zlib.inflate],
    ['br', zlib.brotliDecompress],
  ]);
  const method = methods.get(encoding.trim().toLowerCase());
  if (method === undefined) return bytes;
  try {
    return await promisify<Buffer, { maxOutputLength: number }, Buffer>(method)(bytes, {
      maxOutputLength: maxBodyBytes,
    });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE')
      throw tooLarge(host, error);
    throw new HttpError('answer-not-understood', `the answer of ${host} is not compressed as it says`, {
      cause: error,
    });
  }
}

export function tooLarge(host: string, cause?: unknown): HttpError {
  return new HttpError(
    'answer-too-large',
    `the answer of ${host} is larger than ${maxBodyBytes / 1024} KiB`,
    { cause },
  );
}

/** Rejects with the signal's reason as soon as it is aborted, whatever `promise` still waits for; `onAbort` may end that. */
export async function untilAborted<T>(
  signal: AbortSignal,
  promise: Promise<T>,
  onAbort: () => void = () => undefined,
): Promise<T> {
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => {
      reject(signal.reason as Error);
      onAbort();
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
