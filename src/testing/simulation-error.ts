/** What went wrong in a simulated run, and how to see it again: with the same `seed`. */
export class SimulationError extends Error {
  override readonly name = "SimulationError";
  readonly seed: number;
  /** A line for each message and each fault; empty unless `transcript` was asked for. */
  readonly transcript: string;

  constructor(seed: number, what: string, transcript: string, cause?: unknown) {
    super(`Cannot accept the run of seed ${seed}: ${what}`, { cause });
    this.seed = seed;
    this.transcript = transcript;
  }
}
