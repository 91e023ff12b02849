/** `ActorPool`: calls that are spread over actors which can all do them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { ActorPool, context, kill, put, remote, type ActorHandle } from "mobula";
import { announce, takePermit } from "../support/rendezvous.mjs";
import { processesOnly, useRuntime } from "../support/runtime.ts";

const fixture = useRuntime();

class Squarer {
  readonly name: string;
  constructor(name = "") {
    this.name = name;
  }
  square(n: number): number {
    return n * n;
  }
  nameOf(): string {
    return this.name;
  }
  async gated(path: string, gate: string | undefined, n: number): Promise<number> {
    announce(path, `${this.name} begins ${n}`);
    if (gate !== undefined) await takePermit(gate);
    return n;
  }
  picky(n: number): number {
    if (n === 3) throw new RangeError(`not ${n}`);
    return n;
  }
  *rows(): Generator<number> {
    yield 1;
  }
  exit(): never {
    process.exit(3);
  }
  async pass(other: ActorHandle<Squarer>): Promise<number> {
    return await other.square(2);
  }
}

const RemoteSquarer = remote(Squarer);
const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
const squares = (count: number): number[] => numbers(count).map((n) => n * n);

/** Actors that end with the test. */
class Actors extends Array<ActorHandle<Squarer>> implements AsyncDisposable {
  static named(...names: string[]): Actors {
    return Actors.from(names, (name) => new RemoteSquarer(name)) as Actors;
  }
  async [Symbol.asyncDispose](): Promise<void> {
    for (const actor of this) await actor[Symbol.asyncDispose]();
  }
}

test("all results in the order of the items, whatever the items are", async () => {
  await using actors = Actors.named("a", "b");
  const pool = new ActorPool(actors);
  async function* later(): AsyncGenerator<number> {
    for (const n of numbers(20)) yield await Promise.resolve(n);
  }
  for (const source of [numbers(20), new Set(numbers(20)), numbers(20).values(), later()]) {
    assert.deepEqual(await pool.map(source, (actor, n) => actor.square(n)), squares(20));
  }
  const refs = numbers(5).map((n) => put(n));
  assert.deepEqual(await pool.map(refs, (actor, ref) => actor.square(ref)), squares(5));
  assert.deepEqual(await pool.map([], (actor, n: number) => actor.square(n)), []);
  const seen: number[] = [];
  for await (const value of pool.map(numbers(20), (actor, n) => actor.square(n))) seen.push(value);
  assert.deepEqual(seen, squares(20));
  const promises = pool.map(numbers(3), async (actor, n) => -(await actor.square(n)));
  assert.deepEqual(await promises, [-0, -1, -4]);
});

test("unordered, results come as they are ready; each actor has one call at a time", async () => {
  await using actors = Actors.named("a", "b");
  const pool = new ActorPool(actors);
  const events = fixture.sandbox.events();
  const gate = fixture.sandbox.permits();
  const order: number[] = [];
  const results = pool.mapUnordered(numbers(4), (actor, n) => {
    return actor.gated(events.path, n === 0 ? gate.path : undefined, n);
  });
  for await (const n of results) {
    order.push(n);
    if (order.length === 3) gate.give();
  }
  assert.deepEqual(order, [1, 2, 3, 0]);
  const began: string[] = [];
  while (began.length < 4) began.push(await events.next());
  // Of two processes either may be heard first.
  assert.deepEqual(
    began.filter((text) => text.startsWith("b")),
    ["b begins 1", "b begins 2", "b begins 3"],
  );
});

test("concurrencyPerActor: so many calls at a time, spread evenly", async () => {
  await using actors = Actors.from(["a", "b"], (name) => {
    return new (RemoteSquarer.options({ maxConcurrency: 2 }))(name);
  }) as Actors;
  const pool = new ActorPool(actors, { concurrencyPerActor: 2 });
  const events = fixture.sandbox.events();
  const gate = fixture.sandbox.permits();
  const all = pool.map(numbers(5), (actor, n) => actor.gated(events.path, gate.path, n));
  const began = new Set<string>();
  while (began.size < 4) began.add(await events.next());
  assert.deepEqual([...began].toSorted(), ["a begins 0", "a begins 2", "b begins 1", "b begins 3"]);
  assert.equal(pool.hasFree, false);
  gate.give(5);
  assert.deepEqual(await all, numbers(5));
  assert.equal(pool.hasFree, true);
});

test("items are taken as they are needed, and leaving the loop closes the source", async () => {
  await using actors = Actors.named("a", "b");
  const pool = new ActorPool(actors);
  const events = fixture.sandbox.events();
  const gate = fixture.sandbox.permits();
  let taken = 0;
  let isClosed = false;
  function* endless(): Generator<number> {
    try {
      for (;;) yield taken++;
    } finally {
      isClosed = true;
    }
  }
  const results = pool.map(endless(), (actor, n) => actor.gated(events.path, gate.path, n));
  await events.take("a begins 0");
  await events.take("b begins 1");
  assert.equal(taken, 2);
  gate.give(1_000);
  for await (const n of results) if (n === 10) break;
  assert(isClosed);
  const takenThen = taken;
  assert.equal(await pool.submit((actor) => actor.square(3)), 9);
  assert.equal(taken, takenThen);
});

