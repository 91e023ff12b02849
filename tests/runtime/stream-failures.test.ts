/** Streams that fail, are refused, or are cancelled. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { cancel, context, remote, TaskTimeoutError } from "mobula";
import { isSaid } from "../support/forced.ts";
import { announce, takePermit } from "../support/rendezvous.mjs";
import { useRuntime } from "../support/runtime.ts";
import { done, outcomeOf } from "../support/streams.ts";

const fixture = useRuntime({ logToDriver: false });

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
const failing = remote(function* failing(elements: number) {
  for (let n = 0; n < elements; n++) yield n;
  throw new RangeError(`no element ${elements}`);
});

test("a generator that throws: first its elements, then the error, then nothing", async () => {
  for (const elements of [0, 1, 5, 2_500]) {
    const { all, error } = await outcomeOf(failing(elements));
    assert.equal(all.length, elements);
    assert(error instanceof RangeError);
    assert.equal(error.message, `no element ${elements}`);
  }
  const iterator = failing(1)[Symbol.asyncIterator]();
  assert.deepEqual(await iterator.next(), { done: false, value: 0 });
  await assert.rejects(iterator.next(), { message: "no element 1" });
  assert.deepEqual(await iterator.next(), done);
});

test("refs of a generator that throws: the last one rejects, and the loop ends", async () => {
  const refs = [];
  for await (const ref of failing(2).refs()) refs.push(ref);
  const settled = await Promise.allSettled(refs);
  assert.deepEqual(
    settled.map((each) => (each.status === "fulfilled" ? each.value : each.reason.message)),
    [0, 1, "no element 2"],
  );
});

test("several next() at a time: one of them gets the error, those after it are done", async () => {
  const iterator = failing(2)[Symbol.asyncIterator]();
  const steps = await Promise.allSettled([1, 2, 3, 4, 5].map(() => iterator.next()));
  assert.deepEqual(
    steps.map((step) => (step.status === "rejected" ? String(step.reason) : step.value)),
    [{ done: false, value: 0 }, { done: false, value: 1 }, "RangeError: no element 2", done, done],
  );
  const refs = failing(0).refs()[Symbol.asyncIterator]();
  const [first, second] = await Promise.all([refs.next(), refs.next()]);
  await assert.rejects(first.value!, { message: "no element 0" });
  assert.deepEqual(second, done);
});

test("what is thrown in a finally block, and what only a finally block throws", async () => {
  const inFinally = remote(function* () {
    try {
      yield 1;
    } finally {
      throw new Error("from finally");
    }
  });
  const { all, error } = await outcomeOf(inFinally());
  assert.deepEqual([all, error?.message], [[1], "from finally"]);
  for await (const n of inFinally()) if (n === 1) break;
  const both = remote(function* () {
    try {
      yield 1;
      yield new WeakMap();
    } finally {
      throw new Error("from finally");
    }
  });
  const unsendable = await outcomeOf(both());
  assert.equal(unsendable.all.length, 1);
  assert.match(unsendable.error!.message, /^Cannot send element: /);
});

test("an element that cannot be sent: those before it arrive, the generator ends", async () => {
  const events = fixture.sandbox.events();
  const yields = remote(function* (events: string) {
    try {
      yield { n: 1 };
      yield { deep: { map: new WeakMap() } };
      announce(events, "went on");
    } finally {
      announce(events, "closed");
    }
  });
  const { all, error } = await outcomeOf(yields(events.path));
  assert.deepEqual(all, [{ n: 1 }]);
  assert.equal(error?.name, "SerializationError");
  assert.match(error?.message ?? "", /^Cannot send element\.deep\.map: /);
  assert.equal(await events.next(), "closed");
  assert.deepEqual(events.pending, []);
});

test("promises and refs that are yielded and fail end the stream with their error", async () => {
  const fail = remote(() => {
    throw new RangeError("inner");
  });
  const yields = remote(function* (how: string) {
    yield 1;
    yield how === "ref" ? fail() : Promise.reject(new RangeError("inner"));
    yield 2;
  });
  for (const how of ["ref", "promise"]) {
    const { all, error } = await outcomeOf(yields(how));
    assert.deepEqual([all, error instanceof RangeError && error.message], [[1], "inner"]);
  }
});

test("a function that returns a generator is told from a generator", async () => {
  function* numbers(): Generator<number> {
    yield 1;
  }
  const indirect = remote(() => numbers());
  const message =
    "Cannot send result: it is a generator object, bound to this process; collect it into an " +
    "array first, or make the remote function itself a generator, whose elements are streamed";
  await assert.rejects(indirect() as unknown as Promise<unknown>, {
    name: "SerializationError",
    message,
  });
});

test("what is refused at the call: numReturns, map, and streams as arguments", async () => {
  const options = { numReturns: 2 };
  assert.throws(() => failing.options(options)(1), {
    name: "InvalidOptionError",
    message:
      "Cannot call generator failing with numReturns: it gives a stream; leave numReturns out",
  });
  const { map } = failing as unknown as { map: (items: number[]) => unknown };
  assert.throws(() => map([1]), {
    message:
      "Cannot map failing: each call of a generator gives a stream; call it for each item, or " +
      "map a function that returns an array",
  });
  const use = remote((value: unknown) => value);
  const refusal = (path: string): { name: string; message: string } => ({
    name: "SerializationError",
    message:
      `Cannot send ${path}: it is a stream, which is read in the process that called the ` +
      "generator; send refs that stream.refs() gives, or call the generator there",
  });
  await using stream = failing(1);
  assert.throws(() => use(stream), refusal("args[0]"));
  assert.throws(() => use({ deep: [stream] }), refusal("args[0].deep[0]"));
  const returning = remote(() => ({ stream: failing(1) }));
  await assert.rejects(returning() as unknown as Promise<unknown>, refusal("result.stream"));
  const yielding = remote(function* () {
    yield failing(1);
  });
  assert.deepEqual((await outcomeOf(yielding())).error?.message, refusal("element").message);
  for (const streamBuffer of [0, -1, 1.5, "2"]) {
    assert.throws(() => failing.options({ streamBuffer: streamBuffer as number }), {
      name: "InvalidOptionError",
      message: new RegExp("^Cannot use option streamBuffer of "),
    });
  }
});

test("a signal that aborts: its reason, and no element after it", async () => {
  const events = fixture.sandbox.events();
  for (const read of [0, 3]) {
    const controller = new AbortController();
    const { signal } = controller;
    const options = { signal, streamBuffer: 20 };
    const iterator = endless.options(options)(events.path)[Symbol.asyncIterator]();
    for (let n = 0; n < read; n++) assert.equal((await iterator.next()).value, n);
    await events.take(`made ${read + 10}`);
    const reason = new Error(`enough after ${read}`);
    controller.abort(reason);
    await events.take("closed");
    await assert.rejects(iterator.next(), reason);
    assert.deepEqual(await iterator.next(), done);
  }
  const aborted = endless.options({ signal: AbortSignal.abort("before") })(events.path);
  assert.deepEqual((await outcomeOf(aborted)).error, "before");
});

test("a signal that aborts while the consumer waits, and the generator does", async () => {
  const waiting = remote(async function* (events: string) {
    yield 1;
    const { signal } = context();
    announce(events, "waits");
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    announce(events, "aborted");
  });
  const events = fixture.sandbox.events();
  const controller = new AbortController();
  const { signal } = controller;
  const iterator = waiting.options({ signal })(events.path)[Symbol.asyncIterator]();
  assert.equal((await iterator.next()).value, 1);
  const next = iterator.next();
  await events.take("waits");
  controller.abort("now");
  await assert.rejects(next, (reason) => reason === "now");
  await events.take("aborted");
});

test("timeoutMs: the elements' time is that of the whole stream", async () => {
  const timed = remote(
    function* endless(events: string) {
      announce(events, process.pid);
      try {
        for (let n = 0; ; n++) yield n;
      } finally {
        announce(events, "closed");
      }
    },
    { timeoutMs: 30, streamBuffer: 5 },
  );
  let closed = 0;
  for (let round = 0; round < 3; round++) {
    const events = fixture.sandbox.events();
    const stream = timed(events.path);
    if (await isSaid(events, "closed", Number(await events.next()))) closed++;
    const { error } = await outcomeOf(stream);
    assert(error instanceof TaskTimeoutError);
    assert.equal(
      error.message,
      "Cannot finish task endless: it ran for longer than its timeoutMs of 30; give it more " +
        "time, or less to do",
    );
  }
  assert(closed > 0, "each time it was ended before it was closed");
});

test("a task that is cancelled while it reads: its stream is closed", async () => {
  const events = fixture.sandbox.events();
  const permits = fixture.sandbox.permits();
  const slow = remote(async function* (events: string, permits: string) {
    try {
      yield 1;
      announce(events, "slow");
      await takePermit(permits);
      yield 2;
    } finally {
      announce(events, "closed");
    }
  });
  const reader = remote(async (events: string, permits: string) => {
    for await (const n of slow(events, permits)) announce(events, `read ${n}`);
  });
  const ref = reader(events.path, permits.path);
  await events.take("read 1");
  await events.take("slow");
  cancel(ref);
  await assert.rejects(ref, { name: "TaskCancelledError" });
  permits.give();
  await events.take("closed");
});
