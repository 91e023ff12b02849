/** A pool of actors that share the work: each call goes to the actor that is idle longest. */

import { AsyncResource } from "node:async_hooks";
import type { ActorHandle } from "../api/actor-types.ts";
import { checkOptions, describe, isCount } from "../api/options.ts";
import { checkHandle, isLost } from "../api/probes.ts";
import { ActorPoolEmptyError, InvalidOptionError } from "../base/errors.ts";
import { Deque } from "../base/deque.ts";
import { sourceOf, type Items } from "../api/items.ts";
import { PoolMap, type PoolResult } from "./pool-map.ts";
import { PoolRun, type Job, type Outcome, type Settings } from "./pool-run.ts";

/** Options of a pool. */
export interface ActorPoolOptions {
  /** Calls that an actor is given at the same time. Default 1. */
  readonly concurrencyPerActor?: number;
}

interface Member<T> {
  readonly actor: ActorHandle<T>;
  running: number;
  isIn: boolean;
}

/**
 * Spreads calls over actors that can all do them. An actor that has died leaves the pool.
 *
 * @example
 * const pool = new ActorPool([new Reader(), new Reader()]);
 * const pages = await pool.map(urls, (reader, url) => reader.read(url));
 */
export class ActorPool<T> {
  readonly #callsPerActor: number;
  readonly #members = new Set<Member<T>>();
  /** A member as often as it could be called; who has been free for longest is first. */
  readonly #free = new Deque<Member<T>>();
  readonly #waiting = new Deque<Job<T>>();
  readonly #runs = new Set<PoolRun<T>>();
  #isDispatching = false;
  #lastLoss: { readonly error: unknown } | undefined;

