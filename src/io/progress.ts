import type { Output } from './system.ts';

/** When to say that something is still awaited, in milliseconds. */
const announceAfterMs = [2000, 5000, 10_000, 20_000];

/**
 * Says on a terminal which logins are still awaited, a line each time: no cursor movement, so that a log of a terminal stays readable.
 * `done` takes a name off the list; `stop` ends it.
 */
export function watchProgress(
  output: Output,
  names: readonly string[],
): { done(name: string): void; stop(): void } {
  const waiting = new Set(names);
  if (!output.isTTY) return { done: (name) => void waiting.delete(name), stop: () => {} };
  const timers = announceAfterMs.map((delay) =>
    setTimeout(() => {
      if (waiting.size > 0)
        output.write(`Still waiting for ${listNames([...waiting])} (${delay / 1000} s)\n`);
    }, delay),
  );
  return {
    done: (name) => void waiting.delete(name),
    stop: () => timers.forEach((timer) => clearTimeout(timer)),
  };
}

function listNames(names: readonly string[]): string {
  return names.length <= 4
    ? names.join(', ')
    : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
}
