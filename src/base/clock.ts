/** Time as a process sees it. Passed in, so that a simulator can decide what time it is. */

export interface Clock {
  /** Since some moment in the past; never goes back, whatever happens to the machine's clock. */
  nowMs(): number;
  /** Calls `job` once, after so long at least. */
  setTimeout(job: () => void, delayMs: number): Timer;
  /** The job is not called any more. */
  clearTimeout(timer: Timer | undefined): void;
  /** Calls `job` once what has come meanwhile was looked at. */
  setImmediate(job: () => void): void;
}

export interface Timer {
  /** It does not keep the process alive. */
  unref(): this;
  /** Its time begins anew. */
  refresh(): this;
}
