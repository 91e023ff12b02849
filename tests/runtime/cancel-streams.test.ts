/** `cancel` of streams: whoever reads them is told, and the generator ends, if need be by force. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { cancel, context, remote, type RefStream } from "mobula";
import { announce, takePermit } from "../support/rendezvous.mjs";
import { processesOnly, useRuntime } from "../support/runtime.ts";
import { collected, done, outcomeOf, restOf } from "../support/streams.ts";
import { within } from "../support/within.ts";

const fixture = useRuntime({ logToDriver: false });

function pipes() {
  return { events: fixture.sandbox.events(), permits: fixture.sandbox.permits() };
}

/** Ends only when it is told to. */
async function* count(events: string): AsyncGenerator<number> {
  const { signal } = context();
  try {
    for (let n = 0; ; n++) yield n;
  } finally {
    announce(events, `closed, ${(signal.reason as Error | undefined)?.name}`);
  }
}

const counting = remote(count);
class Counter {
  async *numbers(events: string): AsyncGenerator<number> {
    yield* count(events);
  }
  ping(): string {
    return "pong";
  }
}

function assertCancelled(error: unknown, name: string): void {
  assert(error instanceof Error);
  assert.equal(error.name, "TaskCancelledError");
  assert.match(error.message, new RegExp(`^Cannot get result [\\w-]+ of ${name}: cancelled$`));
}

test("while it is read: the error comes next, and the generator is closed", async () => {
  const { events } = pipes();
  const stream = counting(events.path);
  const iterator = stream[Symbol.asyncIterator]();
  for (let n = 0; n < 3; n++) assert.deepEqual(await iterator.next(), { done: false, value: n });
  cancel(stream);
  await assert.rejects(within(iterator.next(), "no end of the stream"), (error) => {
    assertCancelled(error, "count");
    return true;
  });
  assert.deepEqual(await iterator.next(), done);
  assert.equal(await events.next(), "closed, TaskCancelledError");
});

test("with refs(): the last ref rejects", async () => {
  const { events } = pipes();
  const stream = counting(events.path);
  const iterator = stream.refs()[Symbol.asyncIterator]();
  assert.equal(await (await iterator.next()).value!, 0);
  cancel(stream);
  const refs = await within(collected(restOf(iterator)), "no end of the stream");
  assert.equal(refs.length, 1);
  await assert.rejects(refs[0]!.then(), (error) => {
    assertCancelled(error, "count");
    return true;
  });
  assert.equal(await events.next(), "closed, TaskCancelledError");
});

test("a generator that has not begun never does", async () => {
  const { events, permits } = pipes();
  const late = remote((permits: string) => takePermit(permits))(permits.path);
  const afterIt = remote(function* afterIt(events: string, _late: unknown) {
    announce(events, "begun");
    yield 1;
  });
  const stream = afterIt(events.path, late);
  cancel(stream);
  const { all, error } = await within(outcomeOf(stream), "no end of the stream");
  assert.deepEqual(all, []);
  assertCancelled(error, "afterIt");
  permits.give();
  await late;
  announce(events.path, "last");
  assert.equal(await events.next(), "last");
});

test("one that is over stays as it is, however often", async () => {
  const stream: RefStream<number> = remote(function* () {
    yield 1;
  })();
  assert.deepEqual(await collected(stream), [1]);
  cancel(stream);
  cancel(stream, { force: true });
});

test("of a method: the actor goes on", async () => {
  const { events } = pipes();
  await using counter = new (remote(Counter))();
  const stream = counter.numbers(events.path);
  const iterator = stream[Symbol.asyncIterator]();
  assert.equal((await iterator.next()).value, 0);
  cancel(stream, { force: true });
  await assert.rejects(within(iterator.next(), "no end of the stream"), {
    name: "TaskCancelledError",
  });
  assert.equal(await events.next(), "closed, TaskCancelledError");
  assert.equal(await within(counter.ping().then(), "the actor is blocked"), "pong");
});

test("what the generator has called is cancelled too", async () => {
  const { events } = pipes();
  const deaf = remote(async function deaf(events: string) {
    const { signal } = context();
    announce(events, "called");
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    announce(events, "told");
  });
  const calling = remote(async function* calling(events: string) {
    yield 1;
    yield await deaf(events);
  });
  const stream = calling(events.path);
  const iterator = stream[Symbol.asyncIterator]();
  assert.equal((await iterator.next()).value, 1);
  const reading = outcomeOf(restOf(iterator));
  await events.take("called");
  cancel(stream);
  assertCancelled((await within(reading, "no end of the stream")).error, "calling");
  assert.equal(await events.next(), "told");
});

const blocks = processesOnly("a body blocks its process");

test("by force: an endless loop ends with its process", blocks, async () => {
  const { events } = pipes();
  const blocking = remote(async function* blocking(events: string) {
    yield 1;
    await new Promise(setImmediate);
    announce(events, process.pid);
    for (;;);
  });
  const stream = blocking(events.path);
  const iterator = stream[Symbol.asyncIterator]();
  assert.equal((await iterator.next()).value, 1);
  const reading = outcomeOf(restOf(iterator));
  const pid = Number(await events.next());
  cancel(stream, { force: true });
  assertCancelled((await within(reading, "no end of the stream")).error, "blocking");
  await fixture.gone(pid);
});
