/** The part of the conformance suite that is about watches; see `conformance.ts`. */

import assert from "node:assert/strict";
import { mustSet, Told, type Check } from "./conformance-tools.ts";
import type { Change } from "./control-plane.ts";

export function testWatches(check: Check): void {
  testTelling(check);
  testWatchers(check);
}

function testTelling(check: Check): void {
  check("a watch tells what is there, then what changes, of its prefix only", async (store) => {
    const plane = store.connect();
    const old = await mustSet(plane, "x/1", "old");
    await mustSet(plane, "x/2", "gone");
    await mustSet(plane, "x/2", undefined);
    await mustSet(plane, "y/1", "other");
    const told = new Told(plane, "x/");
    await told.until((changes) => changes.some(({ key }) => key === "x/1"));
    const expected: Change[] = [{ key: "x/1", revision: old, value: "old" }];
    for (const [key, value] of [
      ["x/3", 3],
      ["y/2", 0],
      ["x/1", 1],
      ["x/1", undefined],
    ] as const) {
      const revision = await mustSet(plane, key, value);
      if (key.startsWith("x/")) expected.push({ key, revision, value });
      // Before the answer, or never: nothing is waited for here.
      assert.deepEqual(
        told.changes.filter((change) => change.key !== "x/2"),
        expected,
      );
    }
    const listed = await plane.list("x/");
    assert.deepEqual([...told.state().values()], listed);
    told.stop();
  });

  check("own watches know of a change before who made it", async (store) => {
    const plane = store.connect();
    const told = new Told(plane, "");
    let revision = 0;
    for (const value of ["made", "changed", undefined, "made again"]) {
      const outcome = await plane.compareAndSet("a", value === "made again" ? 0 : revision, value);
      assert.ok(outcome.isSet);
      ({ revision } = outcome);
      assert.equal(told.changes.at(-1)?.revision, revision);
    }
    told.stop();
  });

  check("what was refused or changed nothing is told to nobody", async (store) => {
    const plane = store.connect();
    const told = new Told(plane, "");
    await plane.compareAndSet("a", 7, "refused");
    await plane.compareAndSet("a", 0, undefined);
    const revision = await mustSet(plane, "b", "told");
    assert.deepEqual(told.changes, [{ key: "b", revision, value: "told" }]);
    told.stop();
  });

  check("nothing is told during a call", async (store) => {
    const plane = store.connect();
    await mustSet(plane, "a", 1);
    const told = new Told(plane, "");
    const asked = [plane.compareAndSet("b", 0, 1), plane.get("a"), plane.list("")];
    assert.deepEqual(told.changes, []);
    await Promise.all(asked);
    assert.deepEqual([...told.state().keys()].sort(), ["a", "b"]);
    told.stop();
  });
}

function testWatchers(check: Check): void {
  check("after stop nothing is told; others go on", async (store) => {
    const plane = store.connect();
    await mustSet(plane, "a", 1);
    const [first, atOnce, last] = [new Told(plane, ""), new Told(plane, ""), new Told(plane, "")];
    atOnce.stop();
    await first.until((changes) => changes.length === 1);
    const pending = plane.compareAndSet("b", 0, 1);
    first.stop();
    first.stop();
    const outcome = await pending;
    assert.ok(outcome.isSet);
    assert.deepEqual([first.changes.length, atOnce.changes.length], [1, 0]);
    assert.deepEqual([...last.state().keys()].sort(), ["a", "b"]);
    last.stop();
    await mustSet(plane, "a", 2);
    assert.equal(last.changes.length, 2);
  });

  check("a watcher may stop itself with the first that it is told", async (store) => {
    const plane = store.connect();
    for (const key of ["a", "b", "c"]) await mustSet(plane, key, key);
    const told: Told = new Told(plane, "", () => told.stop());
    await told.until((changes) => changes.length > 0);
    await mustSet(plane, "d", "d");
    assert.equal(told.changes.length, 1);
  });

  check("what watchers change is told to all", async (store) => {
    const plane = store.connect();
    const [first, second] = ["first", "second"].map((name) => {
      return new Told(plane, "", ({ key, value }) => {
        if (typeof value === "number" && value < 5)
          void plane.compareAndSet(key + name, 0, value + 1);
      });
    });
    assert.ok(first !== undefined && second !== undefined);
    await mustSet(plane, "", 0);
    const count = 2 ** 6 - 1;
    for (const told of [first, second]) {
      await told.until(() => told.state().size === count);
      const keys = [...told.state().keys()].sort();
      assert.deepEqual(
        keys.map((key) => told.state().get(key)!),
        await plane.list(""),
      );
      told.stop();
    }
  });
}
