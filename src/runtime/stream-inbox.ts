/** The elements of a stream in the process that consumes it. */

import type { CollectedRegistry } from "../base/collector.ts";
import { Deque } from "../base/deque.ts";
import { STREAM_AHEAD_BYTES_MAX } from "../base/limits.ts";
import type { Content, ObjectRecord } from "./object-record.ts";
import { PRIMITIVE_BYTES, sizeOf } from "./payload.ts";
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
  /** Is told of streams that are collected, to close them. */
  readonly held: CollectedRegistry<StreamInbox>;
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
  #unreportedBytes = 0;
  #isEnded = false;
  isClosed = false;
  /** An element has come. */
  isBegun = false;

  constructor(end: ObjectRecord, aheadMax: number, ports: StreamPorts) {
    this.end = end;
    this.ports = ports;
    this.#reportEvery = Math.max(1, Math.floor(aheadMax / 2));
    end.whenSettled(() => this.#ended());
  }

  /** From the producer, in order. */
  push(content: Content): void {
    this.isBegun = true;
    const record = this.ports.keep(content);
    // After a cancel the producer goes on until it learns of it.
    if (this.isClosed || this.#isEnded) {
      this.ports.discard(record);
      return;
    }
    const asker = this.#asking.shift();
    if (asker === undefined) this.#elements.push(record);
    else {
      this.#took(record);
      asker.forget();
      asker.resolve(record);
    }
  }

  /** The producer counts elements and bytes: it is told before it stops for either. */
  #took({ content }: ObjectRecord): void {
    this.#consumed++;
    this.#unreportedBytes += sizeAtMost(content!);
    const isMuch =
      this.#consumed - this.#reported >= this.#reportEvery ||
      this.#unreportedBytes >= STREAM_AHEAD_BYTES_MAX / 2;
    if (!isMuch || this.#isEnded) return;
    this.#reported = this.#consumed;
    this.#unreportedBytes = 0;
    this.ports.consumed(this.#consumed);
  }

  #ended(): void {
    this.#isEnded = true;
    if (this.#asking.length > 0) this.#letGo();
    for (const { resolve, forget } of this.#asking.splice(0)) {
      forget();
      resolve("end");
    }
  }

  /** Whoever reads it holds `stream`: once that is collected, nobody will. */
  readThrough(stream: object): void {
    this.ports.held.register(stream, this, this);
  }

  /**
   * There is nothing more to close. It would keep the stream for ever: how a stream has ended may
   * hold those who were called when it did, the stream among them.
   */
  #letGo(): void {
    this.ports.held.unregister(this);
  }

  /** The next element, as soon as it is there. */
  next(): Promise<Arrival> {
    const record = this.#elements.shift();
    if (record !== undefined) {
      this.#took(record);
      return Promise.resolve(record);
    }
    if (this.#isEnded || this.isClosed) {
      this.#letGo();
      return Promise.resolve("end");
    }
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

  /** The consumer wants no more. `isLooked`: nor does it want to know of a failure. */
  close(isLooked = true): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#letGo();
    this.discard();
    if (isLooked || !this.#isEnded) this.end.isObserved = true;
    if (!this.#isEnded) this.ports.stop();
    for (const { resolve, forget } of this.#asking.splice(0)) {
      forget();
      resolve("end");
    }
  }
}

/** What the producer counts the element for, or more. */
function sizeAtMost(content: Content): number {
  if (content.kind === "payload") return sizeOf(content.payload);
  // Long strings are sent as bytes, up to three for each unit.
  const isString = content.kind === "primitive" && typeof content.value === "string";
  return PRIMITIVE_BYTES + (isString ? 3 * content.value.length : 0);
}
