/** Streams that are not read to the end: generators are closed, whoever leaves them and however. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { ActorDiedError, kill, remote, WorkerCrashedError } from "mobula";
import { collectGarbage } from "../support/garbage.ts";
import { announce, takePermit, takePermitSync } from "../support/rendezvous.mjs";
import { processesOnly, useRuntime } from "../support/runtime.ts";
import { done, outcomeOf, restOf } from "../support/streams.ts";
import { eventually } from "../support/within.ts";

const fixture = useRuntime({ logToDriver: false });
const crashes = processesOnly("a process ends");

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
const endlessLater = remote(async function* endlessLater(events: string) {
  try {
    for (let n = 0; ; n++) yield await Promise.resolve(n);
  } finally {
    await new Promise(setImmediate);
    announce(events, "closed");
  }
});
const add = remote((a: number, b: number) => a + b);

/** The program leaves the loop. */
const exits: Readonly<Record<string, (elements: AsyncIterable<unknown>) => Promise<unknown>>> = {
  break: async (elements) => {
    for await (const element of elements) if (element !== undefined) break;
  },
  return: async (elements) => {
    for await (const element of elements) return element;
    return undefined;
  },
  throw: async (elements) => {
    const thrown = async (): Promise<void> => {
      for await (const element of elements) if (element !== "") throw new Error("mine");
    };
    await assert.rejects(thrown(), { message: "mine" });
  },
  "a destructuring of one element": async (elements) => {
    const iterator = elements[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.return!();
    assert.deepEqual(await iterator.next(), done);
  },
};

for (const [name, exit] of Object.entries(exits)) {
  test(`the loop is left by ${name}: the generator's finally runs`, async () => {
    const events = fixture.sandbox.events();
    await exit(endless(events.path));
    await events.take("closed");
    await exit(endlessLater(events.path));
    await events.take("closed");
    await exit(endless.options({ streamBuffer: 1 })(events.path).refs());
    await events.take("closed");
    assert(!events.pending.includes("closed"));
  });
}

test("await using closes a stream, read or not", async () => {
  const read = fixture.sandbox.events();
  {
    await using stream = endless(read.path);
    for await (const n of stream) if (n === 3) break;
    await read.take("closed");
  }
  const unread = fixture.sandbox.events();
  const stream = endless(unread.path);
  {
    await using same = stream;
    assert.equal(same, stream);
    await unread.take("made 5");
  }
  await stream[Symbol.asyncDispose]();
  await unread.take("closed");
  assert.deepEqual(await outcomeOf(stream), { all: [], error: undefined });
});

test("a stream that nobody holds any more is closed", async () => {
  const events = fixture.sandbox.events();
  await (async () => {
    endless(events.path);
    await events.take("made 10");
  })();
  await eventually(async () => {
    await collectGarbage();
    return events.pending.includes("closed") ? undefined : "it was not closed";
  });
});

test("an iterator that nobody holds any more closes its stream", async () => {
  const events = fixture.sandbox.events();
  await (async () => {
    const iterator = endless.options({ streamBuffer: 2 })(events.path)[Symbol.asyncIterator]();
    await iterator.next();
  })();
  await eventually(async () => {
    await collectGarbage();
    return events.pending.includes("closed") ? undefined : "it was not closed";
  });
});

test("closed before it was begun: it waits for an argument, or for a core", async () => {
  const events = fixture.sandbox.events();
  const permits = fixture.sandbox.permits();
  const hold = remote(async (events: string, permits: string) => {
    announce(events, "held");
    await takePermit(permits);
    return "late";
  });
  const [first, second] = [hold(events.path, permits.path), hold(events.path, permits.path)];
  await events.take("held");
  await events.take("held");
  const waiting = remote(function* (events: string, _argument: string) {
    announce(events, "ran");
    yield 1;
  });
  await waiting(events.path, first)[Symbol.asyncDispose]();
  await waiting(events.path, "")[Symbol.asyncDispose]();
  permits.give(2);
  await Promise.all([first, second]);
  assert.equal(await add(1, 1), 2);
  assert.deepEqual(events.pending, []);
});

test("closed at once, wherever it is then: its worker is free again", async () => {
  const events = fixture.sandbox.events();
  for (let i = 0; i < 40; i++) {
    const code = new Uint8Array(i * 5_000);
    const fresh = remote(async function* (events: string) {
      await import("node:zlib");
      announce(events, code.length);
      for (;;) yield code;
    });
    const stream = fresh.options({ streamBuffer: 3 })(events.path);
    for (let turn = 0; turn < i; turn++) await new Promise(setImmediate);
    await stream[Symbol.asyncDispose]();
  }
  assert.equal(await add(1, 1), 2);
});

class Source {
  readonly #events: string;
  constructor(events: string) {
    this.#events = events;
  }
  *numbers(): Generator<number> {
    announce(this.#events, "begun");
    try {
      for (let n = 0; ; n++) yield n;
    } finally {
      announce(this.#events, "closed");
    }
  }
  async hold(permits: string): Promise<void> {
    announce(this.#events, "held");
    await takePermit(permits);
  }
  /** Takes its turn. */
  ping(): number {
    return process.pid;
  }
}
const RemoteSource = remote(Source);

test("an actor's stream that is closed while the call is queued never runs", async () => {
  const events = fixture.sandbox.events();
  const permits = fixture.sandbox.permits();
  using source = new RemoteSource(events.path);
  const held = source.hold(permits.path);
  await events.take("held");
  const stream = source.numbers.options({ streamBuffer: 2 })();
  await stream[Symbol.asyncDispose]();
  const ping = source.ping();
  permits.give();
  await held;
  assert(Number.isInteger(await ping));
  assert.deepEqual(events.pending, []);
});

test("an actor's stream that is closed before the actor is there never runs", async () => {
  const events = fixture.sandbox.events();
  using source = new RemoteSource(events.path);
  await source.numbers()[Symbol.asyncDispose]();
  await source.ping();
  assert.deepEqual(events.pending, []);
});

test("a worker that dies in the middle: what had come, then the error", crashes, async () => {
  const permits = fixture.sandbox.permits();
  const leaving = remote(function* leaving(permits: string) {
    for (let n = 0; n < 3; n++) yield n;
    takePermitSync(permits);
    process.exit(7);
  });
  const iterator = leaving.options({ streamBuffer: 3 })(permits.path)[Symbol.asyncIterator]();
  for (let n = 0; n < 3; n++) assert.deepEqual(await iterator.next(), { done: false, value: n });
  permits.give();
  await assert.rejects(iterator.next(), (error) => {
    assert(error instanceof WorkerCrashedError);
    assert.equal(error.exitCode, 7);
    assert.match(error.message, /^Cannot finish task leaving: its worker \d+ exited with code 7/);
    return true;
  });
  assert.deepEqual(await iterator.next(), done);
});

test("elements that came before the worker died are read after its death", crashes, async () => {
  const pids = remote(async function* (events: string, permits: string) {
    yield process.pid;
    yield 1;
    yield 2;
    // The elements leave with the turn in which they were yielded.
    await new Promise(setImmediate);
    announce(events, "sent");
    await takePermit(permits);
  });
  const [events, permits] = [fixture.sandbox.events(), fixture.sandbox.permits()];
  const iterator = pids(events.path, permits.path)[Symbol.asyncIterator]();
  const pid = (await iterator.next()).value as number;
  assert.equal(await events.next(), "sent");
  process.kill(pid, "SIGKILL");
  await fixture.gone(pid);
  const { all, error } = await outcomeOf(restOf(iterator));
  assert.deepEqual(all, [1, 2]);
  assert(error instanceof WorkerCrashedError && error.signal === "SIGKILL");
});

test("a consumer that dies: its generators end with their workers", crashes, async () => {
  const pids = remote(function* () {
    for (;;) yield process.pid;
  });
  const events = fixture.sandbox.events();
  const die = remote(async (events: string) => {
    for await (const pid of pids()) {
      announce(events, pid);
      process.kill(process.pid, "SIGKILL");
    }
  });
  await assert.rejects(die(events.path), { name: "WorkerCrashedError" });
  await fixture.gone(Number(await events.next()));
});

test("a consumer that dies: an actor's streams, begun and queued, end", crashes, async () => {
  const events = fixture.sandbox.events();
  using source = new RemoteSource(events.path);
  const die = remote(async ([handle]: [typeof source]) => {
    const stream = handle.numbers.options({ streamBuffer: 2 })();
    const queued = [handle.numbers(), handle.numbers()];
    for await (const n of stream) if (n > queued.length) process.kill(process.pid, "SIGKILL");
  });
  await assert.rejects(die([source]), { name: "WorkerCrashedError" });
  await events.take("closed");
  assert(Number.isInteger(await source.ping()));
});

test("an actor that is killed in the middle of a stream", crashes, async () => {
  const events = fixture.sandbox.events();
  const source = new RemoteSource(events.path);
  const iterator = source.numbers()[Symbol.asyncIterator]();
  assert.equal((await iterator.next()).value, 0);
  await kill(source);
  const { all, error } = await outcomeOf(restOf(iterator));
  assert(error instanceof ActorDiedError, String(error));
  assert.match(error.message, /^Cannot call Source\.numbers: actor \S+ .*it was killed/);
  assert.deepEqual(
    all,
    all.map((_, index) => index + 1),
  );
});

test("an actor that is started again: a stream is not begun twice", crashes, async () => {
  const events = fixture.sandbox.events();
  const options = { maxRestarts: 1, maxTaskRetries: 5 };
  using source = new (RemoteSource.options(options))(events.path);
  const pid = await source.ping();
  const iterator = source.numbers.options({ streamBuffer: 4 })()[Symbol.asyncIterator]();
  for (let n = 0; n < 4; n++) assert.equal((await iterator.next()).value, n);
  process.kill(pid, "SIGKILL");
  const { all, error } = await outcomeOf(restOf(iterator));
  assert.deepEqual(
    all,
    all.map((_, index) => index + 4),
  );
  assert.equal(error?.name, "ActorUnavailableError");
  assert.notEqual(await source.ping(), pid);
});
