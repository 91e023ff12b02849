import assert from "node:assert/strict";
import { test } from "node:test";
import { FAULT_NAMES, type FaultKind } from "./fault-kinds.ts";
import { Faults } from "./faults.ts";

const ROUNDS = 20_000;

function decisions(seed: number, processId: number, asked: readonly FaultKind[]): string[] {
  const chances = Object.fromEntries(FAULT_NAMES.map((kind) => [kind, 0.5]));
  const faults = new Faults({ chances, seed }, processId, () => undefined);
  return asked.map((kind) => `${kind} ${faults.happens(kind)}`);
}

test("they happen as often as they are likely, and say so ahead", () => {
  for (const kind of FAULT_NAMES) {
    for (const chance of [0, 0.01, 0.3, 1]) {
      let told = 0;
      const faults = new Faults({ chances: { [kind]: chance }, seed: 7 }, 3, (what) => {
        assert.equal(what, kind);
        told++;
      });
      let happened = 0;
      for (let i = 0; i < ROUNDS; i++) if (faults.happens(kind)) happened++;
      assert.equal(told, happened);
      assert(Math.abs(happened / ROUNDS - chance) < 0.02, `${kind}:${chance} ${happened}`);
      if (chance === 0 || chance === 1) assert.equal(happened, chance * ROUNDS);
    }
  }
});

test("the same seed decides alike in the same process, and otherwise in others", () => {
  const asked = Array.from({ length: 64 }, (_, i) => FAULT_NAMES[i % 4]!);
  assert.deepEqual(decisions(7, 2, asked), decisions(7, 2, asked));
  assert.notDeepEqual(decisions(7, 2, asked), decisions(7, 3, asked));
  assert.notDeepEqual(decisions(7, 2, asked), decisions(8, 2, asked));
});

test("kinds do not change one another's decisions", () => {
  const alone = decisions(7, 2, new Array<FaultKind>(50).fill("worker-kill"));
  const mixed = decisions(
    7,
    2,
    Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? "worker-kill" : "reply-lost")),
  );
  assert.deepEqual(
    mixed.filter((decision) => decision.startsWith("worker-kill")),
    alone,
  );
});
