/** The rules of task options. */

import {
  checkOptions,
  isAmount,
  isCount,
  isFinite,
  isRecordOf,
  isSignal,
  isText,
  isTimeout,
  type Rules,
} from "./options.ts";
import type { TaskOptions } from "./types.ts";

const isString = (value: unknown): string | undefined =>
  typeof value === "string" ? undefined : "must be a string";

const RULES: Rules & Readonly<Record<keyof TaskOptions, unknown>> = {
  name: isText,
  numCpus: isAmount,
  resources: isRecordOf(isAmount, "amounts by name, like { gpu: 1 }"),
  memoryBytes: isCount(1),
  timeoutMs: isTimeout,
  priority: isFinite,
  signal: isSignal,
  numReturns: isCount(1),
  env: isRecordOf(isString, "strings by name"),
};

export function checkTaskOptions(options: TaskOptions): void {
  checkOptions(options, RULES, "remote");
}
