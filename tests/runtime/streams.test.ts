/** Streams: generators of any kind, elements of any kind, and how far a producer runs ahead. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { context, get, put, remote, type ObjectRef } from "mobula";
import { announce, takePermit } from "../support/rendezvous.mjs";
import { processesOnly, useRuntime } from "../support/runtime.ts";
import { collected, done, upTo } from "../support/streams.ts";

const fixture = useRuntime();

const count = remote(function* count(to: number, from = 0) {
  for (let n = from; n < to; n++) yield n;
});
const countLater = remote(async function* countLater(to: number) {
  for (let n = 0; n < to; n++) {
    await new Promise(setImmediate);
    yield n;
  }
});

class Rows {
  readonly #rows: string[];
  readonly separator: string;
  constructor(rows: string[], separator = ",") {
    this.#rows = rows;
    this.separator = separator;
  }
  *cells(from = 0): Generator<string> {
    for (const row of this.#rows.slice(from)) yield* row.split(this.separator);
  }
  async *cellsLater(): AsyncGenerator<string> {
    for (const row of this.#rows) yield await Promise.resolve(row);
  }
  static *of(this: void, text: string): Generator<string> {
    yield* text;
  }
  add(row: string): number {
    return this.#rows.push(row);
  }
}

test("synchronous and asynchronous generators give their elements in order", async () => {
  const stream = count(5);
  assert.equal(Object.prototype.toString.call(stream), "[object RefStream]");
  assert.deepEqual(await collected(stream), [0, 1, 2, 3, 4]);
  assert.deepEqual(await collected(count(9, 7)), [7, 8]);
  assert.deepEqual(await collected(countLater(5)), [0, 1, 2, 3, 4]);
  const [one, other] = await Promise.all([collected(count(3_000)), collected(countLater(50))]);
  assert.deepEqual([one, other], [upTo(3_000), upTo(50)]);
});

test("generators that give nothing, and what a generator returns", async () => {
  assert.deepEqual(await collected(count(0)), []);
  assert.deepEqual(await collected(remote(async function* () {})()), []);
  const returning = remote(function* () {
    yield 1;
    return 2;
  });
  const iterator = returning()[Symbol.asyncIterator]();
  assert.deepEqual(await iterator.next(), { done: false, value: 1 });
  assert.deepEqual(await iterator.next(), { done: true, value: undefined });
  assert.deepEqual(await iterator.next(), { done: true, value: undefined });
  const unsendable = remote(function* (): Generator<number, unknown> {
    yield 1;
    return new WeakMap();
  });
  assert.deepEqual(await collected(unsendable()), [1]);
});

test("bound generators, methods of objects, static ones and generators of instances", async () => {
  const bound = remote(
    function* (this: { k: number }, one: number, two: number) {
      yield [this.k, one, two];
    }.bind({ k: 7 }, 1),
  );
  assert.deepEqual(await collected(bound(2)), [[7, 1, 2]]);
  const object = {
    limit: 2,
    *numbers(this: { limit: number }) {
      yield* Array(this.limit).keys();
    },
    async *later(this: void) {
      yield await Promise.resolve(1);
    },
  };
  assert.deepEqual(await collected(remote(object.numbers.bind(object))()), [0, 1]);
  assert.deepEqual(await collected(remote(object.later)()), [1]);
  assert.deepEqual(await collected(remote(Rows.of)("xy")), ["x", "y"]);
});

test("generators that use captured variables, other generators and default values", async () => {
  const factors = new Map([["x", 3]]);
  function* inner(n: number): Generator<number> {
    yield n * factors.get("x")!;
  }
  const outer = remote(async function* (n: number, { twice = true } = {}) {
    yield* inner(n);
    if (twice) yield* inner(n + 1);
  });
  assert.deepEqual(await collected(outer(1)), [3, 6]);
  assert.deepEqual(await collected(outer(1, { twice: false })), [3]);
  const add = remote((a: number, b: number) => a + b);
  const sums = remote(async function* (n: number) {
    let sum = 0;
    for (let i = 0; i < n; i++) yield (sum = await add(sum, i));
  });
  assert.deepEqual(await collected(sums(5)), [0, 1, 3, 6, 10]);
});

test("arguments: refs become values, refs within values stay; large ones", async () => {
  const sizes = remote(function* (bytes: Uint8Array, [ref]: ObjectRef<number>[]) {
    yield bytes.length;
    yield ref;
  });
  const stream = sizes(put(new Uint8Array(300_000)), [put(5)]);
  assert.deepEqual(await collected(stream as AsyncIterable<number>), [300_000, 5]);
});

test("elements of every kind arrive as copies", async () => {
  const values = [undefined, null, "", -0, NaN, 2n ** 70n, "x".repeat(1_000), { a: [1] }];
  const rich = [new Map([[1, new Set([2])]]), new Date(7), /x/g, new Rows(["p,q"]), new Error("e")];
  const given = remote(function* (list: unknown[]) {
    yield* list;
  });
  assert.deepEqual(await collected(given(values)), values);
  const back = await collected(given(rich));
  assert.deepEqual(back, rich);
  assert.deepEqual([...(back[3] as Rows).cells()], ["p", "q"]);
});

/** Inline, what a task returns is packed for the runtime of the program. */
const ownRuntime = processesOnly("remote functions of a task belong to its worker's runtime");

