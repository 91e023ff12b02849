/** In which order the calls of actors run, how many at a time, and how single ones are ended. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { cancel, context, remote, type ActorHandle, type ObjectRef } from "mobula";
import { announce, takePermit } from "../support/rendezvous.mjs";
import { useRuntime } from "../support/runtime.ts";

const fixture = useRuntime();

/** Writes down what it is called with, and what runs at the same time. */
class Recorder {
  readonly #log: unknown[] = [];
  #running = 0;
  #most = 0;
  note(value: unknown): number {
    return this.#log.push(value);
  }
  async slowly(value: unknown): Promise<void> {
    this.#log.push(`${String(value)} begins`);
    for (let i = 0; i < 3; i++) await new Promise(setImmediate);
    this.#log.push(`${String(value)} ends`);
  }
  async hold(events: string, permits: string, name: string): Promise<string> {
    this.#most = Math.max(this.#most, ++this.#running);
    announce(events, `${name} begins`);
    await takePermit(permits);
    this.#running--;
    this.#log.push(name);
    return name;
  }
  async untilAborted(events: string): Promise<string> {
    const { signal } = context();
    announce(events, "waits");
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    announce(events, `aborted ${(signal.reason as Error).name}`);
    return "aborted";
  }
  log(): unknown[] {
    return this.#log;
  }
  most(): number {
    return this.#most;
  }
}

const RemoteRecorder = remote(Recorder);
type Handle = ActorHandle<Recorder>;

function pipes() {
  return { events: fixture.sandbox.events(), permits: fixture.sandbox.permits() };
}

/** A value that comes when the test says so. */
const late = remote(async (permits: string, value: unknown) => {
  await takePermit(permits);
  return value;
});
const lateFailure = remote(async (permits: string): Promise<never> => {
  await takePermit(permits);
  throw new RangeError("late");
});

test("many calls run in the order in which they were made, one after the other", async () => {
  using recorder = new RemoteRecorder();
  const refs: ObjectRef<unknown>[] = [];
  for (let i = 0; i < 200; i++) refs.push(i % 3 === 0 ? recorder.slowly(i) : recorder.note(i));
  await Promise.all(refs);
  const expected: unknown[] = [];
  for (let i = 0; i < 200; i++) {
    if (i % 3 === 0) expected.push(`${i} begins`, `${i} ends`);
    else expected.push(i);
  }
  assert.deepEqual(await recorder.log(), expected);
});

test("an argument that is late holds up the calls after it, but nobody else's", async () => {
  const { permits } = pipes();
  using recorder = new RemoteRecorder();
  const argument = late(permits.path, "late");
  const first = recorder.note(argument);
  const second = recorder.note("second");
  const other = remote(async (handle: Handle) => await handle.note("other"));
  assert.equal(await other(recorder), 1);
  permits.give();
  assert.deepEqual(await Promise.all([first, second]), [2, 3]);
  assert.deepEqual(await recorder.log(), ["other", "late", "second"]);
});

test("arguments that come in another order, fail, or are cancelled keep the order", async () => {
  const gates = [0, 1, 2, 3].map(() => fixture.sandbox.permits());
  using recorder = new RemoteRecorder();
  const slow = remote(async (path: string, value: unknown) => {
    await takePermit(path);
    return value;
  }).options({ numCpus: 0 });
  const args = [0, 1, 3].map((i) => slow(gates[i]!.path, i));
  const failing = lateFailure.options({ numCpus: 0 })(gates[2]!.path);
  const refs = [
    recorder.note(args[0]),
    recorder.note(args[1]),
    recorder.note(failing),
    recorder.note(args[2]),
    recorder.note("last"),
  ];
  gates[3]!.give();
  await args[2];
  gates[2]!.give();
  await assert.rejects(refs[2]!, { name: "RangeError", message: "late" });
  cancel(args[1]!);
  await assert.rejects(refs[1]!, { name: "TaskCancelledError" });
  gates[1]!.give();
  gates[0]!.give();
  await Promise.all([refs[0], refs[3], refs[4]]);
  assert.deepEqual(await recorder.log(), [0, 3, "last"]);
});

test("results of an actor's own calls are arguments of its next ones", async () => {
  using recorder = new RemoteRecorder();
  let ref: ObjectRef<unknown> = recorder.note("first");
  for (let i = 0; i < 50; i++) ref = recorder.note(ref);
  assert.equal(await ref, 51);
  assert.deepEqual((await recorder.log()).slice(0, 4), ["first", 1, 2, 3]);
  using other = new RemoteRecorder();
  assert.equal(await other.note(recorder.note(other.note(recorder.note(0)))), 2);
});

test("each caller has its own order: tasks and the program", async () => {
  using recorder = new RemoteRecorder();
  const call = remote(async (handle: Handle, name: string) => {
    const refs: ObjectRef<number>[] = [];
    for (let i = 0; i < 20; i++) refs.push(handle.note(`${name}${i}`));
    await Promise.all(refs);
  });
  await Promise.all([call(recorder, "a"), call(recorder, "b"), call(recorder, "c")]);
  const log = (await recorder.log()) as string[];
  for (const name of ["a", "b", "c"]) {
    const own = log.filter((entry) => entry.startsWith(name));
    assert.deepEqual(
      own,
      Array.from({ length: 20 }, (_, i) => `${name}${i}`),
    );
  }
});

