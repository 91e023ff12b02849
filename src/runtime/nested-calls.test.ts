import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { addCall, callsOf, removeCall, type Caller } from "./nested-calls.ts";
import type { PendingCall } from "./pending-call.ts";

test("calls of two callers that come and go, also twice: as a twin keeps them", () => {
  const step = fc.record({ caller: fc.nat(1), isNew: fc.boolean(), which: fc.nat() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const callers: Caller[] = [{ newestCall: undefined }, { newestCall: undefined }];
      const twins: PendingCall[][] = [[], []];
      const made: PendingCall[][] = [[], []];
      for (const { caller, isNew, which } of steps) {
        const twin = twins[caller]!;
        if (isNew) {
          const call = { older: undefined, newer: undefined } as PendingCall;
          addCall(callers[caller]!, call);
          twin.unshift(call);
          made[caller]!.push(call);
        } else if (made[caller]!.length > 0) {
          const call = made[caller]![which % made[caller]!.length]!;
          removeCall(callers[caller]!, call);
          if (twin.includes(call)) twin.splice(twin.indexOf(call), 1);
        }
        for (const index of [0, 1]) {
          const calls = callsOf(callers[index]!);
          assert.equal(calls.length, twins[index]!.length);
          assert(calls.every((call, place) => call === twins[index]![place]));
        }
      }
    }),
  );
});
