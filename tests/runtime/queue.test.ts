/**
 * `Queue`: a bounded queue that the program, tasks and actors share.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { cancel, put, Queue, QueueEmptyError, remote, type ObjectRef } from "mobula";
import { announce, takePermit, takePermitSync } from "../support/rendezvous.mjs";
import { processesOnly, useRuntime } from "../support/runtime.ts";
import { within } from "../support/within.ts";

const fixture = useRuntime();

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

test("items come out in the order in which they were put, whatever they are", async () => {
  await using queue = new Queue<unknown>();
  const items = [1, undefined, null, { at: new Map([[1, new Date(5)]]) }, [[]], "x", -0];
  for (const item of items) await queue.put(item);
  assert.equal(await queue.size(), items.length);
  const got: unknown[] = [];
  while (got.length < items.length) got.push(await queue.get());
  assert.deepEqual(got, items);
  assert.deepEqual([await queue.isEmpty(), await queue.isFull()], [true, false]);
});

test("an item is what it was when it was put", async () => {
  await using queue = new Queue<number[]>();
  const list = [1];
  const first = queue.put(list);
  list.push(2);
  await first;
  assert.deepEqual(await queue.get(), [1]);
});

test("a full queue makes who puts wait, in order", async () => {
  await using queue = new Queue<number>({ maxSize: 2 });
  const order: string[] = [];
  const puts = numbers(5).map((n) => queue.put(n).then(() => void order.push(`put ${n}`)));
  await Promise.all(puts.slice(0, 2));
  assert.equal(await queue.isFull(), true);
  assert.deepEqual(order, ["put 0", "put 1"]);
  const got: number[] = [];
  while (got.length < puts.length) got.push(await queue.get());
  await Promise.all(puts);
  assert.deepEqual(got, numbers(5));
  assert.deepEqual(
    order,
    numbers(5).map((n) => `put ${n}`),
  );
});

test("getters are served in the order in which they came", async () => {
  await using queue = new Queue<number>();
  const gets = numbers(5).map(() => queue.get());
  await queue.putBatch([0, 1, 2]);
  await queue.put(3);
  await queue.put(4);
  assert.deepEqual(await Promise.all(gets), numbers(5));
});

test("without waiting, and with a deadline", async () => {
  await using queue = new Queue<string>({ maxSize: 1 });
  await assert.rejects(queue.getNowait(), {
    code: "QUEUE_EMPTY",
    message: "Cannot get 1 item of the queue: it has 0; try again later, or wait longer",
    size: 0,
  });
  await assert.rejects(queue.get({ timeoutMs: 1 }), (error) => {
    return error instanceof QueueEmptyError && error.message.includes("after timeoutMs of 1;");
  });
  await queue.putNowait("a");
  for (const full of [queue.putNowait("b"), queue.put("b", { timeoutMs: 1 })]) {
    await assert.rejects(full, { code: "QUEUE_FULL", size: 1, maxSize: 1 });
  }
  assert.equal(await queue.getNowait(), "a");
  assert.equal(await queue.isEmpty(), true, "what had no room has not been put later");
});

test("batches go in and come out whole", async () => {
  await using queue = new Queue<number>({ maxSize: 4 });
  const three = queue.getBatch(3);
  await queue.putBatch([1, 2]);
  await queue.put(3);
  assert.deepEqual(await three, [1, 2, 3]);
  await queue.putNowaitBatch(new Set([4, 5, 6]));
  await assert.rejects(queue.putNowaitBatch([7, 8]), { code: "QUEUE_FULL", size: 3 });
  await assert.rejects(queue.getNowaitBatch(4), { code: "QUEUE_EMPTY", size: 3 });
  const waits = queue.putBatch([7, 8]);
  assert.deepEqual(await queue.getNowaitBatch(1), [4]);
  await waits;
  assert.deepEqual(await queue.getNowaitBatch(4), [5, 6, 7, 8]);
  await queue.putBatch([]);
  await assert.rejects(queue.putBatch(numbers(5)), {
    code: "INVALID_OPTION",
    message:
      "Cannot put 5 items in the queue: it never has room for more than its maxSize of 4; " +
      "put fewer at once",
  });
  await assert.rejects(queue.getBatch(5), { code: "INVALID_OPTION", value: 5 });
});

test("a closed queue gives what it has, and ends the loops over it", async () => {
  await using queue = new Queue<number>({ maxSize: 3 });
  await queue.putBatch([1, 2, 3]);
  const refused = queue.put(4);
  await queue.close();
  await assert.rejects(refused, { code: "QUEUE_CLOSED" });
  assert.deepEqual(await queue.getBatch(2), [1, 2]);
  const seen: number[] = [];
  for await (const item of queue) seen.push(item);
  assert.deepEqual(seen, [3]);
  await assert.rejects(queue.get(), {
    code: "QUEUE_CLOSED",
    message: "Cannot get 1 item of the queue: it is closed and empty; stop getting",
  });
});

test("a loop that is left takes no item along", async () => {
  await using queue = new Queue<number>();
  await queue.putBatch([1, 2, 3]);
  for await (const item of queue) if (item === 1) break;
  assert.deepEqual(await queue.getBatch(2), [2, 3]);
});

test("a queue goes wherever a handle goes, and stays the same queue", async () => {
  await using queue = new Queue<string>();
  const argument = remote(async (one: Queue<string>) => {
    await one.put("argument");
    return { one };
  });
  const captured = remote(async () => {
    await queue.put("captured");
  });
  class Holder {
    readonly #queue: Queue<string>;
    constructor({ kept }: { kept: Queue<string> }) {
      this.#queue = kept;
    }
    async fill(): Promise<void> {
      await this.#queue.put("held");
    }
  }
  await captured();
  const { one } = await argument(queue);
  assert(one instanceof Queue);
  await one.put("returned");
  const stored = await put({ one });
  await stored.one.put("stored");
  using holder = new (remote(Holder))({ kept: queue });
  await holder.fill();
  await using queues = new Queue<Queue<string>>();
  await queues.put(queue);
  await (await queues.get()).put("queued");
  assert.deepEqual(await queue.getNowaitBatch(6), [
    "captured",
    "argument",
    "returned",
    "stored",
    "held",
    "queued",
  ]);
});

test("a task can make a queue and hand it on", async () => {
  const make = remote(async () => {
    const queue = new Queue<number>({ maxSize: 3 });
    await queue.putBatch([1, 2, 3]);
    return queue;
  });
  const queue = await make();
  assert.deepEqual(await queue.getBatch(3), [1, 2, 3]);
  await queue.shutdown();
});

test("producers and consumers in tasks, through a small queue", async () => {
  await using queue = new Queue<number>({ maxSize: 2 });
  await using results = new Queue<number>();
  const produce = remote(async (from: number) => {
    for (let n = from; n < from + 50; n++) await queue.put(n);
  });
  const consume = remote(async () => {
    let count = 0;
    for await (const n of queue) {
      await results.put(n);
      count++;
    }
    return count;
  });
  // More tasks than cores: those that wait for the queue must not keep the others from running.
  const consumers = numbers(3).map(() => consume());
  await Promise.all([0, 50, 100].map((from) => produce(from)));
  await queue.close();
  const counts = await Promise.all(consumers);
  assert.equal(
    counts.reduce((one, other) => one + other),
    150,
  );
  const seen = await results.getNowaitBatch(150);
  assert.deepEqual(
    seen.toSorted((one, other) => one - other),
    numbers(150),
  );
});

test("refs in a queue: nested they stay refs", async () => {
  await using queue = new Queue<{ ref: ObjectRef<number> }>();
  await queue.put({ ref: put(5) });
  const { ref } = await queue.get();
  assert.equal(Object.prototype.toString.call(ref), "[object ObjectRef]");
  assert.equal(await ref, 5);
});

test("a getter that is aborted takes no item", async () => {
  await using queue = new Queue<string>();
  const reason = new Error("enough");
  const controller = new AbortController();
  const getting = queue.get({ signal: controller.signal });
  const patient = queue.get();
  await queue.size();
  controller.abort(reason);
  await assert.rejects(getting, (error) => error === reason);
  await queue.put("a");
  assert.equal(await patient, "a");
  await assert.rejects(queue.get({ signal: controller.signal }), (error) => error === reason);
  await queue.put("b");
  assert.equal(await queue.getNowait(), "b");
});

test("an aborted put leaves its item out", async () => {
  await using queue = new Queue<string>({ maxSize: 1 });
  await queue.put("a");
  const controller = new AbortController();
  const putting = queue.put("b", { signal: controller.signal });
  await queue.size();
  controller.abort();
  await assert.rejects(putting, { name: "AbortError" });
  assert.equal(await queue.get(), "a");
  assert.equal(await queue.isEmpty(), true);
});

test(
  "an item that is on its way when its getter is aborted goes back to the front",
  processesOnly("the program blocks while the item comes"),
  async () => {
    await using queue = new Queue<string>();
    const events = fixture.sandbox.events();
    const [start, isPut] = [fixture.sandbox.permits(), fixture.sandbox.permits()];
    const paths = { ready: events.path, start: start.path, isPut: isPut.path };
    const putTwo = remote(async () => {
      announce(paths.ready, "ready");
      await takePermit(paths.start);
      await queue.put("first");
      await queue.put("second");
      announce(paths.isPut, "");
    });
    const controller = new AbortController();
    const getting = queue.get({ signal: controller.signal });
    await queue.size();
    const putting = putTwo();
    await events.take("ready");
    // Nothing is read here from now on until the item has left the queue.
    start.give();
    takePermitSync(isPut.path);
    controller.abort();
    await assert.rejects(getting, { name: "AbortError" });
    await putting;
    assert.deepEqual(await within(queue.getBatch(2), "an item is lost"), ["first", "second"]);
  },
);

test("a cancelled task takes no item along", async () => {
  await using queue = new Queue<string>();
  const events = fixture.sandbox.events();
  const { path } = events;
  const consume = remote(async () => {
    const item = queue.get();
    await queue.size();
    announce(path, "waits");
    return item;
  });
  const ref = consume();
  await events.take("waits");
  cancel(ref);
  await assert.rejects(ref, { code: "TASK_CANCELLED" });
  // The first one may go to the getter, which gives it back; the line is empty then.
  await queue.putBatch(["a", "b"]);
  const both = await within(queue.getBatch(2), "an item is lost");
  assert.deepEqual(both.toSorted(), ["a", "b"]);
});

test(
  "a getter takes no item along when its process ends",
  processesOnly("a worker ends its process"),
  async () => {
    await using queue = new Queue<string>();
    const events = fixture.sandbox.events();
    const consume = remote(
      async (path: string) => {
        const item = queue.get();
        await queue.size();
        announce(path, process.pid);
        return item;
      },
      { maxRetries: 0 },
    );
    const ref = consume(events.path);
    const pid = Number(await events.next());
    process.kill(pid, "SIGKILL");
    await assert.rejects(ref, { code: "WORKER_CRASHED" });
    await fixture.gone(pid);
    // The queue hears of it a moment later: what is put before is on its way to the dead.
    let item: string | undefined;
    while (item === undefined) {
      await queue.put("a");
      item = await queue.getNowait().catch((error: unknown) => {
        assert(error instanceof QueueEmptyError);
        return undefined;
      });
    }
    assert.deepEqual([item, await queue.size()], ["a", 0]);
  },
);

test("after shutdown the items are gone, and who waits is told", async () => {
  const queue = new Queue<string>();
  const waiting = queue.get();
  await queue.size();
  const refused = assert.rejects(waiting, { code: "ACTOR_DIED" });
  await queue.shutdown();
  await refused;
  await assert.rejects(queue.put("x"), { code: "ACTOR_DIED" });
  await queue.shutdown();
});

test("wrong uses", async () => {
  const wrong = Queue as unknown as new (...args: unknown[]) => unknown;
  const cases: [unknown, string][] = [
    [{ maxSize: 0 }, "Cannot use option maxSize of Queue: it is 0 and must be a whole number"],
    [{ maxsize: 1 }, "Cannot use option maxsize of Queue: there is no such option; did you mean"],
    [
      { actorOptions: { maxConcurrency: 2 } },
      "Cannot use option actorOptions of Queue: it is an object and cannot say how many calls run",
    ],
    [{ actorOptions: { cpus: 1 } }, "Cannot use option cpus of remote class QueueActor"],
  ];
  for (const [options, start] of cases) {
    assert.throws(
      () => new wrong(options),
      (error: Error) => error.name === "InvalidOptionError" && error.message.startsWith(start),
    );
  }
  await using queue = new Queue<unknown>();
  await assert.rejects(queue.get({ timeoutMs: -1 }), { code: "INVALID_OPTION" });
  await assert.rejects(queue.getBatch(0), {
    message: "Cannot use option count of getBatch: it is 0 and must be a whole number from 1 on",
  });
  await assert.rejects(queue.put(new WeakMap()), { code: "SERIALIZATION" });
});
