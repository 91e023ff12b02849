/** One thing that a program does, and what must come of it whatever dies meanwhile. */

import type { Chance } from "../../support/chance.ts";

export interface Surroundings {
  readonly random: Chance;
  /** See effects.ts. */
  readonly effects: string;
  /** Unique within the run. */
  readonly newId: () => string;
}

/**
 * Throws what the runtime must not give: a wrong value, or an error that FAILURES.md does not
 * name. Returns how it went, to be counted.
 */
export type Operation = (surroundings: Surroundings) => Promise<string>;

export function expectEqual(what: string, actual: unknown, expected: unknown): void {
  if (Object.is(actual, expected)) return;
  throw new Error(`violation: ${what} is ${String(actual)} instead of ${String(expected)}`);
}

/** `allowed`: the errors that FAILURES.md names for it. */
export async function settle<T>(
  ref: PromiseLike<T>,
  ...allowed: readonly (abstract new (...args: never[]) => Error)[]
): Promise<{ readonly value: T } | { readonly failure: string }> {
  try {
    return { value: await ref };
  } catch (error) {
    if (allowed.some((errorClass) => error instanceof errorClass)) {
      return { failure: (error as Error).name };
    }
    throw error;
  }
}
