/** Steps with what is made of actors: their streams, pools, queues; and calls that end early. */

import { ActorPool, cancel, kill, Queue } from "mobula";
import { sleep } from "mobula/testing";
import * as bodies from "../bodies.ts";
import type { Kit } from "../kit.ts";
import { end } from "./actors.ts";

/** Elements of a method, read to the end or not; other calls come between them. */
export async function actorStream(kit: Kit): Promise<void> {
  const { chance } = kit;
  const Counter = kit.remote(bodies.Counter).options({ maxConcurrency: chance.pick([1, 4]) });
  const counter = new Counter();
  const to = chance.below(30);
  const stopAt = chance.is(0.3) ? 1 + chance.below(10) : Infinity;
  const wanted = Array.from({ length: Math.min(to, stopAt) }, (_, n) => n);
  const errors = kit.actorErrors();
  const id = kit.expect("stream of a method", wanted, { runsMax: 1, errors });
  const reading = kit.watch(id, async () => {
    const seen: number[] = [];
    for await (const n of counter.upTo(id, to)) {
      seen.push(n);
      if (seen.length >= stopAt) break;
    }
    return seen;
  });
  const adding = kit.all(chance.below(4), () =>
    kit.call("call beside a stream", undefined, (call) => counter.add(call, 0), {
      ...{ isRight: (value) => value === 0, runsMax: 1, errors },
    }),
  );
  await Promise.all([reading, adding]);
  await end(kit, counter);
}

/** Cancelled, or late; the actor lives on. */
export async function endedMethods(kit: Kit): Promise<void> {
  const { chance } = kit;
  const Counter = kit.remote(bodies.Counter).options({ maxConcurrency: chance.pick([1, 4]) });
  const counter = new Counter();
  const more = { errors: kit.actorErrors(), runsMax: 1 };
  await kit.all(kit.count(6), async () => {
    const id = kit.expect("method that is to end early", 0, {
      ...more,
      errors: [...more.errors, "TaskCancelledError", "TaskTimeoutError"],
    });
    const timeoutMs = chance.is(0.5) ? 1 + chance.below(20) : Infinity;
    const ref = counter.later.options({ timeoutMs })(id, chance.next() * 30);
    const ended = kit.watch(id, async () => ref);
    if (timeoutMs === Infinity) {
      await sleep(chance.next() * 40);
      cancel(ref, { recursive: chance.is(0.5) });
    }
    await ended;
    ref[Symbol.dispose]();
  });
  const isOne = (value: unknown): boolean => value === 1;
  await kit.call("call after those that were ended", 1, (id) => counter.add(id, 1), {
    ...more,
    isRight: isOne,
  });
  await end(kit, counter);
}

/** Tasks put items into it; what comes out is in the order of each of them. */
export async function queue(kit: Kit): Promise<void> {
  const { chance, perils } = kit;
  const items = new Queue<readonly [producer: number, n: number]>({
    maxSize: chance.pick([1, 4, Infinity]),
  });
  const errors = kit.actorErrors();
  const produce = kit.remote(bodies.produce).options({ maxRetries: 0 });
  const [producers, count] = [1 + chance.below(3), chance.below(8)];
  const producing = kit.all(producers, (producer) =>
    kit.call("produce", count, (id) => produce(id, items, producer, count), {
      ...{ runsMax: 1, errors: [...kit.deathsOf(0), ...errors] },
    }),
  );
  const closing = kit.expect("close a queue", undefined, { mayNotRun: true, errors });
  const closed = kit.watch(closing, async () => {
    await producing;
    await items.close();
  });
  const isInOrder = (value: unknown): boolean => {
    const next = new Array<number>(producers).fill(0);
    for (const [producer, n] of value as [number, number][]) {
      // What is lost on its way to a process that dies is not given again.
      if (n !== next[producer] && !(perils.deaths && n > next[producer]!)) return false;
      next[producer] = n + 1;
    }
    return perils.deaths || next.every((given) => given === count);
  };
  const id = kit.expect("items of a queue", undefined, {
    ...{ mayNotRun: true, isRight: isInOrder, errors },
  });
  await kit.watch(id, async () => {
    const got: unknown[] = [];
    for await (const item of items) got.push(item);
    return got;
  });
  await closed;
  await kill(items.actor);
}

/** Who waits at a queue too long goes, and takes nothing along. */
export async function impatience(kit: Kit): Promise<void> {
  const { chance, perils } = kit;
  const items = new Queue<number>({ maxSize: 2 });
  const errors = kit.actorErrors();
  const got: number[] = [];
  const getting = kit.all(1 + chance.below(4), async () => {
    const id = kit.expect("get with a time limit", undefined, {
      ...{ mayNotRun: true, isRight: () => true, errors: [...errors, "QueueEmptyError"] },
    });
    await kit.watch(id, async () => {
      got.push(await items.get({ timeoutMs: chance.next() * 30 }));
    });
  });
  let put = 0;
  const putting = kit.all(1 + chance.below(6), async (n) => {
    await sleep(chance.next() * 30);
    const id = kit.expect("put with a time limit", undefined, {
      ...{ mayNotRun: true, errors: [...errors, "QueueFullError"] },
    });
    await kit.watch(id, async () => {
      await items.put(n, { timeoutMs: chance.next() * 30 });
      put++;
    });
  });
  await Promise.all([getting, putting]);
  const id = kit.expect("items that are left", undefined, {
    ...{ mayNotRun: true, errors, isRight: (left) => perils.deaths || left === put - got.length },
  });
  await kit.watch(id, () => items.size());
  await kill(items.actor);
}

/** Work that actors share. */
export async function pool(kit: Kit): Promise<void> {
  const { chance } = kit;
  const Counter = kit.remote(bodies.Counter);
  const actors = Array.from({ length: 1 + chance.below(3) }, () => new Counter());
  const shared = new ActorPool(actors, { concurrencyPerActor: chance.pick([1, 3]) });
  const items = Array.from({ length: kit.count(10) }, (_, n) => n);
  const id = kit.expect("map of a pool", items, {
    ...{ mayNotRun: true, errors: [...kit.actorErrors(), "ActorPoolEmptyError"] },
  });
  await kit.watch(id, async () => {
    const results: number[] = [];
    const mapped = shared.map(items, async (actor, item) => {
      using ref = actor.add(kit.ledger.newId(), 0);
      await ref;
      return item;
    });
    for await (const result of mapped) results.push(result);
    return results;
  });
  for (const actor of actors) await end(kit, actor);
}
