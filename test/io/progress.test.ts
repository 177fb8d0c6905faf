import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { watchProgress } from '../../src/io/progress.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function terminal(isTTY: boolean): { output: Parameters<typeof watchProgress>[0]; lines: string[] } {
  const lines: string[] = [];
  return { output: { isTTY, columns: 80, write: (text) => void lines.push(text) }, lines };
}

test('says on a terminal who is still awaited, now and then, and nothing once all is done', () => {
  const { output, lines } = terminal(true);
  const progress = watchProgress(output, ['A', 'B']);
  vi.advanceTimersByTime(1999);
  expect(lines).toStrictEqual([]);
  vi.advanceTimersByTime(1);
  progress.done('A');
  vi.advanceTimersByTime(3000);
  progress.done('B');
  vi.advanceTimersByTime(60_000);
  expect(lines).toStrictEqual(['Still waiting for A, B (2 s)\n', 'Still waiting for B (5 s)\n']);
});

test('many names are cut short, and nothing moves the cursor', () => {
  const { output, lines } = terminal(true);
  watchProgress(output, ['A', 'B', 'C', 'D', 'E']);
  vi.advanceTimersByTime(2000);
  expect(lines).toStrictEqual(['Still waiting for A, B, C and 2 more (2 s)\n']);
});

test('stopped, it says no more and holds no timer', () => {
  const { output, lines } = terminal(true);
  watchProgress(output, ['A']).stop();
  expect(vi.getTimerCount()).toBe(0);
  expect(lines).toStrictEqual([]);
});

test('in a log there is none', () => {
  const { output, lines } = terminal(false);
  const progress = watchProgress(output, ['A']);
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(60_000);
  progress.done('A');
  progress.stop();
  expect(lines).toStrictEqual([]);
});
