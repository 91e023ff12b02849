/** A worker process as the daemon sees it, whatever stands for one. */

import type { Transport } from "../wire/transport.ts";

export interface WorkerHandle {
  /** 0: the system has not started it, and its exit says why. */
  readonly pid: number;
  readonly transport: Transport;
  kill(): void;
  /** Looks at the process: how much memory it has, for the report of its exit, and its state. */
  measure(): ProcessState;
  /** Memory that the process shares with nobody; undefined: that cannot be told. */
  ownBytes(): number | undefined;
}

export interface ProcessState {
  readonly isStopped: boolean;
  /** Its exit follows, as far as it was not told yet. */
  readonly hasEnded: boolean;
}

export interface WorkerHandleEvents {
  output(stream: 1 | 2, text: string): void;
  /** Called once, after all output. */
  exited(exit: WorkerExit): void;
}

/** How a worker process ended. */
export interface WorkerExit {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly residentBytes: number | undefined;
  readonly stderrTail: readonly string[];
}

/** Starts one with these variables beside the daemon's own. */
export type SpawnWorker = (
  variables: Readonly<Record<string, string>>,
  events: WorkerHandleEvents,
) => WorkerHandle;
