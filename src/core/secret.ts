import { inspect } from 'node:util';

const redacted = '[redacted]';

/**
 * A string that cannot be printed by accident: string conversion, JSON and `console.log` all give `[redacted]`.
 * `reveal()` is called only where the value must leave: an Authorization header, the Docker config, the helper's answer.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  equals(other: Secret): boolean {
    return this.#value === other.#value;
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }

  [inspect.custom](): string {
    return redacted;
  }
}
