/**
 * Stored results whose memory is lost are made again from their lineage: what is needed, no more.
 * Processes only: files are removed from the session's directory.
 */

import assert from "node:assert/strict";
import { rmSync, statSync, truncateSync } from "node:fs";
import { test } from "node:test";
import { context, get, put, remote, wait, type ObjectRef } from "mobula";
import { collectGarbage } from "../support/garbage.ts";
import { announce, takePermit, takePermitSync } from "../support/rendezvous.mjs";
import { useRuntime } from "../support/runtime.ts";
import { Runs } from "../support/runs.ts";
import { loseStored, storedFiles } from "../support/store.ts";
import { within } from "../support/within.ts";

const fixture = useRuntime({ numCpus: 2 });

// 160 KB each: stored. Their first element is the value.
const make = remote((runs: string, value: number) => {
  announce(runs, `make ${value}`);
  return new Float64Array(20_000).fill(value);
});
const add = remote((runs: string, numbers: Float64Array, more: number) => {
  announce(runs, `add ${more}`);
  return numbers.map((number) => number + more);
});
const join = remote((runs: string, left: Float64Array, right: Float64Array) => {
  announce(runs, "join");
  return left.map((number, index) => number + right[index]!);
});

function newRuns(): Runs {
  return new Runs(fixture.sandbox.events());
}

function lose(change?: (path: string) => void): number {
  return loseStored(fixture.sandbox, change);
}

async function valueOf(ref: ObjectRef<Float64Array>): Promise<number> {
  const numbers = await within(ref.then(), `no value of ${ref.id}`);
  assert.equal(numbers.length, 20_000);
  assert.equal(numbers[19_999], numbers[0]);
  return numbers[0]!;
}

const losses: [string, ((path: string) => void) | undefined][] = [
  ["gone", undefined],
  ["empty", (path) => truncateSync(path, 0)],
  ["one byte short", (path) => truncateSync(path, 159_999)],
];
for (const [what, change] of losses) {
  test(`a result whose file is ${what} is made again`, async () => {
    const runs = newRuns();
    const ref = make(runs.path, 3);
    assert.equal(await valueOf(ref), 3);
    assert(lose(change) > 0);
    assert.equal(await valueOf(ref), 3);
    assert.equal(await valueOf(ref), 3);
    assert.deepEqual(await runs.look(), ["make 3", "make 3"]);
  });
}

test("several who need it at once make one run of it", async () => {
  const runs = newRuns();
  const ref = make(runs.path, 5);
  await ref;
  lose();
  const sums = [add(runs.path, ref, 1), add(runs.path, ref, 2)];
  const values = await Promise.all([valueOf(ref), valueOf(ref), ...sums.map(valueOf)]);
  assert.deepEqual(values, [5, 5, 6, 7]);
  assert.deepEqual(await runs.look(), ["add 1", "add 2", "make 5", "make 5"]);
});

function chain(runs: Runs, length: number): ObjectRef<Float64Array>[] {
  const refs = [make(runs.path, 0)];
  for (let n = 1; n < length; n++) refs.push(add(runs.path, refs[n - 1]!, n));
  return refs;
}

test("a chain of 100 of which all is lost: each runs once more", async () => {
  const runs = newRuns();
  const refs = chain(runs, 100);
  await get(refs);
  const first = await runs.look();
  assert.equal(first.length, 100);
  lose();
  assert.equal(await valueOf(refs[99]!), (99 * 100) / 2);
  assert.deepEqual(await runs.look(), first);
});

test("a chain of 100 of which the second half is lost: that runs once more", async () => {
  const runs = newRuns();
  const refs = chain(runs, 50);
  await get(refs);
  const firstHalf = storedFiles(fixture.sandbox);
  for (let n = 50; n < 100; n++) refs.push(add(runs.path, refs[n - 1]!, n));
  await get(refs);
  await runs.look();
  lose((path) => firstHalf.has(path) || rmSync(path));
  assert.equal(await valueOf(refs[99]!), (99 * 100) / 2);
  assert.deepEqual(await runs.look(), Array.from({ length: 50 }, (_, n) => `add ${50 + n}`).sort());
});

