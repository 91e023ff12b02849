/** What went wrong in a simulated run, and how to see it again: with the same `seed`. */
export class SimulationError extends Error {
  override readonly name = "SimulationError";
  readonly seed: number;
  /** A line for each message and each fault; empty unless `transcript` was asked for. */
  readonly transcript: string;
  /** With which the program has ended its own process, if it has: all others have ended since. */
  readonly exitCode: number | undefined;

  constructor(seed: number, what: string, transcript: string, options: Details = {}) {
    super(`Cannot accept the run of seed ${seed}: ${what}`, { cause: options.cause });
    this.seed = seed;
    this.transcript = transcript;
    this.exitCode = options.exitCode;
  }
}

interface Details {
  readonly cause?: unknown;
  readonly exitCode?: number | undefined;
}
