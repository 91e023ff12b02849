import assert from "node:assert/strict";
import { test } from "node:test";
import { VICTIM_GONE_MS, WORKER_BASE_BYTES } from "../base/limits.ts";
import { MemoryWatch, type MemoryPlace, type Stake, type WorkerLoad } from "./memory-watch.ts";

const MIB = 2 ** 20;
const GIB = 1024 * MIB;

function place(usedMib: number, limitMib = 10_000, name = "this machine"): MemoryPlace {
  return { name, usedBytes: usedMib * MIB, limitBytes: limitMib * MIB };
}

/** `heldMib`: beside what every worker has. */
function worker(workerId: number, stake: Stake, heldMib: number, leasedMs = 0): WorkerLoad {
  const ownBytes = WORKER_BASE_BYTES + heldMib * MIB;
  return { workerId, stake, ownBytes, leasedMs, memoryBytes: undefined };
}

function victimsOf(watch: MemoryWatch, used: MemoryPlace, workers: WorkerLoad[], nowMs = 0) {
  return watch.look([used], workers, nowMs).victims.map(({ workerId }) => workerId);
}

test("nobody is ended while there is room, and at the threshold itself", () => {
  const watch = new MemoryWatch(0.9);
  const workers = [worker(2, "retriable", 8_000)];
  assert.deepEqual(victimsOf(watch, place(9_000), workers), []);
  assert.equal(watch.isTight([place(9_000)]), false);
  assert.deepEqual(victimsOf(watch, place(9_001), workers), [2]);
  assert.equal(watch.isTight([place(9_001)]), true);
});

test("a share of 1 ends nobody", () => {
  assert.deepEqual(
    victimsOf(new MemoryWatch(1), place(10_000), [worker(2, "retriable", 9_000)]),
    [],
  );
});

test("the victim says why", () => {
  const watch = new MemoryWatch(0.5);
  const group = place(60, 100, "control group /a");
  const { victims } = watch.look([place(5_000), group], [worker(2, "task", 50)], 0);
  assert.deepEqual(victims, [
    {
      workerId: 2,
      kind: "place",
      placeName: "control group /a",
      usedBytes: 60 * MIB,
      limitBytes: 100 * MIB,
    },
  ]);
});

test("what can run again goes first, then tasks, then actors that restart, then the others", () => {
  const stakes: Stake[] = ["actor", "restartable", "task", "retriable"];
  const workers = stakes.map((stake, index) => worker(2 + index, stake, 2_000));
  for (const expected of [5, 4, 3, 2]) {
    const left = workers.filter(({ workerId }) => workerId <= expected);
    assert.deepEqual(victimsOf(new MemoryWatch(0.9), place(9_100), left), [expected]);
  }
});

test("of the same kind the newest goes", () => {
  const workers = [10, 30, 20].map((leasedMs, index) => {
    return worker(2 + index, "retriable", 2_000, leasedMs);
  });
  assert.deepEqual(victimsOf(new MemoryWatch(0.9), place(9_100), workers), [3]);
});

test("but not one that is small beside the largest: its end would help nobody", () => {
  const workers = [worker(2, "retriable", 8_000, 0)];
  for (let workerId = 3; workerId < 10; workerId++) {
    workers.push(worker(workerId, "retriable", 300, workerId));
  }
  assert.deepEqual(victimsOf(new MemoryWatch(0.9), place(9_100), workers), [2]);
});

test("small tasks do not go for a large actor; large ones go for it", () => {
  const actor = worker(2, "actor", 7_000);
  const small = [3, 4, 5].map((workerId) => worker(workerId, "retriable", 30));
  assert.deepEqual(victimsOf(new MemoryWatch(0.9), place(9_100), [actor, ...small]), [2]);
  const large = [3, 4, 5].map((workerId) => worker(workerId, "retriable", 300));
  assert.deepEqual(victimsOf(new MemoryWatch(0.9), place(9_100), [actor, ...large]), [3]);
});

test("no kind holds enough alone: the largest of all goes", () => {
  const workers = [worker(2, "actor", 200), worker(3, "task", 250), worker(4, "retriable", 150)];
  assert.deepEqual(victimsOf(new MemoryWatch(0.9), place(9_900), workers), [3]);
});

test("what every worker has does not count: ending such a one gives nothing", () => {
  const watch = new MemoryWatch(0.9);
  const workers = [worker(2, "retriable", 0), worker(3, "retriable", -40)];
  const first = watch.look([place(9_900)], workers, 0);
  assert.deepEqual([first.victims, first.helpless?.name], [[], "this machine"]);
  // It is said once, until it is over.
  assert.equal(watch.look([place(9_900)], workers, 10).helpless, undefined);
  assert.equal(watch.look([place(8_000)], workers, 20).helpless, undefined);
  assert.equal(watch.look([place(9_900)], workers, 30).helpless?.name, "this machine");
});

test("no other is ended before the last one is gone, or has had its time", () => {
  const watch = new MemoryWatch(0.9);
  const workers = [2, 3, 4].map((id) => worker(id, "retriable", 2_000, id));
  assert.deepEqual(victimsOf(watch, place(9_100), workers, 0), [4]);
  assert.deepEqual(victimsOf(watch, place(9_900), workers, VICTIM_GONE_MS - 1), []);
  watch.gone(4);
  assert.deepEqual(victimsOf(watch, place(9_100), workers.slice(0, 2), VICTIM_GONE_MS - 1), [3]);
  // This one does not go.
  const laterMs = 2 * VICTIM_GONE_MS;
  assert.deepEqual(victimsOf(watch, place(9_100), workers.slice(0, 2), laterMs), [2]);
});

test("memoryBytes: whoever holds more than that and what every worker has, each once", () => {
  const watch = new MemoryWatch(0.9);
  const limited = (workerId: number, heldMib: number) => {
    return { ...worker(workerId, "task", heldMib), memoryBytes: 100 * MIB };
  };
  const workers = [limited(2, 100), limited(3, 101), limited(4, 500), worker(5, "task", 5_000)];
  const { victims } = watch.look([place(1_000)], workers, 0);
  assert.deepEqual(
    victims.map(({ workerId, kind, usedBytes, limitBytes }) => {
      return [workerId, kind, usedBytes - WORKER_BASE_BYTES, limitBytes];
    }),
    [
      [3, "limit", 101 * MIB, 100 * MIB],
      [4, "limit", 500 * MIB, 100 * MIB],
    ],
  );
  assert.deepEqual(victimsOf(watch, place(1_000), workers, VICTIM_GONE_MS * 9), []);
});

test("the tightest place decides, and how much room it has", () => {
  const watch = new MemoryWatch(0.9);
  const places = [place(1_000), place(800, 1_000), place(100, 1_000)];
  assert.equal(Math.round(watch.roomBytes(places, []) / MIB), 100);
  const limited = { ...worker(2, "task", 150), memoryBytes: 200 * MIB };
  assert.equal(Math.round(watch.roomBytes(places, [limited]) / MIB), 50);
  assert.equal(watch.roomBytes([place(9_999)], []), 0);
  assert.equal(watch.roomBytes([], []), Infinity);
});

test("relief: of a large machine not more than a GiB is asked for", () => {
  const watch = new MemoryWatch(0.9);
  const tera = { name: "this machine", usedBytes: 900 * GIB + MIB, limitBytes: 1000 * GIB };
  const tasks = worker(2, "retriable", 1_100);
  assert.deepEqual(victimsOf(watch, tera, [tasks, worker(3, "actor", 700_000)]), [2]);
});