test("nothing runs again of which nobody needs the result", async () => {
  const runs = newRuns();
  const refs = chain(runs, 20);
  await get(refs);
  await runs.look();
  lose();
  assert.equal(await valueOf(refs[4]!), 10);
  assert.deepEqual(await runs.look(), ["add 1", "add 2", "add 3", "add 4", "make 0"]);
  assert.equal(await valueOf(refs[6]!), 21);
  assert.deepEqual(await runs.look(), ["add 5", "add 6"]);
});

test("a chain of which only the last ref is held is made again from its beginning", async () => {
  const runs = newRuns();
  const lastOf = async (refs: ObjectRef<Float64Array>[]): Promise<{ last: (typeof refs)[0] }> => {
    await get(refs);
    return { last: refs.at(-1)! };
  };
  const { last } = await lastOf(chain(runs, 30));
  await collectGarbage();
  const first = await runs.look();
  lose();
  assert.equal(await valueOf(last), (29 * 30) / 2);
  assert.deepEqual(await runs.look(), first);
});

test("disposed refs in between are made again and given up again", async () => {
  const runs = newRuns();
  const refs = chain(runs, 5);
  await get(refs);
  for (const ref of refs.slice(0, -1)) ref[Symbol.dispose]();
  const first = await runs.look();
  lose();
  assert.equal(await valueOf(refs.at(-1)!), 10);
  assert.deepEqual(await runs.look(), first);
});

test("both sides of a diamond are made of one run of what they share", async () => {
  const runs = newRuns();
  const base = make(runs.path, 1);
  const ref = join(runs.path, add(runs.path, base, 10), add(runs.path, base, 20));
  await ref;
  await runs.look();
  lose();
  assert.equal(await valueOf(ref), 32);
  assert.deepEqual(await runs.look(), ["add 10", "add 20", "join", "make 1"]);
});

test("lost while a task runs that reads it later", async () => {
  const runs = newRuns();
  const permits = fixture.sandbox.permits();
  const ref = make(runs.path, 7);
  await ref;
  await runs.look();
  const readLater = remote(
    async (events: string, permits: string, { ref }: { ref: ObjectRef<Float64Array> }) => {
      announce(events, "reading");
      await takePermit(permits);
      return (await ref)[0];
    },
  );
  const events = fixture.sandbox.events();
  const read = readLater(events.path, permits.path, { ref });
  await events.next();
  lose();
  permits.give();
  assert.equal(await within(read.then(), "it does not go on"), 7);
  assert.deepEqual(await runs.look(), ["make 7"]);
});

test("read twice by the same task, lost in between", async () => {
  const runs = newRuns();
  const permits = fixture.sandbox.permits();
  const events = fixture.sandbox.events();
  const ref = make(runs.path, 8);
  const readTwice = remote(
    async (events: string, permits: string, { ref }: { ref: ObjectRef<Float64Array> }) => {
      const first = (await ref)[0]!;
      announce(events, "read");
      await takePermit(permits);
      return first + (await ref)[0]!;
    },
  );
  const sum = readTwice(events.path, permits.path, { ref });
  await events.next();
  lose();
  permits.give();
  assert.equal(await within(sum.then(), "it does not go on"), 16);
  assert.deepEqual(await runs.look(), ["make 8", "make 8"]);
});

test("arguments of queued tasks are lost: made again once, and all tasks run once", async () => {
  const runs = newRuns();
  const permits = fixture.sandbox.permits();
  const ref = make(runs.path, 2);
  await ref;
  const events = fixture.sandbox.events();
  const block = remote((events: string, permits: string) => {
    announce(events, "block");
    takePermitSync(permits);
  });
  const blocks = [block(events.path, permits.path), block(events.path, permits.path)];
  await events.next();
  await events.next();
  const sums = Array.from({ length: 20 }, (_, n) => add(runs.path, ref, n));
  lose();
  permits.give(2);
  assert.deepEqual(
    await Promise.all(sums.map(valueOf)),
    sums.map((_, n) => 2 + n),
  );
  await get(blocks);
  const expected = [...sums.map((_, n) => `add ${n}`), "make 2", "make 2"];
  assert.deepEqual(await runs.look(), expected.sort());
});

