/**
 * Runs a generator for a consumer in another process: elements go out one by one, and no more of
 * them than the consumer lets it be ahead. A producer that is ahead waits, as for a ref: its CPU
 * is free meanwhile.
 *
 * Hot path: `#step` once per element.
 */

import type { Clock } from "../base/clock.ts";
import { Deque } from "../base/deque.ts";
import { FLUSH_TOGETHER_US, STREAM_AHEAD_BYTES_MAX, TURN_US } from "../base/limits.ts";
import { isThenable } from "./run-batch.ts";
import type { RunningTask } from "./running-task.ts";
import { taskStorage } from "./task-scope.ts";

type Step = IteratorResult<unknown, unknown>;
export type AnyIterator = Iterator<unknown, unknown> | AsyncIterator<unknown, unknown>;

export class StreamProducer {
  readonly #task: RunningTask;
  readonly #iterator: AnyIterator;
  readonly #clock: Clock;
  readonly #aheadMax: number;
  /** Sizes of the elements that were sent and not consumed. */
  readonly #ahead = new Deque<number>();
  #aheadBytes = 0;
  #consumed = 0;
  #isStopped = false;
  /** The generator has ended by itself. */
  #isOver = false;
  #proceed: (() => void) | undefined;

  constructor(task: RunningTask, iterator: AnyIterator, clock: Clock) {
    this.#task = task;
    this.#iterator = iterator;
    this.#clock = clock;
    this.#aheadMax = task.extras.streamBuffer!;
  }

  get #nowUs(): number {
    return this.#clock.nowMs() * 1_000;
  }

  /** Resolves after the last element. Rejects with what the generator threw. */
  async run(): Promise<void> {
    try {
      await this.#produce();
    } catch (error) {
      if (!this.#isOver) await this.#close().catch(ignore);
      throw error;
    }
    if (!this.#isOver) await this.#close();
  }

  async #produce(): Promise<void> {
    const { reply } = this.#task;
    let turnUs = this.#nowUs;
    let flushedUs = turnUs;
    while (!this.#isStopped) {
      this.#task.throwIfCancelled();
      if (!this.#hasRoom) {
        reply.flush();
        await this.#roomComes();
        turnUs = flushedUs = this.#nowUs;
        continue;
      }
      const stepped = this.#step();
      if (stepped !== undefined) {
        // Whatever came before it must not wait with it.
        reply.flush();
        await stepped;
      }
      if (this.#isOver) return;
      const nowUs = this.#nowUs;
      if (nowUs - flushedUs > FLUSH_TOGETHER_US) {
        reply.flush();
        flushedUs = nowUs;
      }
      if (nowUs - turnUs <= TURN_US) continue;
      await new Promise<void>((resolve) => this.#clock.setImmediate(resolve));
      turnUs = this.#nowUs;
    }
  }

  /** Produces one element, at once if it is there at once. */
  #step(): Promise<void> | undefined {
    const step = taskStorage.run(this.#task, next, this.#iterator);
    if (isThenable(step)) return this.#later(step);
    const { done, value } = step;
    if (done === true) this.#isOver = true;
    else if (isThenable(value)) return this.#sendLater(value);
    else this.#send(value);
    return undefined;
  }

  async #later(step: PromiseLike<Step>): Promise<void> {
    const { done, value } = await step;
    if (done === true) this.#isOver = true;
    else this.#send(value);
  }

  /** A generator may yield promises and refs: the consumer gets what they stand for. */
  async #sendLater(value: PromiseLike<unknown>): Promise<void> {
    this.#send(await taskStorage.run(this.#task, settled, value));
  }

  #send(value: unknown): void {
    const sizeBytes = this.#task.reply.element(this.#task, value);
    this.#ahead.push(sizeBytes);
    this.#aheadBytes += sizeBytes;
  }

  get #hasRoom(): boolean {
    if (this.#ahead.size === 0) return true;
    return this.#ahead.size < this.#aheadMax && this.#aheadBytes < STREAM_AHEAD_BYTES_MAX;
  }

  #roomComes(): Promise<void> {
    const task = this.#task;
    return new Promise((resolve, reject) => {
      const stop = (reason: unknown): void => reject(reason);
      this.#proceed = () => {
        this.#proceed = undefined;
        task.waitEnds(stop);
        resolve();
      };
      task.waitBegins(stop);
    });
  }

  /** The consumer has taken so many elements, in all. */
  consumed(count: number): void {
    for (; this.#consumed < count && this.#ahead.size > 0; this.#consumed++) {
      this.#aheadBytes -= this.#ahead.shift()!;
    }
    if (this.#hasRoom) this.#proceed?.();
  }

  /** The consumer wants no more: the generator is closed at its next element. */
  stop(): void {
    this.#isStopped = true;
    this.#proceed?.();
  }

  /** Its `finally` blocks run. */
  async #close(): Promise<void> {
    this.#isOver = true;
    await taskStorage.run(this.#task, () => this.#iterator.return?.());
  }
}

function ignore(): void {
  // As in a loop: what the generator throws while it is closed does not hide why it is.
}

function next(iterator: AnyIterator): Step | Promise<Step> {
  return iterator.next();
}

async function settled(value: PromiseLike<unknown>): Promise<unknown> {
  return await value;
}

export function isIterator(value: unknown): value is AnyIterator {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as { next?: unknown }).next === "function"
  );
}
