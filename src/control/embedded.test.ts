import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { testConformance } from "./conformance.ts";
import type { ControlStore } from "./conformance-tools.ts";
import { playBesideTwin } from "./conformance-twin.ts";
import type { Change, PlainValue } from "./control-plane.ts";
import { EmbeddedControl } from "./embedded.ts";

async function openEmbedded(): Promise<ControlStore> {
  const control = new EmbeddedControl();
  return { connect: () => control, close: () => Promise.resolve() };
}

testConformance("embedded", openEmbedded);

test("embedded: any moves have the outcome that a Map and a log have", async () => {
  const moves = fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat()), { minLength: 20, maxLength: 80 });
  await fc.assert(
    fc.asyncProperty(moves, async (played) => playBesideTwin(await openEmbedded(), played)),
  );
});

/** Sets what is known to fit. */
function mustSet(control: EmbeddedControl, key: string, value: PlainValue | undefined): number {
  const outcome = control.set(key, control.find(key)?.revision ?? 0, value);
  assert.ok(outcome.isSet);
  return outcome.revision;
}

test("at once: who follows is told of every change before the setter goes on", () => {
  const keys = fc.constantFrom("", "a", "ab", "b");
  const set = fc.record({ key: keys, value: fc.option(fc.nat(3), { nil: undefined }) });
  fc.assert(
    fc.property(fc.array(set), keys, fc.array(set), (before, prefix, after) => {
      const control = new EmbeddedControl();
      for (const { key, value } of before) mustSet(control, key, value);
      const told: Change[] = [];
      const stop = control.follow(prefix, (change) => told.push(change));
      const expected: Change[] = control.entries(prefix);
      assert.deepEqual(told, expected);
      for (const { key, value } of after) {
        const revision = mustSet(control, key, value);
        if (revision > 0 && key.startsWith(prefix)) expected.push({ key, revision, value });
        assert.deepEqual(told, expected);
      }
      stop();
      mustSet(control, "ab", 9);
      assert.deepEqual(told, expected);
    }),
  );
});

test("at once: what a follower changes, all are told of after what it was told", () => {
  const control = new EmbeddedControl();
  const told: string[] = [];
  const note = (who: string, { key, revision, value }: Change): void => {
    told.push(`${who} ${key}@${revision}=${JSON.stringify(value)}`);
  };
  control.follow("", (change) => {
    note("first", change);
    if (change.value === 1) {
      mustSet(control, change.key, undefined);
      control.follow("", (later) => note("third", later));
    }
  });
  control.follow("", (change) => note("second", change));
  mustSet(control, "b", 0);
  mustSet(control, "a", 1);
  assert.deepEqual(told, [
    ...["first b@1=0", "second b@1=0", "first a@2=1", "second a@2=1"],
    ...["first a@3=undefined", "second a@3=undefined", "third b@1=0"],
  ]);
});

test("at once: who is stopped by another is not told of what that was told of", () => {
  const control = new EmbeddedControl();
  const told: string[] = [];
  control.follow("", ({ key }) => {
    told.push(`first ${key}`);
    if (key === "b") stopSecond();
  });
  const stopSecond = control.follow("", ({ key }) => told.push(`second ${key}`));
  for (const key of ["a", "b", "c"]) mustSet(control, key, 1);
  assert.deepEqual(told, ["first a", "second a", "first b", "first c"]);
});

test("a watcher that throws ends the program, not the change or the other watchers", (context) => {
  const thrown: (() => void)[] = [];
  context.mock.method(globalThis, "queueMicrotask", (job: () => void) => thrown.push(job));
  const control = new EmbeddedControl();
  const fault = new Error("a fault of the watcher");
  const told: Change[] = [];
  control.follow("", () => {
    throw fault;
  });
  control.follow("", (change) => told.push(change));
  assert.deepEqual(control.set("a", 0, "x"), { isSet: true, revision: 1 });
  mustSet(control, "a", "y");
  assert.deepEqual(
    told.map(({ value }) => value),
    ["x", "y"],
  );
  assert.equal(thrown.length, 2);
  for (const job of thrown) assert.throws(job, fault);
});
