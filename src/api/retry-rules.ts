/** What `retryExceptions` means. */

import type { ShouldRetry } from "../runtime/remote-task.ts";
import { isClass } from "./is-class.ts";
import type { RetryExceptions } from "./types.ts";

/** Precondition: the option is checked. */
export function shouldRetryFor(rule: RetryExceptions | undefined): ShouldRetry | undefined {
  if (rule === undefined || rule === false) return undefined;
  if (rule === true) return () => true;
  if (typeof rule === "function") {
    // A class alone is taken for a list of one: to call it would throw.
    return isClass(rule) ? (error) => error instanceof rule : rule;
  }
  return (error) => rule.some((errorClass) => error instanceof errorClass);
}
