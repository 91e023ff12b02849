/** What the elements of streams leave behind, in memory and in the store. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { ObjectLostError, put, remote } from "mobula";
import { collectGarbage } from "../support/garbage.ts";
import { announce } from "../support/rendezvous.mjs";
import { processesOnly, useRuntime } from "../support/runtime.ts";
import { filesInMemory, loseStored, usedBytes } from "../support/store.ts";
import { collected, done } from "../support/streams.ts";
import { eventually } from "../support/within.ts";

const fixture = useRuntime();

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

const stored = processesOnly("files are counted in the session's directory");

test("large elements that nobody reads do not stay in memory", stored, async () => {
  // The first object makes the table of what is used.
  put(new Uint8Array(500_000))[Symbol.dispose]();
  const before = usedBytes(fixture.sandbox);
  const events = fixture.sandbox.events();
  for (const read of [0, 1, 3]) {
    const iterator = endless(events.path, 500_000)[Symbol.asyncIterator]();
    for (let n = 0; n < read; n++) await iterator.next();
    await events.take(`made ${read + 10}`);
    await iterator.return();
    await events.take("closed");
    const controller = new AbortController();
    const { signal } = controller;
    const other = endless.options({ signal })(events.path, 500_000)[Symbol.asyncIterator]();
    for (let n = 0; n < read; n++) await other.next();
    await events.take(`made ${read + 10}`);
    controller.abort();
    await assert.rejects(other.next());
    await events.take("closed");
  }
  await eventually(async () => {
    await collectGarbage();
    const left = usedBytes(fixture.sandbox) - before;
    return left <= 0 ? undefined : `${left} bytes are left`;
  });
});

test("large elements that are read take turns in the same memory", stored, async () => {
  const blocks = remote(function* (count: number) {
    for (let n = 0; n < count; n++) yield new Uint8Array(2 ** 20).fill(n);
  });
  let sum = 0;
  for await (const block of blocks.options({ streamBuffer: 4 })(100)) {
    sum += block[block.length - 1]!;
    if (block[0]! % 10 === 0) await collectGarbage();
  }
  assert.equal(sum, (99 * 100) / 2);
  assert(filesInMemory(fixture.sandbox).sizeBytes < 60 * 2 ** 20);
});

test("an element that cannot be read: the error; the generator is closed", stored, async () => {
  const events = fixture.sandbox.events();
  const iterator = endless(events.path, 500_000)[Symbol.asyncIterator]();
  await events.take("made 12");
  loseStored(fixture.sandbox);
  await assert.rejects(iterator.next(), ObjectLostError);
  await events.take("closed");
  assert.deepEqual(await iterator.next(), done);
});

test("hundreds of thousands of elements: memory of both sides stays flat", async () => {
  const many = remote(function* (count: number) {
    for (let n = 0; n < count; n++) {
      yield n % 100_000 === 99_999 ? { heapUsed: process.memoryUsage().heapUsed } : n;
    }
  });
  const heaps: number[] = [];
  const producerHeaps: number[] = [];
  let seen = 0;
  let sum = 0;
  for await (const element of many(400_000)) {
    seen++;
    if (typeof element === "number") sum += element;
    else {
      await collectGarbage();
      heaps.push(process.memoryUsage().heapUsed);
      producerHeaps.push(element.heapUsed);
    }
  }
  assert.equal(seen, 400_000);
  assert.equal(sum, 200_000 * 399_999 - (99_999 + 199_999 + 299_999 + 399_999));
  const grownBytes = heaps[3]! - heaps[0]!;
  assert(grownBytes < 8 * 2 ** 20, `grown by ${grownBytes}`);
  assert(Math.max(...producerHeaps) < 200 * 2 ** 20, producerHeaps.join());
});

test("streams are collected, however they ended", async () => {
  const events = fixture.sandbox.events();
  const failing = remote(function* () {
    yield 1;
    throw new Error("no more");
  });
  const streams: WeakRef<object>[] = [];
  const open = <T>(stream: AsyncIterable<T>): AsyncIterable<T> => {
    streams.push(new WeakRef(stream));
    return stream;
  };
  await (async () => {
    // Before it is sent.
    await open(endless(events.path))[Symbol.asyncIterator]().return!();
    for await (const n of open(endless(events.path))) if (n === 2) break;
    await events.take("closed");
    const controller = new AbortController();
    const { signal } = controller;
    const aborted = open(endless.options({ signal })(events.path))[Symbol.asyncIterator]();
    await aborted.next();
    controller.abort();
    await assert.rejects(aborted.next());
    await events.take("closed");
    await assert.rejects(collected(open(failing())), { message: "no more" });
  })();
  await eventually(async () => {
    await collectGarbage();
    const left = streams.filter((stream) => stream.deref() !== undefined).length;
    return left === 0 ? undefined : `${left} of ${streams.length} streams are left`;
  });
});
