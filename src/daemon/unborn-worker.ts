/** A worker that the system does not start: its environment is too large, or there is no room. */

import net from "node:net";
import { SocketTransport } from "../wire/socket.ts";
import type { ProcessState, WorkerHandle, WorkerHandleEvents } from "./worker-handle.ts";

export class UnbornWorker implements WorkerHandle {
  /** None: nobody must send signals to it. */
  readonly pid = 0;
  readonly transport = new SocketTransport(new net.Socket().destroy());

  constructor(reason: Promise<Error>, events: WorkerHandleEvents) {
    // After whoever starts it knows it.
    void reason.then(({ message }) => {
      const stderrTail = [message];
      const unknown = undefined;
      events.exited({ exitCode: unknown, signal: unknown, residentBytes: unknown, stderrTail });
    });
  }

  kill(): void {
    // Nobody is there.
  }

  measure(): ProcessState {
    return { isStopped: false, hasEnded: false };
  }

  ownBytes(): undefined {
    return undefined;
  }
}
