import assert from "node:assert/strict";
import { test } from "node:test";
import { STREAM_AHEAD_BYTES_MAX } from "../base/limits.ts";
import { ObjectRecord, type Content, type RecordHome } from "./object-record.ts";
import { plainPayload } from "./payload.ts";
import { StreamInbox, type Arrival } from "./stream-inbox.ts";
import { taskStorage, type TaskScope } from "./task-scope.ts";

const home: RecordHome = { unneeded() {}, request() {}, read() {} };

class Ports {
  readonly log: string[] = [];
  readonly held = {
    register: (_stream: object, inbox: StreamInbox): void => void this.streams.add(inbox),
    unregister: (inbox: object): boolean => this.streams.delete(inbox as StreamInbox),
  };
  /** Of which the collector would tell. */
  readonly streams = new Set<StreamInbox>();
  #count = 0;
  keep(content: Content): ObjectRecord {
    const record = new ObjectRecord(++this.#count, home);
    record.settle(content);
    return record;
  }
  discard(record: ObjectRecord): void {
    this.log.push(`discard ${textOf(record)}`);
  }
  consumed(count: number): void {
    this.log.push(`consumed ${count}`);
  }
  stop(): void {
    this.log.push("stop");
  }
}

function textOf(arrival: Arrival): string {
  if (arrival === "end") return "end";
  const { content } = arrival;
  return content?.kind === "primitive" ? String(content.value) : "payload";
}

const element = (value: number | string): Content => ({ kind: "primitive", value });
const failure: Content = { kind: "error", error: new Error("no more") };

interface Open {
  readonly inbox: StreamInbox;
  readonly end: ObjectRecord;
  readonly log: string[];
  readonly isHeld: () => boolean;
}

function open(aheadMax: number): Open {
  const ports = new Ports();
  const end = new ObjectRecord(1_000, home);
  const inbox = new StreamInbox(end, aheadMax, ports);
  inbox.readThrough({});
  return { inbox, end, log: ports.log, isHeld: () => ports.streams.has(inbox) };
}

test("elements come in order, to who waits and to who comes later", async () => {
  const { inbox, end } = open(100);
  const waiting = [inbox.next(), inbox.next()];
  for (const value of [1, 2, 3]) inbox.push(element(value));
  const late = [inbox.next(), inbox.next()];
  end.settle(element(0));
  const all = await Promise.all([...waiting, ...late, inbox.next()]);
  assert.deepEqual(all.map(textOf), ["1", "2", "3", "end", "end"]);
});

test("what came before a failure is read before its end", async () => {
  const { inbox, end } = open(100);
  inbox.push(element(1));
  end.settle(failure);
  assert.deepEqual([await inbox.next(), await inbox.next()].map(textOf), ["1", "end"]);
});

test("half of what the producer may be ahead is reported together", async () => {
  for (const [aheadMax, expected] of [
    [1, ["consumed 1", "consumed 2", "consumed 3", "consumed 4", "consumed 5"]],
    [3, ["consumed 1", "consumed 2", "consumed 3", "consumed 4", "consumed 5"]],
    [4, ["consumed 2", "consumed 4"]],
    [10, ["consumed 5"]],
    [1_024, []],
  ] as const) {
    const { inbox, log } = open(aheadMax);
    for (let n = 0; n < 5; n++) {
      inbox.push(element(n));
      assert.equal(textOf(await inbox.next()), String(n));
    }
    assert.deepEqual(log, expected, `streamBuffer ${aheadMax}`);
  }
});

test("large elements are reported before the producer stops for their size", async () => {
  const sizeBytes = STREAM_AHEAD_BYTES_MAX / 8;
  for (const content of [
    { kind: "payload", payload: plainPayload(new Uint8Array(sizeBytes)) } as const,
    // As bytes it may be three times as long.
    element("x".repeat(sizeBytes / 3)),
  ]) {
    const { inbox, log } = open(1_000_000);
    for (let n = 0; n < 8; n++) {
      inbox.push(content);
      await inbox.next();
    }
    assert.deepEqual(log, ["consumed 4", "consumed 8"]);
  }
});

test("many small elements too, if more of them may be ahead than there is room for", async () => {
  const { inbox, log } = open(1e9);
  const count = STREAM_AHEAD_BYTES_MAX / 16;
  for (let n = 0; n < count; n++) {
    inbox.push(element(n));
    await inbox.next();
  }
  assert.deepEqual(log, [`consumed ${count / 2}`, `consumed ${count}`]);
});

test("after the end nothing is reported", async () => {
  const { inbox, end, log } = open(1);
  inbox.push(element(1));
  end.settle(element(0));
  await inbox.next();
  assert.deepEqual(log, []);
});

test("close drops what is there and what still comes, and stops the producer once", async () => {
  const { inbox, end, log } = open(10);
  inbox.push(element(1));
  inbox.close();
  inbox.close();
  inbox.push(element(2));
  assert.deepEqual(log, ["discard 1", "stop", "discard 2"]);
  assert.equal(await inbox.next(), "end");
  assert.equal(end.isObserved, true);
});

test("close lets go of who waits; after the end nobody has to be stopped", async () => {
  const waiting = open(10);
  const nexts = [waiting.inbox.next(), waiting.inbox.next()];
  waiting.inbox.close();
  assert.deepEqual(await Promise.all(nexts), ["end", "end"]);
  const ended = open(10);
  ended.inbox.push(element(1));
  ended.end.settle(element(0));
  ended.inbox.close();
  assert.deepEqual(ended.log, ["discard 1"]);
});

test("a stream that is dropped has not been looked at, if it had failed before", () => {
  const failed = open(10);
  failed.end.settle(failure);
  failed.inbox.close(false);
  assert.equal(failed.end.isObserved, false);
  const running = open(10);
  running.inbox.close(false);
  assert.equal(running.end.isObserved, true, "it fails because it is closed");
});

test("after a cancel elements that are on their way are dropped: there is no gap", async () => {
  const { inbox, end, log } = open(10);
  inbox.push(element(1));
  inbox.discard();
  end.settle(failure);
  inbox.push(element(2));
  assert.deepEqual(log, ["discard 1", "discard 2"]);
  assert.equal(await inbox.next(), "end");
});

test("a task that is cancelled waits no more; the element goes to the next who asks", async () => {
  const rejects: ((reason: unknown) => void)[] = [];
  const scope: TaskScope = {
    runtime: undefined as never,
    ...{ newestCall: undefined, name: "f", depth: 0, root: 1, isOfActor: false },
    waitBegins: (reject) => void rejects.push(reject),
    waitEnds: (reject) => void rejects.splice(rejects.indexOf(reject), 1),
    throwIfCancelled() {},
  };
  const { inbox } = open(10);
  const first = taskStorage.run(scope, () => inbox.next());
  const second = taskStorage.run(scope, () => inbox.next());
  rejects[0]!(new Error("cancelled"));
  await assert.rejects(first, { message: "cancelled" });
  rejects.shift();
  inbox.push(element(1));
  assert.equal(textOf(await second), "1");
  assert.deepEqual(rejects, [], "the wait is over");
});

test("a stream is watched until it is closed, or its reader has seen its end", async () => {
  const endings: Record<string, (stream: Open) => unknown> = {
    close: ({ inbox }) => inbox.close(),
    "the end, while somebody waits": async ({ inbox, end }) => {
      const waiting = inbox.next();
      end.settle(failure);
      assert.equal(await waiting, "end");
    },
    "the end, read later": async ({ inbox, end }) => {
      inbox.push(element(1));
      end.settle(failure);
      await inbox.next();
      assert.equal(await inbox.next(), "end");
    },
  };
  for (const [name, finish] of Object.entries(endings)) {
    const stream = open(10);
    assert(stream.isHeld());
    await finish(stream);
    assert(!stream.isHeld(), name);
  }
  const unread = open(10);
  unread.inbox.push(element(1));
  unread.end.settle(failure);
  assert(unread.isHeld(), "an element and a failure are there to be read");
});
