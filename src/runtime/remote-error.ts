/** Stacks of errors that crossed a process: the user's lines, then where the call was made. */

import { types } from "node:util";
import type { Clock } from "../base/clock.ts";
import { ownValue } from "../closure/properties.ts";
import type { CallSite } from "./object-record.ts";
import { isFrame, userStack } from "./remote-error-stack.ts";

/** So many errors of one tree are looked at: nobody reads the causes of causes any further. */
const ERRORS_MAX = 256;

/** An error that passes through more calls than fit here does not name all of them. */
const SITES_CHARS_MAX = 16 * 1024;

/** Gives the error thrown by a task a stack that ends at the call. Non-errors stay as they are. */
export function remoteError(thrown: unknown, site: CallSite | undefined): unknown {
  const pending: unknown[] = [thrown];
  const seen = new Set<unknown>();
  while (pending.length > 0 && seen.size < ERRORS_MAX) {
    const error = pending.pop();
    if (!isErrorObject(error) || seen.has(error)) continue;
    seen.add(error);
    const stack = ownValue(error, "stack");
    const message = ownValue(error, "message");
    if (typeof stack === "string") {
      const text = userStack(stack, typeof message === "string" ? message : "");
      const isShort = error === thrown && text.length < SITES_CHARS_MAX;
      setStack(error, isShort && site !== undefined ? text + site.lines() : text);
    }
    const errors = ownValue(error, "errors");
    pending.push(ownValue(error, "cause"), ...(Array.isArray(errors) ? (errors as unknown[]) : []));
  }
  return thrown;
}

function isErrorObject(value: unknown): value is Error {
  return types.isNativeError(value) || value instanceof DOMException;
}

function setStack(error: Error, stack: string): void {
  const limit = Error.stackTraceLimit;
  // Else Node shows a line of this package as the one that threw, should nobody catch the error.
  Error.stackTraceLimit = 0;
  try {
    if (Object.isExtensible(error)) Error.captureStackTrace(error);
  } finally {
    Error.stackTraceLimit = limit;
  }
  const property = { value: stack, configurable: true, writable: true, enumerable: false };
  Reflect.defineProperty(error, "stack", property);
}

/** Bursts of calls mostly come from one place: only so many of a tick are looked at. */
const SITES_PER_BURST = 16;

/**
 * Remembers where calls are made. Looking costs about 2 µs, more than the rest of a call, so in a
 * burst of calls within one turn the first ones are looked at and the others point to the last
 * of these, saying so.
 */
export class CallSites {
  readonly #clock: Clock;
  readonly #isExact: boolean;
  #inBurst = 0;
  #last: CallSite | undefined;

  /** `isExact`: all are looked at. */
  constructor(clock: Clock, isExact = false) {
    this.#clock = clock;
    this.#isExact = isExact;
  }

  /** `outermost` is the function that the user called. */
  take(outermost: (...args: never[]) => unknown): CallSite {
    if (this.#isExact) return new CapturedSite(outermost);
    if (this.#inBurst === 0) this.#clock.setImmediate(() => (this.#inBurst = 0));
    if (++this.#inBurst <= SITES_PER_BURST || this.#last === undefined) {
      this.#last = new CapturedSite(outermost);
      return this.#last;
    }
    if (this.#inBurst === SITES_PER_BURST + 1) this.#last = new BurstSite(this.#last);
    return this.#last;
  }
}

/** Of a call's stack. */
const SITE_FRAMES = 4;

/** "main (file:///app/main.js:3:4)" */
export function firstLine(site: CallSite): string | undefined {
  return /^\s+at (.*)$/m.exec(site.lines())?.[1];
}

class CapturedSite implements CallSite {
  /** Undefined if the user wants no stacks: looking takes time even if there is nothing to see. */
  declare readonly stack: string | undefined;

  constructor(outermost: (...args: never[]) => unknown) {
    const limit = Error.stackTraceLimit;
    if (limit <= 0) return;
    if (limit > SITE_FRAMES) Error.stackTraceLimit = SITE_FRAMES;
    Error.captureStackTrace(this, outermost);
    Error.stackTraceLimit = limit;
  }

  lines(): string {
    if (this.stack === undefined) return "";
    const frames = userStack(this.stack).split("\n").filter(isFrame);
    return frames.length === 0 ? "" : `\n    --- called remotely\n${frames.join("\n")}`;
  }
}

class BurstSite implements CallSite {
  readonly #first: CallSite;

  constructor(first: CallSite) {
    this.#first = first;
  }

  lines(): string {
    return this.#first.lines().replace("called remotely", "called remotely in a burst, like");
  }
}
