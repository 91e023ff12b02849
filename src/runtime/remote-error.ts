/** Stacks of errors that crossed a process: the user's lines, then where the call was made. */

import type { CallSite } from "./object-record.ts";

/** Gives the error thrown by a task a stack that ends at the call. Non-errors stay as they are. */
export function remoteError(thrown: unknown, site: CallSite | undefined): unknown {
  if (!(thrown instanceof Error) || typeof thrown.stack !== "string") return thrown;
  const stack = `${withoutOwnFrames(thrown.stack)}${site === undefined ? "" : site.lines()}`;
  Object.defineProperty(thrown, "stack", {
    value: stack,
    configurable: true,
    writable: true,
    enumerable: false,
  });
  return thrown;
}

/** Directory of the package's own code, whose frames say nothing to users. */
const OWN_CODE = new URL("..", import.meta.url).href;

/** Drops the lines of the runtime and of Node's internals from a stack. */
function withoutOwnFrames(stack: string): string {
  return stack
    .split("\n")
    .filter((line) => !isFrame(line) || !(line.includes(OWN_CODE) || line.includes("node:")))
    .join("\n");
}

function isFrame(line: string): boolean {
  return /^\s+at /.test(line);
}

/** Bursts of calls mostly come from one place: only so many of a tick are looked at. */
const SITES_PER_BURST = 16;

/**
 * Remembers where calls are made. Looking costs about 2 µs, more than the rest of a call, so in a
 * burst of calls within one turn the first ones are looked at and the others point to the last
 * of these, saying so.
 */
export class CallSites {
  #inBurst = 0;
  #last: CallSite | undefined;

  /** `outermost` is the function that the user called. */
  take(outermost: (...args: never[]) => unknown): CallSite {
    if (this.#inBurst === 0) setImmediate(() => (this.#inBurst = 0)).unref();
    if (++this.#inBurst <= SITES_PER_BURST || this.#last === undefined) {
      this.#last = new CapturedSite(outermost);
      return this.#last;
    }
    if (this.#inBurst === SITES_PER_BURST + 1) this.#last = new BurstSite(this.#last);
    return this.#last;
  }
}

class CapturedSite implements CallSite {
  declare readonly stack: string;

  constructor(outermost: (...args: never[]) => unknown) {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 4;
    Error.captureStackTrace(this, outermost);
    Error.stackTraceLimit = limit;
  }

  lines(): string {
    const frames = withoutOwnFrames(this.stack).split("\n").filter(isFrame);
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
