import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { STREAM_AHEAD_BYTES_MAX } from "../base/limits.ts";
import { systemClock } from "./system.ts";
import type { RunningTask } from "./running-task.ts";
import { isIterator, StreamProducer, type AnyIterator } from "./stream-producer.ts";

/** Stands in for a task: what is sent, and its waits. */
class StandIn {
  readonly sent: unknown[] = [];
  readonly extras: { streamBuffer: number };
  readonly waits = new Set<(reason: unknown) => void>();
  sizeBytes = 16;
  cancelled: Error | undefined;
  readonly #changed: (() => void)[] = [];
  readonly reply = {
    element: (_task: unknown, value: unknown): number => {
      if (value instanceof WeakMap) throw new TypeError("unsendable");
      this.sent.push(value);
      return this.sizeBytes;
    },
    flush: (): void => undefined,
  };

  constructor(streamBuffer: number) {
    this.extras = { streamBuffer };
  }
  waitBegins(reject: (reason: unknown) => void): void {
    this.waits.add(reject);
    for (const tell of this.#changed.splice(0)) tell();
  }
  waitEnds(reject: (reason: unknown) => void): void {
    this.waits.delete(reject);
  }
  throwIfCancelled(): void {
    if (this.cancelled !== undefined) throw this.cancelled;
  }
  cancel(error: Error): void {
    this.cancelled = error;
    for (const reject of this.waits) reject(error);
    this.waits.clear();
  }
  /** The producer is ahead. */
  async ahead(): Promise<void> {
    if (this.waits.size === 0) await new Promise<void>((resolve) => this.#changed.push(resolve));
  }
}

function produce(
  iterator: AnyIterator,
  streamBuffer = 4,
): { task: StandIn; producer: StreamProducer; ended: Promise<void> } {
  const task = new StandIn(streamBuffer);
  const producer = new StreamProducer(task as unknown as RunningTask, iterator, {
    ...systemClock,
    nowMs: () => 0,
  });
  return { task, producer, ended: producer.run() };
}

function* count(to: number, log: string[] = []): Generator<number, string> {
  try {
    for (let n = 0; n < to; n++) yield n;
    return "ignored";
  } finally {
    log.push("closed");
  }
}

test("it produces so many, waits, and goes on as they are consumed", async () => {
  const { task, producer, ended } = produce(count(7));
  await task.ahead();
  assert.deepEqual(task.sent, [0, 1, 2, 3]);
  producer.consumed(1);
  await task.ahead();
  assert.deepEqual(task.sent, [0, 1, 2, 3, 4]);
  producer.consumed(1);
  assert.equal(task.waits.size, 1, "that is no news");
  producer.consumed(3);
  await task.ahead();
  assert.deepEqual(task.sent, [0, 1, 2, 3, 4, 5, 6]);
  producer.consumed(4);
  await ended;
  assert.equal(task.waits.size, 0);
});

test("whatever is consumed when, it is never too far ahead, and all elements go out", async () => {
  const steps = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 6 }), steps, async (buffer, consumed) => {
      const { task, producer, ended } = produce(count(40), buffer);
      let total = 0;
      for (const step of [...consumed, ...Array<number>(40).fill(1)]) {
        await Promise.race([task.ahead(), ended]);
        assert(task.sent.length <= total + buffer, `${task.sent.length} of ${total}`);
        total = Math.min(total + step, task.sent.length);
        producer.consumed(total);
      }
      await ended;
      assert.deepEqual(task.sent, [...Array(40).keys()]);
    }),
  );
});

test("bytes count too, and one element may always be ahead", async () => {
  const sizes = [STREAM_AHEAD_BYTES_MAX * 2, STREAM_AHEAD_BYTES_MAX / 2];
  for (const [index, expected] of [1, 2].entries()) {
    const task = new StandIn(100);
    task.sizeBytes = sizes[index]!;
    const producer = new StreamProducer(task as unknown as RunningTask, count(3), {
      ...systemClock,
      nowMs: () => 0,
    });
    const ended = producer.run();
    await task.ahead();
    assert.equal(task.sent.length, expected);
    for (let n = 1; n <= 3; n++) {
      producer.consumed(n);
      await Promise.race([task.ahead(), ended]);
    }
    await ended;
    assert.equal(task.sent.length, 3);
  }
});

test("stopped: it is closed, while it waits and before it begins", async () => {
  const log: string[] = [];
  const waiting = produce(count(100, log));
  await waiting.task.ahead();
  waiting.producer.stop();
  await waiting.ended;
  assert.deepEqual([waiting.task.sent.length, log], [4, ["closed"]]);
  const task = new StandIn(4);
  const producer = new StreamProducer(task as unknown as RunningTask, count(9), {
    ...systemClock,
    nowMs: () => 0,
  });
  producer.stop();
  await producer.run();
  assert.deepEqual(task.sent, []);
});

test("cancelled: it is closed and rejects with the reason", async () => {
  const log: string[] = [];
  const { task, ended } = produce(count(100, log));
  await task.ahead();
  task.cancel(new Error("enough"));
  await assert.rejects(ended, { message: "enough" });
  assert.deepEqual(log, ["closed"]);
});

test("what cannot be sent closes it; what it throws then does not hide why", async () => {
  const log: string[] = [];
  function* unsendable(): Generator<unknown> {
    try {
      yield 1;
      yield new WeakMap();
    } finally {
      log.push("closed");
      throw new Error("hides");
    }
  }
  const { task, ended } = produce(unsendable());
  await assert.rejects(ended, { message: "unsendable" });
  assert.deepEqual([task.sent, log], [[1], ["closed"]]);
});

test("asynchronous ones, promises that are yielded, and iterators written by hand", async () => {
  async function* later(): AsyncGenerator<number> {
    yield 1;
    await new Promise(setImmediate);
    yield 2;
  }
  const asynchronous = produce(later());
  await asynchronous.ended;
  assert.deepEqual(asynchronous.task.sent, [1, 2]);
  const promised = produce(
    [Promise.resolve(1), 2, { then: (go: (n: 3) => void) => go(3) }].values(),
  );
  await promised.ended;
  assert.deepEqual(promised.task.sent, [1, 2, 3]);
  let n = 0;
  const byHand = produce({ next: () => ({ done: n === 3, value: n++ }) }, 10);
  await byHand.ended;
  assert.deepEqual(byHand.task.sent, [0, 1, 2]);
});

test("what is an iterator", () => {
  for (const value of [count(1), [].values(), { next: () => undefined }]) assert(isIterator(value));
  for (const value of [[], null, undefined, "x", { next: 1 }, () => 1]) assert(!isIterator(value));
});