test("functions and remote functions as elements", ownRuntime, async () => {
  const functions = remote(function* (k: number) {
    yield (n: number) => n + k;
    yield remote((n: number) => n * k);
    yield count;
  });
  const [plus, times, counting] = (await collected(functions(3))) as unknown as [
    (n: number) => number,
    (n: number) => Promise<number>,
    typeof count,
  ];
  assert.deepEqual([plus(1), await times(2)], [4, 6]);
  assert.deepEqual(await collected(counting(3)), [0, 1, 2]);
});

test("thenables: promises and refs that are yielded arrive as what they stand for", async () => {
  const double = remote((n: number) => 2 * n);
  const yielding = remote(function* () {
    yield Promise.resolve(1);
    yield double(2);
    yield put(5);
    yield 6;
    yield put({ deep: [put(7)] });
  });
  const all = (await collected(yielding())) as [number, number, number, number, Deep];
  assert.deepEqual(all.slice(0, 4), [1, 4, 5, 6]);
  assert.equal(await all[4].deep[0], 7);
  const later = remote(async function* () {
    yield double(1);
    yield [double(2)];
  });
  const [two, [four]] = (await collected(later())) as unknown as [number, [ObjectRef<number>]];
  assert.deepEqual([two, await four], [2, 4]);
});
type Deep = { deep: [ObjectRef<number>] };

test("each element is a copy of its own, as it was when it was yielded", async () => {
  const same = remote(function* () {
    const one = { n: 0 };
    for (; one.n < 3; one.n++) yield one;
  });
  const [first, second, third] = await collected(same());
  assert.deepEqual([first, second, third], [{ n: 0 }, { n: 1 }, { n: 2 }]);
  first!.n = 9;
  assert.equal(second!.n, 1);
});

test("refs() gives refs: for other calls, for later, more than once", async () => {
  const sum = remote((a: number, b: number) => a + b);
  const total = remote((bytes: Uint8Array) => bytes.reduce((a, b) => a + b, 0));
  const sums: ObjectRef<number>[] = [];
  for await (const ref of count(4).refs()) sums.push(sum(ref, ref));
  assert.deepEqual(await get(sums), [0, 2, 4, 6]);
  const blocks = remote(function* () {
    for (let n = 1; n < 4; n++) yield new Uint8Array(200_000).fill(n);
  });
  const refs: ObjectRef<Uint8Array>[] = [];
  for await (const ref of blocks().refs()) refs.push(ref);
  assert.equal(Object.prototype.toString.call(refs[0]), "[object ObjectRef]");
  assert.deepEqual(await get(refs.map((ref) => total(ref))), [200_000, 400_000, 600_000]);
  assert.equal((await refs[2]!)[199_999], 3);
  assert.equal((await refs[2]!)[0], 3);
  for (const ref of refs) ref[Symbol.dispose]();
});

test("a stream is iterated once, as values or as refs", async () => {
  const stream = count(2);
  assert.deepEqual(await collected(stream), [0, 1]);
  const text =
    "Cannot iterate the stream of count again: its elements are consumed as they are read; " +
    "collect them into an array, or call the generator again";
  assert.throws(() => stream[Symbol.asyncIterator](), { name: "MobulaError", message: text });
  assert.throws(() => stream.refs()[Symbol.asyncIterator](), { message: text });
});

test("two next() at a time get elements in order; after the end all are done", async () => {
  const iterator = countLater(3)[Symbol.asyncIterator]();
  const steps = await Promise.all(upTo(5).map(() => iterator.next()));
  assert.deepEqual(steps, [...upTo(3).map((value) => ({ done: false, value })), done, done]);
});