test("a ref that went from worker to worker", async () => {
  const runs = newRuns();
  const read = remote(async ({ ref }: { ref: ObjectRef<Float64Array> }) => (await ref)[0]!);
  const pass = remote(async ({ ref }: { ref: ObjectRef<Float64Array> }) => {
    return (await read({ ref })) + (await read.options({ maxRetries: 0 })({ ref }));
  });
  const ref = make(runs.path, 4);
  await ref;
  lose();
  assert.equal(await within(pass({ ref }).then(), "it does not end"), 8);
  lose();
  assert.equal(await within(pass({ ref }).then(), "it does not end"), 8);
  assert.deepEqual(await runs.look(), ["make 4", "make 4", "make 4"]);
});

test("a task that waits for what is made again gives its core to that", async () => {
  const runs = newRuns();
  const whole = { numCpus: 2 };
  const makeAlone = make.options(whole);
  const ref = makeAlone(runs.path, 6);
  await ref;
  lose();
  const read = remote(async ({ ref }: { ref: ObjectRef<Float64Array> }) => (await ref)[0]!, whole);
  assert.equal(await within(read({ ref }).then(), "it does not end"), 6);
});

test("children that their parent's process runs itself", async () => {
  const runs = newRuns();
  const permits = fixture.sandbox.permits();
  const events = fixture.sandbox.events();
  const parent = remote(async (runs: string, events: string, permits: string) => {
    const ref = make(runs, 1);
    await ref;
    announce(events, "made");
    await takePermit(permits);
    return (await add(runs, add(runs, ref, 1), 2))[0];
  });
  const sum = parent(runs.path, events.path, permits.path);
  await events.next();
  lose();
  permits.give();
  assert.equal(await within(sum.then(), "it does not end"), 4);
  assert.deepEqual(await runs.look(), ["add 1", "add 2", "make 1", "make 1"]);
});

// Kinds of calls.

test("of several results the lost ones are made again, with one run", async () => {
  const runs = newRuns();
  const three = remote(
    (runs: string) => {
      announce(runs, "three");
      return [new Float64Array(20_000).fill(1), "small", new Float64Array(20_000).fill(3)];
    },
    { numReturns: 3 },
  );
  const [one, small, last] = three(runs.path) as unknown as [
    ObjectRef<Float64Array>,
    ObjectRef<string>,
    ObjectRef<Float64Array>,
  ];
  await get([one, small, last]);
  lose();
  assert.deepEqual(await Promise.all([valueOf(one), small, valueOf(last)]), [1, "small", 3]);
  assert.deepEqual(await runs.look(), ["three", "three"]);
});

test("a result that is lost while another one of the same call is made again", async () => {
  const events = fixture.sandbox.events();
  const permits = fixture.sandbox.permits();
  const pair = remote(
    (events: string, permits: string) => {
      const { attempt } = context();
      announce(events, `run ${attempt}`);
      if (attempt === 2) takePermitSync(permits);
      return [new Float64Array(20_000).fill(attempt), new Float64Array(30_000).fill(attempt)];
    },
    { numReturns: 2 },
  );
  const [short, long] = pair(events.path, permits.path) as unknown as ObjectRef<Float64Array>[];
  await get([short!, long!]);
  await events.next();
  const removeLonger = (than: number) => (path: string) => {
    if (statSync(path).size > than) rmSync(path);
  };
  lose(removeLonger(200_000));
  const readingLong = within(long!.then(), "no longer one");
  await events.next();
  lose();
  const readingShort = within(short!.then(), "no shorter one");
  permits.give();
  assert.equal((await readingLong)[0], 2);
  assert.equal((await readingShort)[0], 3);
});

test("a result with refs inside: these are new objects, as the function makes them", async () => {
  const runs = newRuns();
  const inner = put([1, 2, 3]);
  const wrap = remote((runs: string, { inner }: { inner: ObjectRef<number[]> }) => {
    announce(runs, "wrap");
    return { inner, large: new Float64Array(20_000).fill(9) };
  });
  const ref = wrap(runs.path, { inner });
  await ref;
  lose();
  const { inner: found, large } = await ref;
  assert.deepEqual([await found, large[0]], [[1, 2, 3], 9]);
  assert.deepEqual(await runs.look(), ["wrap", "wrap"]);
});

