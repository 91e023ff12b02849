import { SerializationError } from "../base/errors.ts";
import { formatPath } from "./path.ts";
import type { Step } from "./path.ts";

/**
 * A form that its class could not make an object of. While it leaves the decoder, every level
 * adds its step: a value that can be read pays nothing for its paths.
 */
export class FailedForm extends Error {
  readonly #className: string;
  readonly #reason: string;
  readonly #steps: Step[] = [];

  constructor(className: string, reason: string, cause: unknown) {
    super(reason, { cause });
    this.#className = className || "a class without name";
    this.#reason = reason;
  }

  addStep(step: Step): void {
    this.#steps.push(step);
  }

  /** What the user sees. */
  toError(): SerializationError {
    const path = formatPath("value", this.#steps.reverse(), this.#steps.length);
    const hook = `static [Symbol.for("mobula.deserialize")]() of ${this.#className}`;
    const message = `Cannot receive ${path}: the ${hook} ${this.#reason}`;
    return new SerializationError(message, { path }, this.cause);
  }
}

/** The error, with the step by which the reader was going down if it is a failed form. */
export function withStep(error: unknown, step: Step | undefined): unknown {
  if (error instanceof FailedForm && step !== undefined) error.addStep(step);
  return error;
}
