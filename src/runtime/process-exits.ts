/**
 * When the other processes are over. The daemon tells how one has ended, and its links to this
 * process close, in any order: it is over once both have happened, as until then its last results
 * may still lie in a socket.
 */

import type { Clock } from "../base/clock.ts";
import { Deadline } from "../base/deadline.ts";
import { STDERR_TAIL_LINES } from "../base/limits.ts";
import type { ExitNotice } from "./daemon-messages.ts";
import { DRIVER_ID } from "./identity.ts";

export interface ProcessExitsPorts {
  readonly clock: Clock;
  isConnected(processId: number): boolean;
  /** Whether it was told as over before. */
  isGone(processId: number): boolean;
  kill(processId: number, reason: string): void;
  /** `wasCutOff`: it was ended because its links to this process had closed. */
  over(exit: ExitNotice, wasCutOff: boolean): void;
}

/** How long a closed link waits for the daemon to say what became of the process. */
const NOTICE_TIMEOUT_MS = 2_000;

export class ProcessExits {
  readonly #ports: ProcessExitsPorts;
  /** Processes whose end was announced while their link still held messages, and the reverse. */
  readonly #announced = new Map<number, ExitNotice>();
  readonly #closed = new Map<number, Deadline>();
  /** Those that are to end because their links to this process have closed. */
  readonly #cutOff = new Set<number>();
  readonly #stderrTails = new Map<number, string[]>();

  constructor(ports: ProcessExitsPorts) {
    this.#ports = ports;
  }

  /** The process has written this on its standard error. */
  wrote(processId: number, text: string): void {
    const lines = [...(this.#stderrTails.get(processId) ?? []), ...text.trimEnd().split("\n")];
    this.#stderrTails.set(processId, lines.slice(-STDERR_TAIL_LINES));
  }

  announced(notice: ExitNotice): void {
    const { processId } = notice;
    if (this.#ports.isConnected(processId)) {
      this.#announced.set(processId, notice);
      return;
    }
    this.#closed.get(processId)?.callOff();
    this.#closed.delete(processId);
    this.#over(notice);
  }

  /** All that came on its links has been handled. */
  linksClosed(processId: number): void {
    const notice = this.#announced.get(processId);
    if (notice !== undefined) {
      this.#over(notice);
      return;
    }
    const { clock } = this.#ports;
    const deadline = new Deadline(clock, NOTICE_TIMEOUT_MS, () => this.#giveUp(processId));
    this.#closed.set(processId, deadline.unref());
  }

  /**
   * A worker that cannot be reached is ended. What it had is settled when the daemon says that it
   * has: until then its tasks go on.
   */
  #giveUp(processId: number): void {
    this.#closed.delete(processId);
    if (processId === DRIVER_ID || this.#ports.isGone(processId)) {
      this.#over({ processId, pid: 0, stderrTail: [], reason: undefined });
    } else {
      this.#cutOff.add(processId);
      this.#ports.kill(processId, "its link was closed");
    }
  }

  #over(notice: ExitNotice): void {
    const { processId } = notice;
    this.#announced.delete(processId);
    const seen = this.#stderrTails.get(processId) ?? [];
    this.#stderrTails.delete(processId);
    const stderrTail = [...seen, ...notice.stderrTail].slice(-STDERR_TAIL_LINES);
    this.#ports.over({ ...notice, stderrTail }, this.#cutOff.delete(processId));
  }

  /** Nothing is over any more but the runtime. */
  end(): void {
    for (const deadline of this.#closed.values()) deadline.callOff();
  }
}
