/**
 * What a simulated program has called, what ran for it, and what came of it; and whether that is
 * right. Bodies and the program write to the ledger of the run that is under way.
 */

import { inspect, isDeepStrictEqual } from "node:util";

export type Outcome = { readonly value: unknown } | { readonly error: unknown };

/** What is known of a call before it is made. */
export interface Expectation {
  readonly what: string;
  /** The value that it gives when nothing goes wrong; or the message of what it throws. */
  readonly value?: unknown;
  /** Instead of `value`, where several are right. */
  readonly isRight?: (value: unknown) => boolean;
  readonly message?: string;
  /** Names of errors that it may end with instead. */
  readonly errors: readonly string[];
  /** How often it may begin to run, at most. */
  readonly runsMax: number;
  /** It may have its value without having run: nobody wanted more of it. Default false. */
  readonly mayNotRun?: boolean;
}

interface Entry extends Expectation {
  runs: number;
  /** Somebody waits for its end. */
  isWatched: boolean;
  endings: number;
}

export class Ledger {
  readonly violations: string[] = [];
  /** Names of errors that any call may end with: the runtime may. */
  readonly alwaysAllowed: string[] = [];
  readonly #entries = new Map<string, Entry>();
  /** Calls that calls have made, once they have run. */
  readonly #nested = new Set<string>();
  #count = 0;

  get calls(): number {
    return this.#entries.size + this.#nested.size;
  }

  newId(): string {
    return `call ${++this.#count}`;
  }

  expect(id: string, expectation: Expectation): void {
    this.#entries.set(id, { ...expectation, runs: 0, isWatched: false, endings: 0 });
  }

  watched(id: string): void {
    this.#entries.get(id)!.isWatched = true;
  }

  /** A body begins to run. */
  ran(id: string): void {
    const entry = this.#entries.get(id);
    // Calls that calls make have names of their own.
    if (entry === undefined) {
      this.#nested.add(id);
      return;
    }
    entry.runs++;
    if (entry.runs > entry.runsMax) {
      this.#violated(id, `ran ${entry.runs} times, ${entry.runsMax} at most were promised`);
    }
  }

  ended(id: string, outcome: Outcome): void {
    const entry = this.#entries.get(id)!;
    if (++entry.endings > 1) this.#violated(id, `ended ${entry.endings} times`);
    if ("value" in outcome) this.#checkValue(id, entry, outcome.value);
    else this.#checkError(id, entry, outcome.error);
  }

  #checkValue(id: string, entry: Entry, value: unknown): void {
    if (entry.message !== undefined) this.#violated(id, `gave ${inspect(value)}, it throws`);
    else if (!(entry.isRight?.(value) ?? isDeepStrictEqual(value, entry.value))) {
      this.#violated(id, `gave ${inspect(value)}, not ${inspect(entry.value)}`);
    } else if (entry.runs === 0 && entry.mayNotRun !== true) {
      this.#violated(id, "has a result although it never ran");
    }
  }

  #checkError(id: string, entry: Entry, error: unknown): void {
    const { name, message } = error as Error;
    if (entry.message !== undefined && message.startsWith(entry.message)) return;
    if (entry.errors.includes(name) || this.alwaysAllowed.includes(name)) return;
    const trace = (error as Error).stack ?? String(error);
    this.#violated(id, `failed, which was not to be expected: ${trace}`);
  }

  #violated(id: string, how: string): void {
    this.violations.push(`${id} (${this.#entries.get(id)!.what}): ${how}`);
  }

  /** Calls that have not ended, for messages. */
  open(): string[] {
    const open = [...this.#entries].filter(([, { endings }]) => endings === 0);
    return open.map(([id, { what, runs }]) => `${id} (${what}, ran ${runs} times)`);
  }

  /** After the program: every call has ended. */
  close(): void {
    for (const [id, { endings, isWatched }] of this.#entries) {
      // When the runtime has ended, calls could not be made any more.
      const wasMade = isWatched || this.alwaysAllowed.length === 0;
      if (endings === 0 && wasMade) this.#violated(id, "has not ended");
    }
  }
}

let current: Ledger | undefined;

export function openLedger(): Ledger {
  current = new Ledger();
  return current;
}

/** For bodies. */
export function ran(id: string): void {
  current?.ran(id);
}