test("a ref inside an argument that nobody held any more", async () => {
  const runs = newRuns();
  const addTo = remote(
    async (runs: string, { ref }: { ref: ObjectRef<Float64Array> }, more: number) => {
      announce(runs, `add to ${more}`);
      return (await ref).map((number) => number + more);
    },
  );
  const ref = addTo(runs.path, { ref: addTo(runs.path, { ref: make(runs.path, 1) }, 2) }, 3);
  await ref;
  await collectGarbage();
  await runs.look();
  lose();
  assert.equal(await valueOf(ref), 6);
  assert.deepEqual(await runs.look(), ["add to 2", "add to 3", "make 1"]);
});

test("a result of tasks that share their views", async () => {
  const runs = newRuns();
  const ref = make(runs.path, 5);
  const first = remote((numbers: Float64Array) => numbers[0], { shared: true });
  assert.equal(await first(ref), 5);
  lose();
  const firsts = Array.from({ length: 10 }, () => first(ref));
  assert.deepEqual(await get(firsts), Array(10).fill(5));
  // Views that a process has may be shared without looking at the file.
  assert((await runs.look()).length <= 2);
});

test("a ref among the items of a map", async () => {
  const runs = newRuns();
  const refs = [make(runs.path, 1), make(runs.path, 2)];
  await get(refs);
  lose();
  const firsts = remote((numbers: Float64Array) => numbers[0]!);
  const found = await within(Promise.resolve(firsts.map(refs)), "it does not end");
  assert.deepEqual(found, [1, 2]);
  assert.deepEqual(await runs.look(), ["make 1", "make 1", "make 2", "make 2"]);
});

test("wait says that it is there when it has been made again", async () => {
  const runs = newRuns();
  const ref = make(runs.path, 5);
  await ref;
  lose();
  // Nobody has found out yet.
  assert.equal((await wait([ref])).ready.length, 1);
  const reading = valueOf(ref);
  assert.equal((await wait([ref])).ready.length, 1);
  assert.equal(await reading, 5);
});

// What goes wrong on the way.

test("the run that makes it again crashes: it is tried once more", async () => {
  const runs = newRuns();
  const fragile = remote((runs: string) => {
    const { attempt } = context();
    announce(runs, `run ${attempt}`);
    if (attempt === 2) process.exit(1);
    return new Float64Array(20_000).fill(attempt);
  });
  const ref = fragile(runs.path);
  assert.equal(await valueOf(ref), 1);
  lose();
  assert.equal(await valueOf(ref), 3);
  assert.deepEqual(await runs.look(), ["run 1", "run 2", "run 3"]);
});

test("the function gives another value then: that is the value", async () => {
  const random = remote(() => new Float64Array(20_000).fill(Math.random()));
  const ref = random();
  const first = await valueOf(ref);
  lose();
  const second = await valueOf(ref);
  assert.notEqual(second, first);
  assert.equal(await valueOf(ref), second);
});

test("the function gives a small value then", async () => {
  const varying = remote(() => (context().attempt === 1 ? new Float64Array(20_000) : "small"));
  const ref = varying();
  await ref;
  lose();
  assert.equal(await ref, "small");
});

test("the function throws then: that is what everybody gets", async () => {
  const fails = remote(() => {
    if (context().attempt > 1) throw new RangeError("not again");
    return new Float64Array(20_000);
  });
  const ref = fails();
  await ref;
  lose();
  await assert.rejects(ref.then(), new RangeError("not again"));
  await assert.rejects(ref.then(), new RangeError("not again"));
  const first = remote((numbers: Float64Array) => numbers[0]);
  await assert.rejects(first(ref), new RangeError("not again"));
});

test("its signal was aborted after the first run: that run was over", async () => {
  const runs = newRuns();
  const controller = new AbortController();
  const ref = make.options({ signal: controller.signal })(runs.path, 5);
  await ref;
  controller.abort();
  lose();
  assert.equal(await valueOf(ref), 5);
});
