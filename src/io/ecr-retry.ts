import { setTimeout as sleep } from 'node:timers/promises';

interface RetryToken {
  getRetryCount(): number;
  getRetryDelay(): number;
}

interface RetryInfo {
  readonly errorType: 'TRANSIENT' | 'THROTTLING' | 'SERVER_ERROR' | 'CLIENT_ERROR';
  readonly retryAfterHint?: Date;
}

/** Milliseconds; the AWS SDKs' standard retry behaviour uses the same figures (AWS SDKs and Tools reference, "Retry behavior"). */
const firstDelay = { TRANSIENT: 50, THROTTLING: 1_000 } as const;
const longestDelay = 20_000;
export const maxAttempts = 6;

/**
 * The SDK decides what may be tried again; this decides when: after a delay drawn evenly from 0 to an exponentially
 * growing limit (full jitter), or when the server says. The SDK's own strategy leaves its timer running when the
 * signal fires, which would hold the process; this one ends with the signal, and the SDK then reports the last error.
 */
export function retryUntil(signal: AbortSignal, random: () => number = Math.random) {
  return {
    acquireInitialRetryToken: (_scope: string): Promise<RetryToken> => Promise.resolve(token(0)),
    async refreshRetryTokenForRetry(previous: RetryToken, info: RetryInfo): Promise<RetryToken> {
      const retries = previous.getRetryCount();
      if (info.errorType !== 'TRANSIENT' && info.errorType !== 'THROTTLING') throw new Error('not retryable');
      if (retries + 1 >= maxAttempts) throw new Error('out of attempts');
      const limit = Math.min(longestDelay, firstDelay[info.errorType] * 2 ** retries);
      const asked = info.retryAfterHint === undefined ? 0 : info.retryAfterHint.getTime() - Date.now();
      await sleep(Math.max(random() * limit, Math.min(asked, longestDelay)), undefined, { signal });
      return token(retries + 1);
    },
    recordSuccess: (_token: RetryToken): void => {},
  };
}

function token(retries: number): RetryToken {
  return { getRetryCount: () => retries, getRetryDelay: () => 0 };
}
