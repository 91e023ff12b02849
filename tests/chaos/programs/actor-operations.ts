/** Actors that are replaced and those that are not, queues, and streams of tasks. */

import { ActorDiedError, Queue, remote, WorkerCrashedError, type ActorHandle } from "mobula";
import { announce } from "../../support/rendezvous.mjs";
import { expectEqual, settle, type Operation } from "./operation.ts";

class Multiplier {
  readonly #factor: number;
  readonly #effects: string;

  constructor(factor: number, effects: string) {
    this.#factor = factor;
    this.#effects = effects;
  }

  times(n: number): number {
    return this.#factor * n;
  }

  leave(id: string): string {
    announce(this.#effects, `once ${id}`);
    return id;
  }
}

const FACTOR = 7;
const RemoteMultiplier = remote(Multiplier);
const IMMORTAL = { maxRestarts: Infinity, maxTaskRetries: Infinity };
let immortal: ActorHandle<Multiplier> | undefined;
let mortal: ActorHandle<Multiplier> | undefined;

/** Those that are shared by many calls end with the run. */
export function endActors(): void {
  immortal?.[Symbol.dispose]();
  mortal?.[Symbol.dispose]();
  immortal = mortal = undefined;
}

const replaced: Operation = async ({ random, effects }) => {
  immortal ??= new (RemoteMultiplier.options(IMMORTAL))(FACTOR, effects);
  const numbers = Array.from({ length: 1 + random.below(100) }, () => random.below(1_000));
  const actor = immortal;
  const products = await Promise.all(numbers.map((n) => actor.times(n)));
  products.forEach((value, index) => {
    expectEqual("an answer of an actor", value, FACTOR * numbers[index]!);
  });
  return "ok";
};

const callOnce: Operation = async ({ effects, newId }) => {
  mortal ??= new RemoteMultiplier(FACTOR, effects);
  const [actor, id] = [mortal, newId()];
  const outcome = await settle(actor.leave(id), ActorDiedError);
  if ("value" in outcome) {
    expectEqual("an answer of an actor", outcome.value, id);
    return "ok";
  }
  if (mortal === actor) mortal = undefined;
  return outcome.failure;
};

const queued: Operation = async ({ random }) => {
  const items = Array.from({ length: 1 + random.below(20) }, () => random.below(1_000));
  const queue = new Queue<number>({ maxSize: 4 });
  const writing = settle(
    (async () => {
      for (const item of items) await queue.put(item);
    })(),
    ActorDiedError,
  );
  const taken: number[] = [];
  const reading = settle(
    (async () => {
      while (taken.length < items.length) taken.push(await queue.get());
    })(),
    ActorDiedError,
  );
  const outcomes = await Promise.all([writing, reading]).finally(() => {
    queue.actor[Symbol.dispose]();
  });
  taken.forEach((item, index) => expectEqual("an item of a queue", item, items[index]));
  const failed = outcomes.find((outcome) => "failure" in outcome);
  return failed === undefined ? "ok" : "ActorDiedError";
};

const count = remote(function* (length: number) {
  for (let n = 0; n < length; n++) yield n;
});

const streamed: Operation = async ({ random }) => {
  const length = random.below(500);
  let next = 0;
  const outcome = await settle(
    (async () => {
      for await (const n of count(length)) expectEqual("an element of a stream", n, next++);
    })(),
    WorkerCrashedError,
  );
  if ("failure" in outcome) return outcome.failure;
  expectEqual("the length of a stream", next, length);
  return "ok";
};

export const actorOperations = { replaced, callOnce, queued, streamed };