test("asked ahead, it gives each result once", async () => {
  await using actors = Actors.named("a", "b");
  const pool = new ActorPool(actors);
  const iterator = pool.map(numbers(4), (actor, n) => actor.square(n))[Symbol.asyncIterator]();
  const answers = await Promise.all(numbers(5).map(() => iterator.next()));
  assert.deepEqual(
    answers.map(({ done, value }) => (done === true ? "done" : value)),
    [0, 1, 4, 9, "done"],
  );
});

test("a failure stands at its place, and no more items are taken", async () => {
  await using actors = Actors.named("a", "b");
  const pool = new ActorPool(actors);
  let taken = 0;
  function* source(): Generator<number> {
    for (; ; taken++) yield taken;
  }
  const pick = (actor: ActorHandle<Squarer>, n: number): PromiseLike<number> => actor.picky(n);
  await assert.rejects(pool.map(source(), pick), { name: "RangeError", message: "not 3" });
  assert(taken < 10, `${taken} taken`);
  const seen: number[] = [];
  const results = pool.map(numbers(10), pick);
  await assert.rejects(async () => {
    for await (const n of results) seen.push(n);
  }, RangeError);
  assert.deepEqual(seen, [0, 1, 2]);
  assert.deepEqual(await results[Symbol.asyncIterator]().next(), { done: true, value: undefined });
  await assert.rejects(pool.mapUnordered(numbers(10), pick), RangeError);
  assert.equal(await pool.submit((actor) => actor.square(2)), 4, "the pool is of use still");
});

test("a failure of the source stands at its place, too", async () => {
  await using actors = Actors.named("a");
  const pool = new ActorPool(actors);
  function* source(): Generator<number> {
    yield 2;
    throw new RangeError("source");
  }
  const seen: number[] = [];
  await assert.rejects(
    async () => {
      for await (const n of pool.map(source(), (actor, n) => actor.square(n))) seen.push(n);
    },
    { message: "source" },
  );
  assert.deepEqual(seen, [4]);
});

test("submit: the first actor that is free, in the order of the calls", async () => {
  await using actors = Actors.named("a", "b");
  const pool = new ActorPool(actors);
  const events = fixture.sandbox.events();
  const [one, other] = [fixture.sandbox.permits(), fixture.sandbox.permits()];
  const first = pool.submit((actor) => actor.gated(events.path, one.path, 1));
  assert.equal(pool.hasFree, true);
  const second = pool.submit((actor) => actor.gated(events.path, other.path, 2));
  assert.equal(pool.hasFree, false);
  const third = pool.submit((actor) => actor.nameOf());
  const fourth = pool.submit((actor) => actor.nameOf());
  other.give();
  assert.deepEqual(await Promise.all([second, third, fourth]), [2, "b", "b"]);
  one.give();
  assert.equal(await first, 1);
  await assert.rejects(
    pool.submit((actor) => actor.picky(3)),
    { message: "not 3" },
  );
});

test("push and pop", async () => {
  await using actors = Actors.named("a", "b", "c");
  const [a, b, c] = actors;
  const pool = new ActorPool([a!]);
  assert.throws(() => pool.push(a!), { code: "INVALID_OPTION" });
  const events = fixture.sandbox.events();
  const gate = fixture.sandbox.permits();
  const all = pool.map(numbers(3), (actor, n) => actor.gated(events.path, gate.path, n));
  await events.take("a begins 0");
  assert.equal(pool.pop(), undefined, "it has work");
  pool.push(b!);
  pool.push(c!);
  await events.take("b begins 1");
  await events.take("c begins 2");
  gate.give(3);
  assert.deepEqual(await all, numbers(3));
  const popped = new Set([pool.pop(), pool.pop(), pool.pop()]);
  assert.deepEqual(popped, new Set(actors));
  assert.equal(pool.pop(), undefined);
  const nobody = pool.submit((actor) => actor.square(1));
  await assert.rejects(nobody, {
    code: "ACTOR_POOL_EMPTY",
    message: "Cannot call an actor of the pool: none is left; push one first",
  });
});