/** Says each time how far it is, and goes on for ever. */
const endless = remote(function* endless(events: string, sizeBytes?: number) {
  try {
    for (let n = 0; ; n++) {
      announce(events, `made ${n}`);
      yield sizeBytes === undefined ? n : new Uint8Array(sizeBytes).fill(n);
    }
  } finally {
    announce(events, "closed");
  }
});

for (const streamBuffer of [1, 2, 3, 10]) {
  test(`with streamBuffer ${streamBuffer} the producer is so far ahead, no farther`, async () => {
    const events = fixture.sandbox.events();
    const iterator = endless.options({ streamBuffer })(events.path)[Symbol.asyncIterator]();
    for (let n = 0; n < streamBuffer; n++) await events.take(`made ${n}`);
    assert.deepEqual(events.pending, []);
    for (let n = 0; n < 25; n++) {
      assert.deepEqual(await iterator.next(), { done: false, value: n });
    }
    await iterator.return();
    await events.take("closed");
    const made = events.pending.length + streamBuffer;
    assert(made >= 25 && made <= 25 + streamBuffer, `${made} were made for 25 that were read`);
  });
}

test("without options 1024 elements are ahead of who reads none", async () => {
  const events = fixture.sandbox.events();
  const stream = endless(events.path);
  for (let n = 0; n < 1_024; n++) await events.take(`made ${n}`);
  const add = remote((a: number, b: number) => a + b);
  assert.equal(await add(1, 2), 3, "others run meanwhile");
  assert.deepEqual(events.pending, []);
  await stream[Symbol.asyncDispose]();
  await events.take("closed");
  assert.deepEqual(events.pending, []);
});

test("large elements that are read: the producer goes on, whatever their size", async () => {
  const blocks = remote(function* (sizeBytes: number, count: number) {
    for (let n = 0; n < count; n++) {
      yield n % 2 === 0 ? new Uint8Array(sizeBytes) : "x".repeat(sizeBytes);
    }
  });
  for (const [sizeBytes, count] of [
    [20_000, 1_000],
    [99_000, 400],
    [2 ** 20, 40],
    [9 * 2 ** 20, 4],
  ] as const) {
    let seen = 0;
    for await (const { length } of blocks(sizeBytes, count)) if (length === sizeBytes) seen++;
    assert.equal(seen, count);
    const huge = blocks.options({ streamBuffer: 1e9 })(sizeBytes, count);
    for await (const ref of huge.refs()) ref[Symbol.dispose]();
  }
});

test("large elements: no more than 8 MiB are ahead, and always one", async () => {
  for (const [sizeBytes, ahead] of [
    [1_000_000, 9],
    [4 * 2 ** 20, 2],
    [20 * 2 ** 20, 1],
  ] as const) {
    const events = fixture.sandbox.events();
    const iterator = endless(events.path, sizeBytes)[Symbol.asyncIterator]();
    for (let n = 0; n < ahead; n++) await events.take(`made ${n}`);
    const { value } = await iterator.next();
    assert.equal((value as Uint8Array).length, sizeBytes);
    await iterator.return();
    await events.take("closed");
    assert(events.pending.length <= 1, events.pending.join());
  }
});

test("a producer that is ahead leaves its core to others", async () => {
  const permits = fixture.sandbox.permits();
  const events = fixture.sandbox.events();
  const streams = upTo(4).map(() => endless.options({ streamBuffer: 1 })(events.path));
  for (let begun = 0; begun < streams.length; begun++) await events.take("made 0");
  const hold = remote(async (events: string, permits: string) => {
    announce(events, "held");
    await takePermit(permits);
  });
  const holds = [hold(events.path, permits.path), hold(events.path, permits.path)];
  await events.take("held");
  await events.take("held");
  permits.give(2);
  await get(holds);
  for (const stream of streams) {
    await stream[Symbol.asyncDispose]();
    await events.take("closed");
  }
});

test("a task and an actor read streams, of functions and of actors", async () => {
  const total = remote(async (to: number) => {
    let sum = 0;
    for await (const n of count(to)) sum += n;
    return sum;
  });
  assert.deepEqual(await get([total(2_000), total(3)]), [1_999_000, 3]);
  class Reader {
    #last = -1;
    async read(to: number): Promise<number> {
      for await (const n of countLater(to)) this.#last = n;
      return this.#last;
    }
    async *relay(to: number): AsyncGenerator<number> {
      for await (const n of count(to)) yield n + this.#last;
    }
  }
  using reader = new (remote(Reader))();
  assert.equal(await reader.read(4), 3);
  assert.deepEqual(
    await collected(reader.relay(2_000)),
    upTo(2_000).map((n) => n + 3),
  );
});

