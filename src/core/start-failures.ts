/** Workers that do not come up: whether those who wait for one are to be told. */

/** In a row. Who ends by itself while others of its environment run may have met bad luck. */
const ENDED_MAX = 3;
/** In a row. Who is killed has not failed, but must not be started for ever. */
const KILLED_MAX = 10;

export interface StartFailure {
  readonly environment: string;
  /** By somebody else, before it was ready. */
  readonly wasKilled: boolean;
  /** Other workers of its environment are ready. */
  readonly isServed: boolean;
}

export class StartFailures {
  /** By environment, one after the other. */
  readonly #counts = new Map<string, number>();

  /** Returns whether to give up: those who wait are told why, and the count begins anew. */
  failed({ environment, wasKilled, isServed }: StartFailure): boolean {
    const count = (this.#counts.get(environment) ?? 0) + 1;
    const most = wasKilled ? KILLED_MAX : isServed ? ENDED_MAX : 1;
    if (count < most) this.#counts.set(environment, count);
    else this.#counts.delete(environment);
    return count >= most;
  }

  /** A worker of the environment is ready. */
  started(environment: string): void {
    this.#counts.delete(environment);
  }
}
