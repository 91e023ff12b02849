/**
 * A transport on which what comes may be late, or be cut off between two bytes. What is sent is
 * left alone: the other end has faults of its own, and a process that ends takes nothing along
 * that it has sent.
 */

import type { Faults } from "../base/faults.ts";
import { FAULT_DELAY_MS_MAX } from "../base/limits.ts";
import type { Transport, TransportEvents } from "./transport.ts";

export interface FaultyTransportOptions {
  readonly faults: Faults;
  /** Calls the job once, after that time. */
  readonly later: (job: () => void, delayMs: number) => void;
  /** Whether the link may be cut. */
  readonly canCut: boolean;
}

export class FaultyTransport implements Transport {
  readonly #inner: Transport;
  readonly #options: FaultyTransportOptions;
  /** What has come and is held back, in order. */
  readonly #held: (() => void)[] = [];
  #isCut = false;

  constructor(inner: Transport, options: FaultyTransportOptions) {
    this.#inner = inner;
    this.#options = options;
  }

  start(events: TransportEvents): void {
    const { faults, canCut } = this.#options;
    this.#inner.start({
      data: (chunk) => {
        if (this.#isCut) return;
        this.#isCut = canCut && faults.happens("link-cut");
        const isLate = faults.happens("message-delay");
        if (!this.#isCut) return this.#pass(isLate, () => events.data(chunk));
        const lengthBytes = Math.floor(faults.fraction("link-cut") * chunk.length);
        this.#pass(isLate, () => events.data(chunk.subarray(0, lengthBytes)));
        this.#pass(false, () => this.#inner.close());
      },
      closed: (cause) => this.#pass(false, () => events.closed(cause)),
    });
  }

  /** Nothing overtakes what is held back. */
  #pass(isLate: boolean, job: () => void): void {
    if (!isLate && this.#held.length === 0) return job();
    this.#held.push(job);
    if (this.#held.length > 1) return;
    const { faults, later } = this.#options;
    later(() => this.#release(), faults.fraction("message-delay") * FAULT_DELAY_MS_MAX);
  }

  #release(): void {
    // What comes meanwhile is held as well, as each leaves the list only when it was handled.
    for (let job = this.#held[0]; job !== undefined; job = this.#held[0]) {
      try {
        job();
      } finally {
        this.#held.shift();
      }
    }
  }

  write(bytes: Buffer): boolean {
    return this.#inner.write(bytes);
  }

  endWriting(): void {
    this.#inner.endWriting();
  }

  close(): void {
    this.#inner.close();
  }

  setReferenced(isReferenced: boolean): void {
    this.#inner.setReferenced(isReferenced);
  }
}
