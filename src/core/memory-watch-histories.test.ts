/** Random histories of a machine and its workers, against rules written down one by one. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { VICTIM_GONE_MS, WORKER_BASE_BYTES } from "../base/limits.ts";
import { MemoryWatch, STAKES, type MemoryPlace, type WorkerLoad } from "./memory-watch.ts";

const MIB = 2 ** 20;
const LIMIT_MIB = 4_000;
const USAGE_MAX = 0.9;
/** 5 % of the limit. */
const RELIEF_MIB = 200;

const step = fc.record({
  workerId: fc.integer({ min: 2, max: 7 }),
  what: fc.constantFrom("set", "set", "set", "goes", "looked", "looked"),
  stake: fc.constantFrom(...STAKES),
  ownMib: fc.integer({ min: 10, max: 2_500 }),
  limitMib: fc.option(fc.integer({ min: 50, max: 2_000 }), { nil: undefined }),
  othersMib: fc.integer({ min: 0, max: 2_000 }),
  afterMs: fc.integer({ min: 0, max: VICTIM_GONE_MS }),
});

function held({ ownBytes }: WorkerLoad): number {
  return Math.max(0, ownBytes - WORKER_BASE_BYTES);
}

/** Who may be ended for the sake of all: every rule by itself. */
function rightVictims(workers: readonly WorkerLoad[], usedMib: number): Set<number> {
  const missingBytes = (usedMib - USAGE_MAX * LIMIT_MIB + RELIEF_MIB) * MIB;
  for (const stake of STAKES) {
    const group = workers.filter((worker) => worker.stake === stake && held(worker) > 0);
    let sum = 0;
    for (const worker of group) sum += held(worker);
    if (group.length === 0 || sum < missingBytes) continue;
    const large = group.filter((worker) => group.every((other) => 4 * held(worker) >= held(other)));
    const newest = large.filter((worker) => {
      return large.every((other) => other.leasedMs <= worker.leasedMs);
    });
    return new Set(newest.map(({ workerId }) => workerId));
  }
  const largest = workers.filter((worker) => {
    return held(worker) > 0 && workers.every((other) => other.ownBytes <= worker.ownBytes);
  });
  return new Set(largest.map(({ workerId }) => workerId));
}

test("random histories follow the rules", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const watch = new MemoryWatch(USAGE_MAX);
      const workers = new Map<number, WorkerLoad>();
      const chosenMs = new Map<number, number>();
      let nowMs = 0;
      let isHelpless = false;
      for (const { workerId, what, stake, ownMib, limitMib, othersMib, afterMs } of steps) {
        if (what === "set") {
          const { leasedMs } = workers.get(workerId) ?? { leasedMs: nowMs };
          const memoryBytes = limitMib === undefined ? undefined : limitMib * MIB;
          workers.set(workerId, { workerId, stake, leasedMs, memoryBytes, ownBytes: ownMib * MIB });
          continue;
        }
        if (what === "goes") {
          workers.delete(workerId);
          chosenMs.delete(workerId);
          watch.gone(workerId);
          watch.validate(new Set(workers.keys()));
          continue;
        }
        nowMs += afterMs;
        const all = [...workers.values()];
        const usedMib = all.reduce((sum, one) => sum + one.ownBytes / MIB, othersMib);
        const place: MemoryPlace = {
          name: "this machine",
          usedBytes: usedMib * MIB,
          limitBytes: LIMIT_MIB * MIB,
        };
        const free = all.filter((one) => !chosenMs.has(one.workerId));
        const { victims, helpless } = watch.look([place], all, nowMs);
        watch.validate(new Set(workers.keys()));

        const tooLarge = free.filter(({ ownBytes, memoryBytes }) => {
          return memoryBytes !== undefined && ownBytes - WORKER_BASE_BYTES > memoryBytes;
        });
        const byLimit = victims.filter(({ kind }) => kind === "limit");
        assert.deepEqual(
          byLimit.map((victim) => victim.workerId),
          tooLarge.map((one) => one.workerId),
        );
        for (const one of tooLarge) chosenMs.set(one.workerId, nowMs);
        const isWaiting = [...chosenMs.values()].some((ms) => nowMs - ms < VICTIM_GONE_MS);
        const isTight = usedMib > USAGE_MAX * LIMIT_MIB;
        const right = isTight && !isWaiting ? rightVictims(free, usedMib) : new Set<number>();
        const byPlace = victims.filter(({ kind }) => kind === "place");
        assert.equal(byPlace.length, right.size === 0 ? 0 : 1);
        for (const victim of byPlace) {
          assert.ok(right.has(victim.workerId), `${victim.workerId} of ${[...right].join()}`);
          chosenMs.set(victim.workerId, nowMs);
        }
        if (!isTight) isHelpless = false;
        const isNews: boolean = isTight && !isWaiting && right.size === 0 && !isHelpless;
        assert.equal(helpless !== undefined, isNews);
        isHelpless ||= isNews;
      }
    }),
    { numRuns: 500 },
  );
});
