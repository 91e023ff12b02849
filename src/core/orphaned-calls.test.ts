import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { OrphanedCalls } from "./orphaned-calls.ts";

type Event =
  | { readonly kind: "callerEnded" | "heard"; readonly workerId: number; readonly callerId: number }
  | { readonly kind: "gone"; readonly workerId: number }
  | { readonly kind: "time"; readonly forMs: number };

const LIMIT_MS = 10;
const id = fc.nat(2);
const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({
    kind: fc.constantFrom("callerEnded" as const, "heard" as const),
    workerId: id,
    callerId: id,
  }),
  fc.record({ kind: fc.constant("gone" as const), workerId: id }),
  fc.record({ kind: fc.constant("time" as const), forMs: fc.nat(15) }),
);

test("any history: a worker is overdue, once, if it has not heard of some end for so long", () => {
  fc.assert(
    fc.property(fc.array(event), (history) => {
      const calls = new OrphanedCalls(LIMIT_MS);
      let nowMs = 0;
      let unheard: { workerId: number; callerId: number; sinceMs: number }[] = [];
      for (const happened of history) {
        const isOf = ({ workerId, callerId }: { workerId: number; callerId: number }): boolean =>
          "callerId" in happened &&
          workerId === happened.workerId &&
          callerId === happened.callerId;
        if (happened.kind === "time") nowMs += happened.forMs;
        else if (happened.kind === "gone") {
          calls.gone(happened.workerId);
          unheard = unheard.filter(({ workerId }) => workerId !== happened.workerId);
        } else {
          const { workerId, callerId } = happened;
          unheard = unheard.filter((other) => !isOf(other));
          if (happened.kind === "heard") calls.heard(workerId, callerId);
          else {
            calls.callerEnded(workerId, callerId, nowMs);
            unheard.push({ workerId, callerId, sinceMs: nowMs });
          }
        }
        const late = unheard.filter(({ sinceMs }) => nowMs - sinceMs >= LIMIT_MS);
        const overdue = new Set(late.map(({ workerId }) => workerId));
        assert.deepEqual(new Set(calls.takeOverdue(nowMs)), overdue);
        unheard = unheard.filter(({ workerId }) => !overdue.has(workerId));
      }
    }),
  );
});