test(
  "an actor that dies leaves the pool; without actors all that waits fails",
  processesOnly("an actor ends its process"),
  async () => {
    await using actors = Actors.named("a", "b");
    const pool = new ActorPool(actors);
    await assert.rejects(
      pool.submit((actor) => actor.exit()),
      { code: "ACTOR_DIED" },
    );
    assert.deepEqual(await pool.map(numbers(3), (actor) => actor.nameOf()), ["b", "b", "b"]);
    const dying = pool.submit((actor) => actor.exit());
    const waiting = numbers(3).map(() => pool.submit((actor) => actor.nameOf()));
    await assert.rejects(dying, { code: "ACTOR_DIED" });
    for (const one of waiting) {
      await assert.rejects(one, (error: Error & { code: string }) => {
        assert.equal(error.code, "ACTOR_POOL_EMPTY");
        assert.match(error.message, /none is left, all have died; push new ones/);
        assert.equal((error.cause as { code: string }).code, "ACTOR_DIED");
        return true;
      });
    }
    await using others = Actors.named("c");
    pool.push(others[0]!);
    assert.equal(await pool.submit((actor) => actor.nameOf()), "c");
  },
);

test(
  "an actor that is restarted stays in the pool",
  processesOnly("an actor ends its process"),
  async () => {
    await using actors = Actors.from(["a"], (name) => {
      return new (RemoteSquarer.options({ maxRestarts: 1 }))(name);
    }) as Actors;
    const pool = new ActorPool(actors);
    await assert.rejects(
      pool.submit((actor) => actor.exit()),
      { code: "ACTOR_UNAVAILABLE" },
    );
    assert.equal(await pool.submit((actor) => actor.nameOf()), "a");
  },
);

test("an actor that could not be made leaves the pool", async () => {
  class Picky {
    constructor(isGood: boolean) {
      if (!isGood) throw new RangeError("bad");
    }
    ping(): string {
      return "pong";
    }
  }
  using bad = new (remote(Picky))(false);
  using good = new (remote(Picky))(true);
  const pool = new ActorPool([bad, good]);
  await assert.rejects(
    pool.submit((actor) => actor.ping()),
    { message: "bad" },
  );
  assert.deepEqual(await pool.map(numbers(3), (actor) => actor.ping()), ["pong", "pong", "pong"]);
});

test("the death of another actor is no reason to leave the pool", async () => {
  await using actors = Actors.named("a");
  await using others = Actors.named("other");
  await kill(others[0]!);
  const pool = new ActorPool(actors);
  await assert.rejects(
    pool.submit((actor) => actor.pass(others[0]!)),
    { code: "ACTOR_DIED" },
  );
  assert.equal(await pool.submit((actor) => actor.nameOf()), "a");
});

test("calls belong to the task that asked for them", async () => {
  await using actors = Actors.named("a", "b");
  const poolInTask = remote(async (handles: ActorHandle<Squarer>[]) => {
    const pool = new ActorPool(handles);
    const before = context().taskId;
    const tasks = new Set<string | undefined>();
    const values = await pool.map([1, 2, 3, 4, 5], (actor, n) => {
      tasks.add(context().taskId);
      return actor.square(n);
    });
    return { values, isSame: tasks.size === 1 && tasks.has(before) };
  });
  assert.deepEqual(await poolInTask([...actors]), { values: [1, 4, 9, 16, 25], isSame: true });
});

test("many calls that fail at once do not pile up", async () => {
  await using actors = Actors.named("a");
  const pool = new ActorPool(actors);
  const fails = (): never => {
    throw new RangeError("at once");
  };
  const calls = numbers(20_000).map(() => pool.submit(fails));
  const outcomes = await Promise.allSettled(calls);
  assert(outcomes.every(({ status }) => status === "rejected"));
});

test("wrong uses", async () => {
  await using actors = Actors.named("a");
  const wrong = ActorPool as unknown as new (...args: unknown[]) => unknown;
  const cases: [unknown[], string][] = [
    [[[]], "Cannot make a pool of no actors: pass at least one handle"],
    [[[5]], "Cannot put into a pool 5: it is no handle of an actor; pass what new of a remote"],
    [[actors, { concurrencyPerActor: 0 }], "Cannot use option concurrencyPerActor of ActorPool"],
    [[[actors[0], actors[0]]], "Cannot put a"],
  ];
  for (const [args, start] of cases) {
    assert.throws(
      () => new wrong(...args),
      (error: Error) => error.name === "InvalidOptionError" && error.message.startsWith(start),
      start,
    );
  }
  const pool = new ActorPool(actors);
  const { submit, map } = pool as unknown as Record<
    "submit" | "map",
    (...args: unknown[]) => never
  >;
  const code = { code: "INVALID_OPTION" };
  assert.throws(() => submit.call(pool, 5), code);
  assert.throws(() => map.call(pool, 5, () => actors[0]!.square(1)), code);
  assert.throws(() => map.call(pool, [1]), code);
  const rows = (actor: ActorHandle<Squarer>): unknown => actor.rows();
  for (const call of [(): unknown => 5, (): unknown => undefined, rows]) {
    await assert.rejects(submit.call(pool, call), (error: Error) => {
      return /^Cannot wait for .*: the function given to the pool returned it/.test(error.message);
    });
    await assert.rejects(map.call(pool, [1], call), code);
  }
  assert.equal(await pool.submit((actor) => actor.nameOf()), "a");
});