test("nested streams: generators that read generators, deeper than there are cores", async () => {
  const nest = remote(async function* nest(depth: number, to: number): AsyncGenerator<number> {
    if (depth === 0) for (let n = 0; n < to; n++) yield n;
    else for await (const n of nest(depth - 1, to)) yield n + 1;
  });
  assert.deepEqual(
    await collected(nest(6, 300)),
    upTo(300).map((n) => n + 6),
  );
});

test("methods of actors: their elements, their arguments, and calls between them", async () => {
  using rows = new (remote(Rows))(["a,b", "c"]);
  assert.deepEqual(await collected(rows.cells()), ["a", "b", "c"]);
  assert.deepEqual(await collected(rows.cells(1)), ["c"]);
  assert.equal(await rows.add("d,e"), 3);
  const [cells, later] = await Promise.all([
    collected(rows.cells(2)),
    collected(rows.cellsLater()),
  ]);
  assert.deepEqual(
    [cells, later],
    [
      ["d", "e"],
      ["a,b", "c", "d,e"],
    ],
  );
  assert.deepEqual(await collected(rows.cells.options({ streamBuffer: 1 })()), [..."abcde"]);
});

class Source {
  readonly #events: string;
  #made = 0;
  constructor(events: string) {
    this.#events = events;
  }
  *numbers(): Generator<number> {
    try {
      for (;;) yield this.#made++;
    } finally {
      announce(this.#events, "closed");
    }
  }
  made(): number {
    return this.#made;
  }
}

test("an actor with one call at a time: the next one waits until the stream is over", async () => {
  const events = fixture.sandbox.events();
  using source = new (remote(Source))(events.path);
  const numbers = source.numbers.options({ streamBuffer: 4 })();
  const iterator = numbers[Symbol.asyncIterator]();
  const made = source.made();
  for (let n = 0; n < 10; n++) assert.equal((await iterator.next()).value, n);
  assert.deepEqual(events.pending, []);
  await iterator.return();
  const count = await made;
  assert.deepEqual(await events.next(), "closed");
  assert(count >= 10 && count <= 14, `${count} were made`);
});

test("an actor with several: other calls, and other streams, run meanwhile", async () => {
  const events = fixture.sandbox.events();
  const options = { maxConcurrency: 3 };
  using source = new (remote(Source).options(options))(events.path);
  const iterators = [1, 2].map(() =>
    source.numbers.options({ streamBuffer: 1 })()[Symbol.asyncIterator](),
  );
  const firsts = await Promise.all(iterators.map((iterator) => iterator.next()));
  assert.deepEqual(new Set(firsts.map(({ value }) => value)).size, 2);
  const made = await source.made();
  assert(made >= 2 && made <= 4, `${made} were made`);
  for (const iterator of iterators) await iterator.return();
  assert.deepEqual([await events.next(), await events.next()], ["closed", "closed"]);
});

test("handles and remote classes know their generators in other processes too", async () => {
  using rows = new (remote(Rows))(["a,b"]);
  const read = remote(async ([handle]: [typeof rows]) => {
    const all: string[] = [];
    for await (const cell of handle.cells()) all.push(cell);
    return all;
  });
  assert.deepEqual(await read([rows]), ["a", "b"]);
  const RemoteRows = remote(Rows);
  const make = remote(async () => {
    using made = new RemoteRows(["x,y"]);
    const all: string[] = [];
    for await (const cell of made.cells()) all.push(cell);
    return all;
  });
  assert.deepEqual(await make(), ["x", "y"]);
});

test("the context of a generator is that of its call, for each of its elements", async () => {
  const ids = remote(async function* () {
    yield context().taskId;
    await Promise.resolve();
    yield context().taskId;
  });
  const lazily = remote(function* () {
    yield context().taskId;
    yield context().taskId;
  });
  for (const generator of [ids, lazily]) {
    const [first, second] = await collected(generator.options({ streamBuffer: 1 })());
    assert.match(first!, /^\d+-/);
    assert.equal(first, second);
  }
});

test("many streams at a time", async () => {
  const all = await Promise.all(upTo(40).map((n) => collected(count(100 + n, n))));
  assert.deepEqual(
    all,
    upTo(40).map((n) => upTo(100 + n).slice(n)),
  );
});