test("one at a time is the default, whatever waits inside", async () => {
  const { events, permits } = pipes();
  using recorder = new RemoteRecorder();
  const refs = ["a", "b"].map((name) => recorder.hold(events.path, permits.path, name));
  assert.equal(await events.next(), "a begins");
  permits.give();
  assert.equal(await refs[0], "a");
  assert.equal(await events.next(), "b begins");
  permits.give();
  await refs[1];
  assert.equal(await recorder.most(), 1);
});

test("with maxConcurrency so many interleave, and no more", async () => {
  const { events, permits } = pipes();
  using recorder = new (RemoteRecorder.options({ maxConcurrency: 3 }))();
  const names = ["a", "b", "c", "d", "e"];
  const refs = names.map((name) => recorder.hold(events.path, permits.path, name));
  for (const name of ["a", "b", "c"]) assert.equal(await events.next(), `${name} begins`);
  assert.deepEqual(events.pending, []);
  permits.give();
  assert.equal(await events.next(), "d begins");
  permits.give(4);
  assert.deepEqual(await Promise.all(refs), names);
  assert.equal(await recorder.most(), 3);
});

test("without a limit all run at once", async () => {
  const { events, permits } = pipes();
  using recorder = new (RemoteRecorder.options({ maxConcurrency: Infinity }))();
  const refs = Array.from({ length: 12 }, (_, i) =>
    recorder.hold(events.path, permits.path, String(i)),
  );
  for (let i = 0; i < 12; i++) assert.equal(await events.next(), `${i} begins`);
  // Each holds a thread of its process' pool: they are let go one by one.
  for (let i = 0; i < 12; i++) permits.give();
  await Promise.all(refs);
  assert.equal(await recorder.most(), 12);
});

test("groups have limits of their own, beside the others' limit", async () => {
  const { events, permits } = pipes();
  class Server {
    async load(events: string, permits: string, name: string): Promise<void> {
      announce(events, name);
      await takePermit(permits);
    }
    async save(events: string, permits: string, name: string): Promise<void> {
      await this.load(events, permits, name);
    }
    ping(): number {
      return 1;
    }
  }
  const options = { concurrencyGroups: { io: { maxConcurrency: 2, methods: ["load"] } } } as const;
  using server = new (remote(Server, options))();
  const { path } = events;
  const loads = ["l1", "l2", "l3"].map((name) => server.load(path, permits.path, name));
  assert.deepEqual([await events.next(), await events.next()].sort(), ["l1", "l2"]);
  assert.equal(await server.ping(), 1, "other methods do not wait for them");
  const saves = ["s1", "s2"].map((name) => server.save(path, permits.path, name));
  assert.equal(await events.next(), "s1");
  assert.deepEqual(events.pending, []);
  permits.give(5);
  await Promise.all([...loads, ...saves]);
  assert.deepEqual([await events.next(), await events.next()].sort(), ["l3", "s2"]);
});

test("maxPendingCalls: one more throws at the call, until there is room", async () => {
  const { events, permits } = pipes();
  using recorder = new (RemoteRecorder.options({ maxPendingCalls: 2 }))();
  const refs = ["a", "b"].map((name) => recorder.hold(events.path, permits.path, name));
  await events.take("a begins");
  assert.throws(
    () => recorder.note(1),
    (error: Error & { code?: string; maxPendingCalls?: number }) => {
      assert.equal(error.name, "PendingCallsLimitError");
      assert.equal(error.maxPendingCalls, 2);
      const actorId = /\(([\w-]+)\)/.exec(inspect(recorder))![1]!;
      assert.equal(
        error.message,
        `Cannot call Recorder.note: 2 calls of actor ${actorId} are pending, as many as its ` +
          "maxPendingCalls; await some of them first",
      );
      return true;
    },
  );
  permits.give();
  await refs[0];
  const third = recorder.note(1);
  assert.throws(() => recorder.note(2), { code: "PENDING_CALLS_LIMIT" });
  permits.give();
  await Promise.all([refs[1], third]);
  for (let i = 0; i < 10; i++) await recorder.note(i);
});

test("a cancelled call that waits for its turn or an argument never runs", async () => {
  const { events, permits } = pipes();
  using recorder = new RemoteRecorder();
  const held = recorder.hold(events.path, permits.path, "held");
  await events.take("held begins");
  const argument = late(permits.path, 1);
  const refs = [recorder.note("queued"), recorder.note(argument), recorder.note("after")];
  cancel(refs[0]!);
  cancel(refs[1]!);
  const message = `Cannot get result ${refs[0]!.id} of Recorder.note: cancelled`;
  await assert.rejects(refs[0]!, { name: "TaskCancelledError", message });
  await assert.rejects(refs[1]!, { name: "TaskCancelledError" });
  permits.give(2);
  await Promise.all([held, refs[2], argument]);
  assert.deepEqual(await recorder.log(), ["held", "after"]);
});

