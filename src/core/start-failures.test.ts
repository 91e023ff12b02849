import assert from "node:assert/strict";
import { test } from "node:test";
import { StartFailures, type StartFailure } from "./start-failures.ts";

function failuresUntilTold(how: Omit<StartFailure, "environment">): number {
  const failures = new StartFailures();
  let count = 1;
  while (!failures.failed({ environment: "", ...how })) count++;
  return count;
}

test("who ends by itself, who is killed, and who has others beside it", () => {
  assert.equal(failuresUntilTold({ wasKilled: false, isServed: false }), 1);
  assert.equal(failuresUntilTold({ wasKilled: false, isServed: true }), 3);
  assert.equal(failuresUntilTold({ wasKilled: true, isServed: false }), 10);
  assert.equal(failuresUntilTold({ wasKilled: true, isServed: true }), 10);
});

test("one that comes up, and being told, begin the count anew; environments count apart", () => {
  const failures = new StartFailures();
  const failed = (environment: string): boolean =>
    failures.failed({ environment, wasKilled: false, isServed: true });
  assert.deepEqual([failed("a"), failed("a"), failed("b")], [false, false, false]);
  failures.started("a");
  assert.deepEqual([failed("a"), failed("a"), failed("a")], [false, false, true]);
  assert.deepEqual([failed("a"), failed("b"), failed("b")], [false, false, true]);
});
