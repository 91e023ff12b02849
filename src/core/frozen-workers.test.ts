import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FrozenWorkers } from "./frozen-workers.ts";

const LIMIT_MS = 100;

test("a worker that is stopped is reported once, and replaced at the limit, once", () => {
  const frozen = new FrozenWorkers(LIMIT_MS);
  assert.equal(frozen.seen(2, false, 0), undefined);
  assert.deepEqual(frozen.seen(2, true, 10), { kind: "frozen" });
  assert.equal(frozen.seen(2, true, 50), undefined);
  assert.equal(frozen.nextMs, 10 + LIMIT_MS);
  assert.deepEqual(frozen.seen(2, true, 110), { kind: "replace", forMs: 100 });
  assert.equal(frozen.seen(2, true, 500), undefined);
  assert.equal(frozen.nextMs, undefined);
  frozen.gone(2);
  frozen.validate(new Set());
});

test("one that goes on before is said to, and may be stopped again", () => {
  const frozen = new FrozenWorkers(LIMIT_MS);
  frozen.seen(2, true, 0);
  assert.deepEqual(frozen.seen(2, false, 60), { kind: "resumed", forMs: 60 });
  assert.equal(frozen.seen(2, false, 70), undefined);
  assert.deepEqual(frozen.seen(2, true, 80), { kind: "frozen" });
  assert.equal(frozen.seen(2, true, 170), undefined);
});

test("one that is being replaced does not go on, whatever is seen of it", () => {
  const frozen = new FrozenWorkers(LIMIT_MS);
  frozen.seen(2, true, 0);
  frozen.seen(2, true, LIMIT_MS);
  assert.equal(frozen.seen(2, false, LIMIT_MS + 1), undefined);
});

test("without a limit it is reported, and stays", () => {
  const frozen = new FrozenWorkers(Infinity);
  assert.deepEqual(frozen.seen(2, true, 0), { kind: "frozen" });
  assert.equal(frozen.seen(2, true, 1e9), undefined);
});

test("random histories: never replaced before the limit, never twice, never silent", () => {
  const step = fc.record({
    workerId: fc.integer({ min: 2, max: 4 }),
    what: fc.constantFrom("stopped", "runs", "gone"),
    afterMs: fc.integer({ min: 0, max: 60 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const frozen = new FrozenWorkers(LIMIT_MS);
      const alive = new Set([2, 3, 4]);
      /** All that was seen of each worker since it was seen running, the dumb way. */
      const stopped = new Map<number, number[]>();
      const replaced = new Set<number>();
      let nowMs = 0;
      for (const { workerId, what, afterMs } of steps) {
        nowMs += afterMs;
        if (!alive.has(workerId)) continue;
        if (what === "gone") {
          alive.delete(workerId);
          frozen.gone(workerId);
          frozen.validate(alive);
          continue;
        }
        const before = stopped.get(workerId) ?? [];
        const decision = frozen.seen(workerId, what === "stopped", nowMs);
        frozen.validate(alive);
        let expected: string | undefined;
        if (replaced.has(workerId)) expected = undefined;
        else if (what === "stopped") {
          stopped.set(workerId, [...before, nowMs]);
          const isDue = before.length > 0 && nowMs - before[0]! >= LIMIT_MS;
          expected = before.length === 0 ? "frozen" : isDue ? "replace" : undefined;
          if (isDue) replaced.add(workerId);
        } else if (before.length > 0) {
          expected = "resumed";
          stopped.delete(workerId);
        }
        assert.equal(decision?.kind, expected);
      }
    }),
  );
});
