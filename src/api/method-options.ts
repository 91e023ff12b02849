/** The rules of options of method calls. */

import type { MethodOptions } from "./actor-types.ts";
import {
  checkOptions,
  isBoolean,
  isCount,
  isReturnCount,
  isSignal,
  isText,
  isTimeout,
  type Rule,
} from "./options.ts";

const RULES: Readonly<Record<keyof MethodOptions, Rule>> = {
  name: isText,
  timeoutMs: isTimeout,
  signal: isSignal,
  numReturns: isReturnCount,
  shared: isBoolean,
  streamBuffer: isCount(1),
};

export function checkMethodOptions(options: MethodOptions, method: string): void {
  checkOptions(options, RULES, method);
}
