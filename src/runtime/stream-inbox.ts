/** The elements of a stream in the process that consumes it. */

import { Deque } from "../base/deque.ts";
import type { Content, ObjectRecord } from "./object-record.ts";
import { currentScope } from "./task-scope.ts";

export interface StreamPorts {
  /** The object that an element is from now on. */
  keep(content: Content): ObjectRecord;
  /** Nobody will read the element. */
  discard(record: ObjectRecord): void;
  /** So many elements were consumed, in all. */
  consumed(count: number): void;
  /** No more elements are wanted. */
  stop(): void;
}

/** An element; `end`: there is none any more. */
export type Arrival = ObjectRecord | "end";

interface Asker {
  readonly resolve: (arrival: Arrival) => void;
  readonly forget: () => void;
}

export class StreamInbox {
  /** Settled when the generator has ended, in whatever way. */
  readonly end: ObjectRecord;
  readonly ports: StreamPorts;
  readonly #elements = new Deque<ObjectRecord>();
  readonly #asking: Asker[] = [];
  readonly #reportEvery: number;
  #consumed = 0;
  #reported = 0;
  #isEnded = false;
  isClosed = false;

  constructor(end: ObjectRecord, aheadMax: number, ports: StreamPorts) {
    this.end = end;
    this.ports = ports;
    this.#reportEvery = Math.max(1, Math.floor(aheadMax / 2));
    end.whenSettled(() => this.#ended());
  }

  /** From the producer, in order. */
  push(content: Content): void {
    const record = this.ports.keep(content);
    if (this.isClosed) {
      this.ports.discard(record);
      return;
    }
    const asker = this.#asking.shift();
    if (asker === undefined) this.#elements.push(record);
    else {
      this.#took();
      asker.forget();
      asker.resolve(record);
    }
  }

  #took(): void {
    this.#consumed++;
    const unreported = this.#consumed - this.#reported;
    if (unreported < this.#reportEvery || this.#isEnded) return;
    this.#reported = this.#consumed;
    this.ports.consumed(this.#consumed);
  }

  #ended(): void {
    this.#isEnded = true;
    for (const { resolve, forget } of this.#asking.splice(0)) {
      forget();
      resolve("end");
    }
  }

  /** The next element, as soon as it is there. */
  next(): Promise<Arrival> {
    const record = this.#elements.shift();
    if (record !== undefined) {
      this.#took();
      return Promise.resolve(record);
    }
    if (this.#isEnded || this.isClosed) return Promise.resolve("end");
    const scope = currentScope();
    return new Promise((resolve, reject) => {
      const stop = (reason: unknown): void => {
        const index = this.#asking.findIndex((asker) => asker.resolve === resolve);
        if (index >= 0) this.#asking.splice(index, 1);
        reject(reason);
      };
      this.#asking.push({ resolve, forget: () => scope?.waitEnds(stop) });
      scope?.waitBegins(stop, [this.end.callId]);
    });
  }

  /** What has come and was not consumed is dropped: the call was cancelled. */
  discard(): void {
    for (let record = this.#elements.shift(); record; record = this.#elements.shift()) {
      this.ports.discard(record);
    }
  }

  /** The consumer wants no more. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.discard();
    this.end.isObserved = true;
    if (!this.#isEnded) this.ports.stop();
    for (const { resolve, forget } of this.#asking.splice(0)) {
      forget();
      resolve("end");
    }
  }
}
