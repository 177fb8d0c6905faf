import { setTimeout as sleep } from 'node:timers/promises';
import type { SecretSet } from '../core/secret-set.ts';
import type { Attempt } from './verify-set.ts';

/** 100 secrets make 33 sets, the most that GitHub allows: none of them waits for another. */
const mostAtOnce = 48;

/**
 * Makes all attempts at once and yields them in two batches at most: those that ended while nobody was slow, and the rest. So what is done
 * can be stored while a dead registry is still waited for. `attempt` never rejects. The last batch comes when all have ended, and may be empty.
 */
export async function* attemptLogins(
  sets: readonly SecretSet[],
  attempt: (set: SecretSet) => Promise<Attempt>,
  patienceMs: number,
): AsyncGenerator<readonly Attempt[], void, undefined> {
  const ended: Attempt[] = [];
  const queue = [...sets];
  const work = async (): Promise<void> => {
    for (let set = queue.shift(); set !== undefined; set = queue.shift()) ended.push(await attempt(set));
  };
  const all = Promise.all(Array.from({ length: Math.min(mostAtOnce, sets.length) }, work));
  const patience = new AbortController();
  const inTime = await Promise.race([
    all,
    sleep(patienceMs, null, { signal: patience.signal }).catch(() => null),
  ]);
  patience.abort();
  if (inTime === null && ended.length > 0) yield ended.splice(0);
  await all;
  yield ended;
}
