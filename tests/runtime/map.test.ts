/** `map`: many items, a bounded number of tasks, results as a list or one by one. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { put, remote, type Progress } from "mobula";
import { announce, takePermit } from "../support/rendezvous.mjs";
import { useRuntime } from "../support/runtime.ts";

const fixture = useRuntime();

const square = remote((n: number) => n * n);
const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
const squares = (count: number): number[] => numbers(count).map((n) => n * n);

test("all results in the order of the items, whatever the items are", async () => {
  async function* later(): AsyncGenerator<number> {
    for (const n of numbers(50)) yield await Promise.resolve(n);
  }
  const sources = [
    numbers(50),
    new Set(numbers(50)),
    numbers(50).values(),
    later(),
    numbers(50).map((n) => put(n)),
  ];
  for (const source of sources) assert.deepEqual(await square.map(source), squares(50));
  assert.deepEqual(await square.map([]), []);
  assert.deepEqual(await square.map(numbers(5_000)), squares(5_000));
  for (const batchSize of [1, 7, 1_000, "auto"] as const) {
    assert.deepEqual(await square.map(numbers(100), { batchSize }), squares(100));
  }
  assert.deepEqual(await square.map(numbers(20), { concurrency: 1 }), squares(20));
});

test("iterating gives values in order, and as they are ready if ordered is false", async () => {
  const seen: number[] = [];
  for await (const value of square.map(numbers(300))) seen.push(value);
  assert.deepEqual(seen, squares(300));
  const events = fixture.sandbox.events();
  const permits = fixture.sandbox.permits();
  const { path } = permits;
  const first = remote(async (n: number) => {
    if (n === 0) await takePermit(path);
    return n;
  });
  const order: number[] = [];
  for await (const n of first.map([0, 1, 2], { ordered: false, batchSize: 1 })) {
    order.push(n);
    if (order.length === 2) permits.give();
  }
  assert.deepEqual([order.slice(0, 2).sort(), order[2]], [[1, 2], 0]);
  assert.deepEqual(events.pending, []);
});

test("asked ahead, it gives each result once", async () => {
  const iterator = square.map(numbers(10), { batchSize: 1 })[Symbol.asyncIterator]();
  const answers = await Promise.all(numbers(11).map(() => iterator.next()));
  assert.deepEqual(
    answers.slice(0, 10).map(({ value }) => value as number),
    squares(10),
  );
  assert.equal(answers[10]!.done, true);
});

test("items are taken only as they are needed", async () => {
  let taken = 0;
  function* endless(): Generator<number> {
    for (;;) yield taken++;
  }
  let read = 0;
  for await (const value of square.map(endless(), { concurrency: 2, batchSize: 1 })) {
    assert.equal(value, read * read);
    if (++read === 10) break;
  }
  assert(taken < 5_000, `${taken} items taken for 10 results`);
});

test("leaving the loop closes the source", async () => {
  let isClosed = false;
  function* source(): Generator<number> {
    try {
      for (let n = 0; ; n++) yield n;
    } finally {
      isClosed = true;
    }
  }
  for await (const value of square.map(source())) if (value > 10) break;
  assert(isClosed);
});

test("the first failure rejects and cancels the rest", async () => {
  const events = fixture.sandbox.events();
  const { path } = events;
  const picky = remote((n: number) => {
    announce(path, n);
    if (n === 3) throw new RangeError(`not ${n}`);
    return n;
  });
  const options = { batchSize: 1, concurrency: 2 } as const;
  await assert.rejects(picky.map(numbers(1_000), options), {
    name: "RangeError",
    message: "not 3",
  });
  assert.equal(await square(2), 4);
  assert(events.pending.length < 100, `${events.pending.length} ran`);
  await assert.rejects(async () => {
    for await (const n of picky.map(numbers(10), options)) assert(n < 3);
  }, RangeError);
});

test("settled: an outcome for each item, in batches too", async () => {
  const picky = remote((n: number) => {
    if (n % 3 === 0) throw new RangeError(`not ${n}`);
    return n;
  });
  for (const batchSize of [1, 4, "auto"] as const) {
    const outcomes = await picky.map(numbers(20), { settled: true, batchSize });
    assert.deepEqual(
      outcomes.map((one) =>
        one.status === "fulfilled" ? one.value : (one.reason as Error).message,
      ),
      numbers(20).map((n) => (n % 3 === 0 ? `not ${n}` : n)),
    );
  }
});

test("progress counts each item once, with the total if it is known", async () => {
  const seen: Progress[] = [];
  const onProgress = (progress: Progress): void => void seen.push(progress);
  await square.map(numbers(100), { onProgress });
  assert.deepEqual(seen.at(-1), { done: 100, total: 100 });
  assert(seen.every((one, i) => i === 0 || one.done > seen[i - 1]!.done));
  await square.map(numbers(5).values(), { onProgress });
  assert.deepEqual(seen.at(-1), { done: 5, total: undefined });
});

test("a signal rejects with its reason and stops taking items", async () => {
  const reason = { any: "value" };
  const aborted = AbortSignal.abort(reason);
  await assert.rejects(square.map(numbers(5), { signal: aborted }), (error) => error === reason);
  const controller = new AbortController();
  let taken = 0;
  function* source(): Generator<number> {
    for (; ; taken++) {
      if (taken === 50) controller.abort(reason);
      yield taken;
    }
  }
  const running = square.map(source(), { signal: controller.signal, batchSize: 1 });
  await assert.rejects(running, (error) => error === reason);
  assert(taken < 100, `${taken} taken`);
});

test("a source that throws", async () => {
  function* source(): Generator<number> {
    yield 1;
    throw new RangeError("source");
  }
  await assert.rejects(square.map(source()), { message: "source" });
});

test("refs of map stay refs", async () => {
  const seen: number[] = [];
  for await (const ref of square.map(numbers(20)).refs()) {
    assert.equal(Object.prototype.toString.call(ref), "[object ObjectRef]");
    seen.push(await ref);
  }
  assert.deepEqual(seen, squares(20));
});

test("wrong uses throw at the call", () => {
  const { map } = square as unknown as { map: (...args: unknown[]) => unknown };
  const known = "concurrency, ordered, batchSize, onProgress, progress, signal, settled";
  const cases: [unknown[], string][] = [
    [[5], "Cannot map over 5: it is not iterable; pass an array, a Set or a generator"],
    [[[], { batchSize: 0 }], "Cannot use option batchSize of map: it is 0 and must be "],
    [[[], { concurrency: 0.5 }], "Cannot use option concurrency of map: it is 0.5 and must be "],
    [
      [[], { chunks: 1 }],
      `Cannot use option chunks of map: there is no such option; the options are ${known}`,
    ],
  ];
  for (const [args, start] of cases) {
    assert.throws(
      () => map(...args),
      (error: Error) => error.name === "InvalidOptionError" && error.message.startsWith(start),
    );
  }
});
