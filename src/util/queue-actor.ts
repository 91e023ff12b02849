/** The actor behind a `Queue`: those who wait hold a call each. */

import { context } from "../api/context.ts";
import { startDeadline } from "../api/start-deadline.ts";
import { BoundedQueue, type Answer, type Getter, type Putter } from "./bounded-queue.ts";

/** How a queue is doing. */
export interface QueueState {
  readonly size: number;
  readonly maxSize: number;
}

/** `timeoutMs`: 0 does not wait, null waits without end. A ticket names who waits. */
export class QueueActor<T> {
  readonly #queue: BoundedQueue<T>;
  readonly #waiting = new Map<string, Getter<T> | Putter<T>>();
  readonly #signalOfCall: () => AbortSignal;

  constructor(maxSize: number, signalOfCall = (): AbortSignal => context().signal) {
    this.#queue = new BoundedQueue(maxSize);
    this.#signalOfCall = signalOfCall;
  }

  get(ticket: string, count: number, timeoutMs: number | null): Promise<Answer<T>> {
    return this.#enter(ticket, timeoutMs, (settle) => this.#queue.get(count, settle));
  }

  put(ticket: string, items: readonly T[], timeoutMs: number | null): Promise<Answer<T>> {
    return this.#enter(ticket, timeoutMs, (settle) => this.#queue.put(items, settle));
  }

  /** Whoever has the ticket does not wait any more. */
  withdraw(ticket: string): void {
    const waiter = this.#waiting.get(ticket);
    if (waiter !== undefined) this.#queue.withdraw(waiter);
  }

  /** Items that came after their getter had gone. */
  putBack(items: readonly T[]): void {
    this.#queue.putBack(items);
  }

  close(): void {
    this.#queue.close();
  }

  state(): QueueState {
    const { size, maxSize } = this.#queue;
    return { size, maxSize };
  }

  #enter(
    ticket: string,
    timeoutMs: number | null,
    enter: (settle: (answer: Answer<T>) => void) => Getter<T> | Putter<T>,
  ): Promise<Answer<T>> {
    return new Promise((resolve) => {
      let release = (): void => undefined;
      const waiter = enter((answer) => {
        release();
        resolve(answer);
      });
      if (!waiter.isWaiting) return;
      const withdraw = (): void => this.#queue.withdraw(waiter);
      if (timeoutMs === 0) {
        withdraw();
        return;
      }
      const deadline = timeoutMs === null ? undefined : startDeadline(timeoutMs, withdraw);
      const signal = this.#signalOfCall();
      signal.addEventListener("abort", withdraw);
      this.#waiting.set(ticket, waiter);
      release = () => {
        deadline?.callOff();
        signal.removeEventListener("abort", withdraw);
        this.#waiting.delete(ticket);
      };
    });
  }
}
