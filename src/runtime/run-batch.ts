/** Several items in one task: what `map` makes of short ones. */

import type { Packer } from "./packer.ts";
import type { Callable } from "./function-record.ts";

/** `stop`: at the first failure; `all`: every item, whatever became of the others. */
export type Batch = "stop" | "all";

/** What a batch returns: for each item whether it went well, and its value or what it threw. */
export interface BatchResult {
  readonly outcomes: readonly ItemOutcome[];
  /** Of the whole batch. */
  readonly durationUs: number;
}

export type ItemOutcome = readonly [isOk: boolean, valueOrReason: unknown];

export async function runBatch(
  callable: Callable,
  batch: Batch,
  items: readonly unknown[],
  nowUs: () => number,
): Promise<BatchResult> {
  const beganUs = nowUs();
  const outcomes: ItemOutcome[] = [];
  for (const item of items) {
    try {
      const result = callable(item);
      outcomes.push([true, isThenable(result) ? await result : result]);
    } catch (reason) {
      outcomes.push([false, reason]);
      if (batch === "stop") break;
    }
  }
  return { outcomes, durationUs: nowUs() - beganUs };
}

/** The outcomes, with results that cannot be sent replaced by the reason why. */
export function sendableOutcomes(result: BatchResult, packer: Packer): BatchResult {
  const outcomes = result.outcomes.map(([isOk, value], index): ItemOutcome => {
    try {
      packer.pack(value, `result[${index}]`);
      return [isOk, value];
    } catch (error) {
      return [false, isOk ? error : packer.sendableThrown(value, error)];
    }
  });
  return { ...result, outcomes };
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as { then?: unknown }).then === "function"
  );
}
