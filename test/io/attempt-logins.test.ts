import { describe, expect, test } from 'vitest';
import { discoverSets, type SecretSet } from '../../src/core/secret-set.ts';
import { attemptLogins } from '../../src/io/attempt-logins.ts';
import type { Attempt } from '../../src/io/verify-set.ts';

function sets(count: number): readonly SecretSet[] {
  const variables = Array.from({ length: count }, (_, index) => [
    [`S${index}_CONTAINER_REGISTRY_SERVER`, `r${index}.example.com`],
    [`S${index}_CONTAINER_REGISTRY_USER`, 'u'],
    [`S${index}_CONTAINER_REGISTRY_PASSWORD`, 'p'],
  ]);
  return discoverSets(Object.fromEntries(variables.flat()) as Record<string, string>).sets;
}

function attempt(set: SecretSet): Attempt {
  return {
    set,
    status: 'ok',
    message: '',
    advice: null,
    credential: null,
    expiresAt: null,
    durationMs: 0,
    isRecalled: false,
  };
}

async function batchesOf(batches: AsyncIterable<readonly Attempt[]>): Promise<string[][]> {
  const names: string[][] = [];
  for await (const batch of batches) names.push(batch.map(({ set }) => set.name));
  return names;
}

describe('batches of logins', () => {
  test('no set: one empty batch', async () => {
    expect(await batchesOf(attemptLogins([], async (set) => attempt(set), 1000))).toStrictEqual([[]]);
  });

  test('where nobody is slow, one batch in the order of the ends', async () => {
    let last = (): void => undefined;
    const held = new Promise<void>((resolve) => (last = resolve));
    const batches = attemptLogins(
      sets(3),
      async (set) => {
        if (set.name === 'S0') await held;
        if (set.name === 'S2') last();
        return attempt(set);
      },
      60_000,
    );
    expect(await batchesOf(batches)).toStrictEqual([['S1', 'S2', 'S0']]);
  });

  test('what is done when patience ends comes first, the rest when it ends, also while the first is being dealt with', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const batches = attemptLogins(
      sets(3),
      async (set) => {
        if (set.name === 'S1') await held;
        return attempt(set);
      },
      10,
    );
    const names: string[][] = [];
    for await (const batch of batches) {
      names.push(batch.map(({ set }) => set.name));
      release();
      await held;
    }
    expect(names).toStrictEqual([['S0', 'S2'], ['S1']]);
  });

  test('where all are slow there is no empty batch before', async () => {
    const batches = attemptLogins(
      sets(2),
      async (set) => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        return attempt(set);
      },
      1,
    );
    expect(await batchesOf(batches)).toStrictEqual([['S0', 'S1']]);
  });

  test('more sets than GitHub allows are bounded, and all are attempted', async () => {
    let running = 0;
    let most = 0;
    const batches = attemptLogins(
      sets(120),
      async (set) => {
        most = Math.max(most, (running += 1));
        await new Promise((resolve) => setTimeout(resolve, 1));
        running -= 1;
        return attempt(set);
      },
      60_000,
    );
    expect((await batchesOf(batches)).flat()).toHaveLength(120);
    expect(most).toBe(48);
  });
});
