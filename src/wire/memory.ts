/** A pair of transports within one process, for inline mode and tests. */

import type { Transport, TransportEvents } from "./transport.ts";

/** Runs `job` later, in order. */
export type Defer = (job: () => void) => void;

/** Two ends; what is written to one arrives at the other as `defer` decides, in order. */
export function memoryTransports(defer: Defer = setImmediate): [Transport, Transport] {
  const a = new MemoryTransport(defer);
  const b = new MemoryTransport(defer);
  a.peer = b;
  b.peer = a;
  return [a, b];
}

class MemoryTransport implements Transport {
  peer!: MemoryTransport;
  readonly #defer: Defer;
  #events: TransportEvents | undefined;
  #closed = false;

  constructor(defer: Defer) {
    this.#defer = defer;
  }

  start(events: TransportEvents): void {
    this.#events = events;
  }

  write(bytes: Buffer): boolean {
    if (this.#closed) return true;
    const copy = Buffer.from(bytes);
    this.#defer(() => this.peer.#receive(copy));
    return true;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#defer(() => {
      this.#events?.closed(undefined);
      this.peer.#closedByPeer();
    });
  }

  endWriting(): void {
    if (this.#closed) return;
    this.#defer(() => {
      this.peer.#closedByPeer();
      // What it had written before is here by now.
      this.#defer(() => this.#closedByPeer());
    });
  }

  setReferenced(): void {
    // Nothing outside the process holds a memory link open.
  }

  #receive(chunk: Buffer): void {
    if (!this.#closed) this.#events?.data(chunk);
  }

  #closedByPeer(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#events?.closed(undefined);
  }
}