test("a cancelled call rejects at once; its place is free when it has ended", async () => {
  const { events } = pipes();
  using recorder = new RemoteRecorder();
  const ref = recorder.untilAborted(events.path);
  await events.take("waits");
  const next = recorder.note("next");
  cancel(ref);
  await assert.rejects(ref, { name: "TaskCancelledError" });
  assert.equal(await events.next(), "aborted TaskCancelledError");
  assert.equal(await next, 1);
  cancel(next);
  assert.equal(await next, 1);
});

test("a forced cancel does not end the actor either", async () => {
  const { events } = pipes();
  using recorder = new RemoteRecorder();
  await recorder.note("kept");
  const ref = recorder.untilAborted(events.path);
  await events.take("waits");
  cancel(ref, { force: true });
  await assert.rejects(ref, { name: "TaskCancelledError" });
  await events.take("aborted TaskCancelledError");
  assert.deepEqual(await recorder.log(), ["kept"]);
});

test("what a cancelled method awaits rejects; what it has called goes on by itself", async () => {
  const { events, permits } = pipes();
  class Waiter {
    async wait(events: string, [inner]: ObjectRef<unknown>[]): Promise<string> {
      announce(events, "waits");
      try {
        await inner!;
        return "over";
      } catch (error) {
        announce(events, (error as Error).name);
        return "rejected";
      }
    }
    alive(): boolean {
      return true;
    }
  }
  using waiter = new (remote(Waiter))();
  const inner = late(permits.path, 5);
  const ref = waiter.wait(events.path, [inner]);
  await events.take("waits");
  cancel(ref);
  await assert.rejects(ref, { name: "TaskCancelledError" });
  assert.equal(await events.next(), "TaskCancelledError");
  assert.equal(await waiter.alive(), true);
  permits.give();
  assert.equal(await inner, 5);
});

test("a signal cancels with its reason: before, while queued, while running", async () => {
  const { events } = pipes();
  using recorder = new RemoteRecorder();
  const reason = new RangeError("enough");
  const early = recorder.note.options({ signal: AbortSignal.abort(reason) })("early");
  await assert.rejects(early, (error) => error === reason);
  const running = new AbortController();
  const queueing = new AbortController();
  const ref = recorder.untilAborted.options({ signal: running.signal })(events.path);
  await events.take("waits");
  const queued = recorder.note.options({ signal: queueing.signal })("queued");
  const last = recorder.note("last");
  queueing.abort();
  await assert.rejects(queued, (error) => error === queueing.signal.reason);
  running.abort(reason);
  await assert.rejects(ref, (error) => error === reason);
  assert.equal(await events.next(), "aborted RangeError");
  assert.equal(await last, 1);
  assert.deepEqual(await recorder.log(), ["last"]);
});

test("timeoutMs counts from the start of the call, and does not end the actor", async () => {
  const { events, permits } = pipes();
  using recorder = new RemoteRecorder();
  using witness = new RemoteRecorder();
  const held = recorder.hold(events.path, permits.path, "held");
  await events.take("held begins");
  const waiting = recorder.note.options({ timeoutMs: 300 })("waited");
  const slow = recorder.untilAborted.options({ timeoutMs: 20 })(events.path);
  // Its time is up when that of the call that waits would be.
  const other = fixture.sandbox.events();
  const passed = witness.untilAborted.options({ timeoutMs: 300 })(other.path);
  await assert.rejects(passed, { name: "TaskTimeoutError" });
  permits.give();
  await held;
  assert.equal(await waiting, 2, "while it waited, its time did not count");
  await assert.rejects(slow, {
    name: "TaskTimeoutError",
    message:
      "Cannot finish Recorder.untilAborted: it ran for longer than its timeoutMs of 20; " +
      "give it more time, or less to do",
  });
  await events.take("aborted TaskTimeoutError");
  assert.equal(await recorder.note("on"), 3);
});

test("calls that are made while the constructor runs, or waits, keep their order", async () => {
  const { events, permits } = pipes();
  class Slow {
    readonly #log: unknown[];
    constructor(first: unknown, events: string) {
      this.#log = [first];
      announce(events, "constructed");
    }
    note(value: unknown): unknown[] {
      this.#log.push(value);
      return this.#log;
    }
  }
  using slow = new (remote(Slow))(late(permits.path, "first"), events.path);
  const refs = [slow.note(1), slow.note(2)];
  assert.deepEqual(events.pending, []);
  permits.give();
  assert.deepEqual(await refs[1], ["first", 1, 2]);
  await events.take("constructed");
});

test("thousands of calls at once keep their order, from several callers", async () => {
  using recorder = new (RemoteRecorder.options({ maxConcurrency: 10 }))();
  const refs: ObjectRef<number>[] = [];
  for (let i = 0; i < 5_000; i++) refs.push(recorder.note(i));
  await Promise.all(refs);
  assert.deepEqual(
    await recorder.log(),
    Array.from({ length: 5_000 }, (_, i) => i),
  );
});
