/** Where the daemon and the workers of an owned runtime live: in processes, or in this one. */

import type { Surroundings } from "../runtime/surroundings.ts";
import type { StoreDirectories } from "../store/store.ts";
import type { Transport } from "../wire/transport.ts";
import type { DaemonEnd } from "./daemon-end.ts";

export interface Backend {
  readonly directory: string;
  /** Where stored objects are. */
  readonly directories: StoreDirectories;
  readonly surroundings: Surroundings;
  /**
   * Memory for stored objects. `warn` is called if less than what was asked for, or is usual, can
   * be had.
   */
  storeLimitBytes(requestedBytes: number | undefined, warn: (text: string) => void): number;
  /** Path of the program that the daemon starts as a worker. */
  readonly workerProgram: string;
  /** To the daemon. */
  readonly transport: Transport;
  /** Connects to another process of the session. */
  open(processId: number): Transport;
  /** Takes connections of other processes to the driver. Rejects if that is not possible. */
  listen(onConnection: (transport: Transport) => void): Promise<void>;
  workerStarted(pid: number): void;
  workerExited(pid: number): void;
  /**
   * The link to the daemon is closed: ends its workers at once. Resolves with what is known of its
   * end, soon.
   */
  daemonGone(): Promise<DaemonEnd>;
  /** The program or the runtime ends: a daemon that is stopped is to see that, and end as well. */
  wakeDaemon?(): void;
  /** Takes no further connections; the daemon has been told to end. Resolves when it has. */
  close(): Promise<void>;
  /** Ends what a dead daemon has left: workers and files. */
  cleanUp(): void;
}
