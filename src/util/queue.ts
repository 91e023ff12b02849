/// <reference lib="esnext.disposable" preserve="true" />
/** A bounded first-in-first-out queue that tasks, actors and the program share. */

import { kill } from "../api/actors.ts";
import type { ActorHandle, ActorOptions } from "../api/actor-types.ts";
import {
  checkOptions,
  isCount,
  isCountOrInfinity,
  isSignal,
  isTimeout,
  type Rule,
} from "../api/options.ts";
import { remote } from "../api/remote.ts";
import type { GetOptions } from "../api/types.ts";
import { QueueClosedError } from "../base/errors.ts";
import { QueueActor } from "./queue-actor.ts";
import { take, bring, type QueueHandle } from "./queue-calls.ts";

/** Options of a queue. */
export interface QueueOptions {
  /** Items that it holds at most; who puts more waits. Default Infinity. */
  readonly maxSize?: number;
  /** Of the actor that holds the items. */
  readonly actorOptions?: Omit<ActorOptions, "maxConcurrency" | "concurrencyGroups">;
}

const isActorOptions: Rule = (value) => {
  const { maxConcurrency, concurrencyGroups } = Object(value) as ActorOptions;
  const isFree = maxConcurrency === undefined && concurrencyGroups === undefined;
  return isFree ? undefined : "cannot say how many calls run: those who wait hold one each";
};

const RULES = { maxSize: isCountOrInfinity, actorOptions: isActorOptions };
const WAITING_RULES = { timeoutMs: isTimeout, signal: isSignal };

const RemoteQueueActor = remote(QueueActor, { maxConcurrency: Infinity });

/**
 * A bounded queue, first in, first out. Pass it to tasks and actors, or capture it, like a handle:
 * all copies stand for the same queue, whose items lie in an actor.
 *
 * Each item goes to one getter. A getter that is cancelled, or whose time is up, takes none along;
 * one whose process ends takes along at most what was on its way to it.
 *
 * @example
 * const jobs = new Queue<string>({ maxSize: 100 });
 * await jobs.put("first");
 * for await (const job of jobs) await work(job);
 */
export class Queue<T> implements AsyncDisposable {
  /** Holds the items. The only field: a queue travels as this handle. */
  readonly actor: ActorHandle<QueueActor<T>>;

  /** @throws InvalidOptionError if an option is wrong */
  constructor(options: QueueOptions = {}) {
    checkOptions(options, RULES, "Queue");
    const { maxSize = Infinity, actorOptions = {} } = options;
    const Actor = RemoteQueueActor.options(actorOptions);
    this.actor = new Actor(maxSize) as QueueHandle<unknown> as QueueHandle<T>;
  }

  /**
   * Puts an item at the end, once there is room.
   *
   * @throws QueueFullError if there was no room for `timeoutMs`
   * @throws QueueClosedError if the queue is closed
   */
  async put(item: T, options: GetOptions = {}): Promise<void> {
    await bring(this.actor, [item], checked(options, "put"));
  }

  /**
   * Takes the first item, once there is one.
   *
   * @throws QueueEmptyError if there was none for `timeoutMs`
   * @throws QueueClosedError if the queue is closed and has none left
   */
  async get(options: GetOptions = {}): Promise<T> {
    const [item] = await take(this.actor, 1, checked(options, "get"));
    return item as T;
  }

  /** Puts an item, or rejects with QueueFullError if there is no room now. */
  putNowait(item: T): Promise<void> {
    return this.put(item, { timeoutMs: 0 });
  }

  /** Takes the first item, or rejects with QueueEmptyError if there is none now. */
  getNowait(): Promise<T> {
    return this.get({ timeoutMs: 0 });
  }

  /** Puts all of the items, next to each other, once there is room for all. */
  async putBatch(items: Iterable<T>, options: GetOptions = {}): Promise<void> {
    await bring(this.actor, [...items], checked(options, "putBatch"));
  }

  /**
   * Takes the first `count` items, once there are so many. Fewer come only when the queue is
   * closed: then these are the last.
   */
  async getBatch(count: number, options: GetOptions = {}): Promise<T[]> {
    checkOptions({ count }, { count: isCount(1) }, "getBatch");
    return take(this.actor, count, checked(options, "getBatch"));
  }

  /** Puts all of the items, or rejects with QueueFullError if there is no room for all now. */
  putNowaitBatch(items: Iterable<T>): Promise<void> {
    return this.putBatch(items, { timeoutMs: 0 });
  }

  /** Takes `count` items, or rejects with QueueEmptyError if there are not so many now. */
  getNowaitBatch(count: number): Promise<T[]> {
    return this.getBatch(count, { timeoutMs: 0 });
  }

  /** Items that are in the queue. */
  async size(): Promise<number> {
    return (await this.actor.state()).size;
  }

  async isEmpty(): Promise<boolean> {
    return (await this.size()) === 0;
  }

  async isFull(): Promise<boolean> {
    const { size, maxSize } = await this.actor.state();
    return size >= maxSize;
  }

  /**
   * Nothing can be put any more; what is in the queue can be taken. Loops over the queue end when
   * it is empty. Those who wait to put are refused.
   */
  async close(): Promise<void> {
    await this.actor.close();
  }

  /** Ends the actor, with all items. Those who wait are refused with ActorDiedError. */
  async shutdown(): Promise<void> {
    await kill(this.actor);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  /** Takes items until the queue is closed and empty. Several loops share the items. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Awaited<T>, void> {
    for (;;) {
      try {
        yield await this.get();
      } catch (error) {
        if (error instanceof QueueClosedError) return;
        throw error;
      }
    }
  }
}

function checked(options: GetOptions, method: string): GetOptions {
  checkOptions(options, WAITING_RULES, `Queue.${method}`);
  return options;
}
