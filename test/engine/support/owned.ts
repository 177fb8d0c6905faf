import { afterAll } from 'vitest';
import { docker } from './docker.ts';

/**
 * For the top of a file or of a `describe`: returns a function that takes what a hook has started. All of it is disposed of after the last
 * test, newest first, whatever the hook did not get to.
 */
export function ownUntilTheEnd(): <T extends AsyncDisposable>(started: T) => T {
  const owned: AsyncDisposable[] = [];
  afterAll(async () => {
    for (const one of owned.toReversed()) await one[Symbol.asyncDispose]();
  });
  return (started) => {
    owned.push(started);
    return started;
  };
}

/** An image that tests pull into this machine's engine. */
export function imageToRemove(image: string): AsyncDisposable {
  return {
    async [Symbol.asyncDispose]() {
      await docker(['image', 'rm', image]);
    },
  };
}
