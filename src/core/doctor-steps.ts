import type { Explanation } from './explain.ts';
import type { Step } from './report.ts';

export type StepName = Step['step'];

const order: readonly StepName[] = [
  'variables',
  'resolve',
  'connect',
  'tls',
  'version',
  'challenge',
  'token',
  'login',
  'config',
];

/** Collects what became of each step; what was not reached is skipped. */
export class StepList {
  readonly #done = new Map<StepName, Step>();

  ok(step: StepName, message: string): void {
    this.#done.set(step, { step, status: 'ok', message, advice: null });
  }

  skip(step: StepName, message: string): void {
    this.#done.set(step, { step, status: 'skipped', message, advice: null });
  }

  fail(step: StepName, { message, advice }: Pick<Explanation, 'message' | 'advice'>): void {
    this.#done.set(step, { step, status: 'failed', message, advice });
  }

  add(step: Step): void {
    this.#done.set(step.step, step);
  }

  has(step: StepName): boolean {
    return this.#done.has(step);
  }

  /** Every step, in the order of a login. */
  all(): Step[] {
    return order.map(
      (step) => this.#done.get(step) ?? { step, status: 'skipped', message: notReached, advice: null },
    );
  }
}

/** The message of a step that an earlier failure left out. */
export const notReached = 'Not reached.';
