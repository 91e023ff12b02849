/** The rules of task options. */

import {
  checkOptions,
  isAmount,
  isBoolean,
  isCount,
  isCountOrInfinityFrom,
  isFinite,
  isRecordOf,
  isReturnCount,
  isSignal,
  isString,
  isText,
  isTimeout,
  type Rule,
} from "./options.ts";
import type { TaskOptions } from "./types.ts";

const isRetryRule: Rule = (value) => {
  const isClassList = Array.isArray(value) && value.every(hasInstances);
  if (typeof value === "boolean" || typeof value === "function" || isClassList) return undefined;
  return "must be true, false, an array of error classes, or a function";
};

/** Whether it can be asked what its instances are: not so of arrow functions and methods. */
function hasInstances(value: unknown): boolean {
  try {
    return typeof value === "function" && ({} instanceof value || true);
  } catch {
    // `instanceof` refuses them.
    return false;
  }
}

const RULES: Readonly<Record<keyof TaskOptions, Rule>> = {
  name: isText,
  numCpus: isAmount,
  resources: isRecordOf(isAmount, "amounts by name, like { gpu: 1 }"),
  memoryBytes: isCount(1),
  maxRetries: isCountOrInfinityFrom(0),
  retryExceptions: isRetryRule,
  timeoutMs: isTimeout,
  priority: isFinite,
  signal: isSignal,
  numReturns: isReturnCount,
  streamBuffer: isCount(1),
  shared: isBoolean,
  env: isRecordOf(isString, "strings by name"),
};

export function checkTaskOptions(options: TaskOptions): void {
  checkOptions(options, RULES, "remote");
}
