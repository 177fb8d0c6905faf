import { HttpError, type HttpAnswer, type HttpClient, type HttpRequest } from '../../src/io/http.ts';

/** The smallest HttpClient that works on loopback, and a note of every request. */
export function createFetchClient(): HttpClient & { readonly sent: HttpRequest[] } {
  const sent: HttpRequest[] = [];
  return {
    sent,
    async send(request): Promise<HttpAnswer> {
      sent.push(request);
      try {
        const answer = await fetch(request.url, {
          method: request.method,
          headers: request.headers ?? {},
          ...(request.body === undefined ? {} : { body: request.body }),
          redirect: 'manual',
          signal: request.signal,
        });
        return {
          status: answer.status,
          headers: Object.fromEntries(answer.headers),
          body: await answer.text(),
        };
      } catch (error) {
        if (request.signal.aborted) throw new HttpError('timeout', 'no answer in time', { cause: error });
        const cause = error instanceof Error ? error.cause : undefined;
        const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
        throw new HttpError(code === 'ECONNREFUSED' ? 'connection-refused' : 'connection-lost', 'no answer', {
          code,
          cause: error,
        });
      }
    },
    close: () => Promise.resolve(),
  };
}

/** An HttpClient that gives prepared answers, or throws prepared errors, and keeps the requests. */
export function createScriptedClient(
  script: (request: HttpRequest, attempt: number) => HttpAnswer | HttpError,
): HttpClient & { readonly sent: HttpRequest[] } {
  const sent: HttpRequest[] = [];
  return {
    sent,
    send(request) {
      sent.push(request);
      const answer = script(request, sent.length);
      return answer instanceof HttpError ? Promise.reject(answer) : Promise.resolve(answer);
    },
    close: () => Promise.resolve(),
  };
}
