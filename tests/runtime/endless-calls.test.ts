/** Calls that call each other without end fail with one error, and leave nothing running. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { CallDepthError, Queue, remote, type ActorHandle, type ObjectRef } from "mobula";
import { useRuntime } from "../support/runtime.ts";

useRuntime({ numCpus: 2, logToDriver: false });

const limit =
  "it is 1000 calls deep, each made by the one before, and 1000 is the limit; " +
  "let the recursion end, or make a loop of it";

type Actor = ActorHandle<Caller>;
type Endless = (actor: Actor) => ObjectRef<void>;

const once: Endless = remote(async (actor: Actor) => once(actor), { name: "once" });
const awaited: Endless = remote(async (actor: Actor): Promise<void> => await awaited(actor), {
  name: "awaited",
});
const retried: Endless = remote(async (actor: Actor): Promise<void> => await retried(actor), {
  name: "retried",
  retryExceptions: true,
});
const twice: Endless = remote(
  async (actor: Actor): Promise<void> => void (await Promise.all([twice(actor), twice(actor)])),
  { name: "twice" },
);
const inner = remote(async (actor: Actor): Promise<void> => await mapped(actor));
const mapped: Endless = remote(
  async (actor: Actor): Promise<void> => void (await inner.map([actor, actor, actor])),
  { name: "mapped" },
);
const throughActor: Endless = remote(async (actor: Actor) => actor.call(actor), {
  name: "throughActor",
});

class Caller {
  call(actor: Actor): ObjectRef<void> {
    return throughActor(actor);
  }
}

for (const [name, call] of Object.entries({
  once,
  awaited,
  retried,
  twice,
  mapped,
  throughActor,
})) {
  test(`${name}: the first caller gets the error of the deepest one`, async () => {
    using actor = new (remote(Caller, { maxConcurrency: Infinity }))();
    await assert.rejects(call(actor), (error) => {
      assert(error instanceof CallDepthError, String(error));
      assert(error.message === `Cannot call anything from ${error.callerName}: ${limit}`);
      assert.equal(error.depth, 1_000);
      assert(error.stack!.length < 20_000, `a stack of ${error.stack!.length}`);
      return true;
    });
  });
}

test("recursion that ends is not disturbed, however wide", async () => {
  const chain: (depth: number) => ObjectRef<number> = remote(
    async (depth: number): Promise<number> => (depth === 0 ? 0 : 1 + (await chain(depth - 1))),
  );
  assert.equal(await chain(1_000), 1_000);
  await assert.rejects(chain(1_001), CallDepthError);
  assert.equal(await chain(10), 10);
});

test("a caller may catch it, and goes on", async () => {
  const catching = remote(async () => {
    const [settled] = await Promise.allSettled([awaited(undefined as never)]);
    return settled.status;
  });
  assert.equal(await catching(), "rejected");
});

test("calls that nobody awaits end too: what branches does not fill the machine", async () => {
  const bomb: () => ObjectRef<number> = remote(() => {
    void bomb();
    void bomb();
    return 1;
  });
  // After it no core may be taken.
  assert.equal(await bomb(), 1);
});

test("actors that make actors", async () => {
  class Link {
    async length(): Promise<number> {
      using next = new Links();
      return 1 + (await next.length());
    }
  }
  const Links = remote(Link);
  using first = new Links();
  // Each counts as 25 calls: four of them are made.
  const deep: (depth: number, link: ActorHandle<Link>) => ObjectRef<number> = remote(
    async (depth: number, link: ActorHandle<Link>) =>
      depth === 0 ? link.length() : deep(depth - 1, link),
  );
  await assert.rejects(deep(899, first), {
    name: "CallDepthError",
    message: `Cannot call anything from Link.length: ${limit}`,
  });
});

test("actors that send each other messages may go on for ever", async () => {
  class Player {
    async hit(other: ActorHandle<Player>, self: ActorHandle<Player>, left: number): Promise<void> {
      if (left > 0) void other.hit(self, other, left - 1);
      else await done.put("over");
    }
  }
  const done = new Queue<string>();
  const Players = remote(Player);
  using one = new Players();
  using other = new Players();
  void one.hit(other, one, 2_500);
  assert.equal(await done.get(), "over");
});