  /** @throws InvalidOptionError if there is no actor, or something else than an actor */
  constructor(actors: Iterable<ActorHandle<T>>, options: ActorPoolOptions = {}) {
    checkOptions(options, { concurrencyPerActor: isCount(1) }, "ActorPool");
    this.#callsPerActor = options.concurrencyPerActor ?? 1;
    for (const actor of actors) this.#add(actor);
    if (this.#members.size === 0) {
      throw new InvalidOptionError("Cannot make a pool of no actors: pass at least one handle", {
        option: "actors",
        value: actors,
      });
    }
    // Each actor gets one call before any gets a second one.
    for (let calls = 0; calls < this.#callsPerActor; calls++) {
      for (const member of this.#members) this.#free.push(member);
    }
  }

  /**
   * Calls the function for each item, on an actor that is free. Items are taken as they are
   * needed; results come in the order of the items. The first failure ends it at its place, and
   * no more items are taken.
   */
  map<I, R>(
    items: Iterable<I> | AsyncIterable<I>,
    call: (actor: ActorHandle<T>, item: I) => PromiseLike<R>,
  ): PoolResult<R> {
    return this.#map(items, call, true);
  }

  /** As `map`, but results come as they are ready. */
  mapUnordered<I, R>(
    items: Iterable<I> | AsyncIterable<I>,
    call: (actor: ActorHandle<T>, item: I) => PromiseLike<R>,
  ): PoolResult<R> {
    return this.#map(items, call, false);
  }

  #map<I, R>(
    items: Items,
    call: (actor: ActorHandle<T>, item: I) => PromiseLike<R>,
    isOrdered: boolean,
  ): PoolResult<R> {
    checkFunction(call);
    const settings: Settings<T> = {
      source: sourceOf(items),
      isOrdered,
      call: AsyncResource.bind(call) as Settings<T>["call"],
      callsMax: () => Math.max(1, this.#members.size * this.#callsPerActor),
      start: (job) => this.#start(job),
      ended: (run) => void this.#runs.delete(run),
    };
    const run = new PoolRun(settings);
    this.#runs.add(run);
    run.take();
    return new PoolMap(run) as PoolResult<unknown> as PoolResult<R>;
  }

  /** Calls the function on the first actor that is free, and gives what comes of it. */
  submit<R>(call: (actor: ActorHandle<T>) => PromiseLike<R>): Promise<R> {
    checkFunction(call);
    return new Promise((resolve, reject) => {
      this.#start({
        // It may start when another task's call ends, and belongs to this one all the same.
        call: AsyncResource.bind(call),
        settle: ([isOk, value]) => (isOk ? resolve(value as R) : reject(value)),
      });
    });
  }

  /** Whether a call would start at once. */
  get hasFree(): boolean {
    return this.#free.size > 0 && this.#waiting.size === 0;
  }

  /** Adds an actor. */
  push(actor: ActorHandle<T>): void {
    const member = this.#add(actor);
    for (let calls = 0; calls < this.#callsPerActor; calls++) this.#free.push(member);
    this.#dispatch();
    for (const run of this.#runs) run.take();
  }

  /** Takes an actor that has nothing to do out of the pool; undefined if there is none. */
  pop(): ActorHandle<T> | undefined {
    const idle = [...this.#free].find(({ running }) => running === 0);
    if (idle !== undefined) this.#remove(idle);
    return idle?.actor;
  }

  #add(actor: ActorHandle<T>): Member<T> {
    checkHandle(actor, "put into a pool");
    for (const member of this.#members) {
      if (member.actor !== actor) continue;
      throw new InvalidOptionError(
        `Cannot put ${describe(actor)} into the pool: it is in it already; push it once`,
        { option: "actor", value: actor },
      );
    }
    const member = { actor, running: 0, isIn: true };
    this.#members.add(member);
    return member;
  }

  #remove(member: Member<T>): void {
    member.isIn = false;
    this.#members.delete(member);
    this.#free.retain((free) => free !== member);
  }

  #start(job: Job<T>): void {
    this.#waiting.push(job);
    this.#dispatch();
  }

  /** Not entered again from within: calls that fail at once would pile up on the stack. */
  #dispatch(): void {
    if (this.#isDispatching) return;
    this.#isDispatching = true;
    while (this.#waiting.size > 0) {
      if (this.#members.size === 0) this.#waiting.shift()!.settle([false, this.#emptyError()]);
      else if (this.#free.size > 0) this.#call(this.#free.shift()!, this.#waiting.shift()!);
      else break;
    }
    this.#isDispatching = false;
  }

  #call(member: Member<T>, job: Job<T>): void {
    member.running++;
    const end = (outcome: Outcome): void => {
      member.running--;
      this.#callEnded(member, outcome);
      job.settle(outcome);
      this.#dispatch();
    };
    let result: PromiseLike<unknown>;
    try {
      result = job.call(member.actor);
      if (!isThenable(result)) throw notAwaitable(result);
    } catch (error) {
      end([false, error]);
      return;
    }
    result.then(
      (value) => end([true, value]),
      (error: unknown) => end([false, error]),
    );
  }

  #callEnded(member: Member<T>, [isOk, value]: Outcome): void {
    if (!member.isIn) return;
    if (isOk || !isLost(member.actor, value)) {
      this.#free.push(member);
      return;
    }
    this.#lastLoss = { error: value };
    this.#remove(member);
  }

  #emptyError(): ActorPoolEmptyError {
    const what = "Cannot call an actor of the pool: none is left";
    if (this.#lastLoss === undefined) return new ActorPoolEmptyError(`${what}; push one first`);
    const text = `${what}, all have died; push new ones, or give them maxRestarts`;
    return new ActorPoolEmptyError(text, {}, this.#lastLoss.error);
  }
}

function checkFunction(call: unknown): void {
  if (typeof call === "function") return;
  throw new InvalidOptionError(
    `Cannot call ${describe(call)} with an actor: it is no function; ` +
      "pass one that calls a method, like (actor) => actor.run()",
    { option: "call", value: call },
  );
}

function isThenable(value: unknown): boolean {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}

function notAwaitable(value: unknown): InvalidOptionError {
  return new InvalidOptionError(
    `Cannot wait for ${describe(value)}: the function given to the pool returned it, and it ` +
      "is no ref and no promise; return what the method of the actor returns",
    { option: "call", value },
  );
}
