/**
 * What every implementation of the control plane has to hold, as tests for Node's runner. Only
 * tests import this file.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { testValues } from "./conformance-values.ts";
import { testWatches } from "./conformance-watches.ts";
import {
  mustSet,
  Told,
  type Check,
  type ControlStore,
  type OpenControlStore,
} from "./conformance-tools.ts";
import type { ControlPlane } from "./control-plane.ts";

export function testConformance(name: string, open: OpenControlStore): void {
  const check = (what: string, body: (store: ControlStore) => Promise<void>): void => {
    test(`${name}: ${what}`, async () => {
      const store = await open();
      try {
        await body(store);
      } finally {
        await store.close();
      }
    });
  };
  testEntries(check);
  testOrder(check);
  testValues(check);
  testWatches(check);
  testSharing(check);
}

function testEntries(check: Check): void {
  check("what is not there", async (store) => {
    const plane = store.connect();
    assert.equal(await plane.get("a"), undefined);
    assert.deepEqual(await plane.list(""), []);
    const nothing = { isSet: false, entry: undefined };
    assert.deepEqual(await plane.compareAndSet("a", 1, "x"), nothing);
    assert.deepEqual(await plane.compareAndSet("a", 1, undefined), nothing);
    assert.deepEqual(await plane.compareAndSet("a", 0, undefined), { isSet: true, revision: 0 });
    assert.deepEqual(await plane.list(""), []);
  });

  check("an entry is made once, and changed by who knows its revision", async (store) => {
    const plane = store.connect();
    const first = await mustSet(plane, "a", "one");
    assert.ok(Number.isSafeInteger(first) && first > 0);
    const entry = { key: "a", revision: first, value: "one" };
    assert.deepEqual(await plane.get("a"), entry);
    assert.deepEqual(await plane.compareAndSet("a", 0, "two"), { isSet: false, entry });
    for (const absurd of [first + 1, first - 0.5, -1, -first, NaN, Infinity, -Infinity, 2 ** 60]) {
      for (const value of ["two", undefined]) {
        const outcome = await plane.compareAndSet("a", absurd, value);
        assert.deepEqual(outcome, { isSet: false, entry }, `expecting ${absurd}`);
      }
    }
    const second = await plane.compareAndSet("a", first, "two");
    assert.ok(second.isSet && second.revision > first);
    assert.deepEqual(await plane.get("a"), { ...entry, revision: second.revision, value: "two" });
  });

  check("revisions grow over all keys, deletions included", async (store) => {
    const plane = store.connect();
    const revisions: number[] = [];
    for (const value of [1, 1, undefined, 1, undefined, 2]) {
      for (const key of ["a", "b"]) revisions.push(await mustSet(plane, key, value));
    }
    const grown = [...new Set(revisions)].sort((left, right) => left - right);
    assert.deepEqual(revisions, grown);
  });
}

function testOrder(check: Check): void {
  check("who missed that an entry was deleted and made again cannot change it", async (store) => {
    const plane = store.connect();
    const first = await mustSet(plane, "a", "same");
    const deletion = await mustSet(plane, "a", undefined);
    assert.equal(await plane.get("a"), undefined);
    for (const revision of [first, deletion]) {
      const outcome = await plane.compareAndSet("a", revision, "late");
      assert.deepEqual(outcome, { isSet: false, entry: undefined });
    }
    const again = await mustSet(plane, "a", "same");
    for (const revision of [0, first, deletion]) {
      const outcome = await plane.compareAndSet("a", revision, "late");
      assert.deepEqual(outcome, {
        isSet: false,
        entry: { key: "a", revision: again, value: "same" },
      });
    }
  });

  check(
    "what one process asks for is done in order, without waiting for answers",
    async (store) => {
      const plane = store.connect();
      const before = plane.get("a");
      const set = plane.compareAndSet("a", 0, 1);
      const [after, listed, again] = [
        plane.get("a"),
        plane.list("a"),
        plane.compareAndSet("a", 0, 2),
      ];
      assert.equal(await before, undefined);
      const outcome = await set;
      assert.ok(outcome.isSet);
      const entry = { key: "a", revision: outcome.revision, value: 1 };
      assert.deepEqual(await after, entry);
      assert.deepEqual(await listed, [entry]);
      assert.deepEqual(await again, { isSet: false, entry });
    },
  );
}

function testSharing(check: Check): void {
  check("of many who make the same entry, one does", async (store) => {
    const planes = Array.from({ length: 4 }, () => store.connect());
    const outcomes = await Promise.all(
      planes.flatMap((plane, index) => [0, 1].map((n) => plane.compareAndSet("a", 0, [index, n]))),
    );
    const winners = outcomes.filter((outcome) => outcome.isSet);
    assert.equal(winners.length, 1);
    const entry = await planes[0]!.get("a");
    assert.equal(entry!.revision, winners[0]!.revision);
    for (const outcome of outcomes) if (!outcome.isSet) assert.deepEqual(outcome.entry, entry);
  });

  check("counted together, nothing is lost", async (store) => {
    const add = async (plane: ControlPlane): Promise<void> => {
      let entry = await plane.get("count");
      for (;;) {
        const sum = ((entry?.value as number | undefined) ?? 0) + 1;
        const outcome = await plane.compareAndSet("count", entry?.revision ?? 0, sum);
        if (outcome.isSet) return;
        ({ entry } = outcome);
      }
    };
    const planes = Array.from({ length: 3 }, () => store.connect());
    const counts = planes.flatMap((plane) => Array.from({ length: 10 }, () => add(plane)));
    await Promise.all(counts);
    assert.equal((await planes[0]!.get("count"))!.value, 30);
  });

  check("a change that was answered is read by everybody, and told to everybody", async (store) => {
    const [maker, other] = [store.connect(), store.connect()];
    const told = new Told(other, "a");
    for (const value of [1, 2, undefined, 3]) {
      const revision = await mustSet(maker, "a", value);
      const entry = value === undefined ? undefined : { key: "a", revision, value };
      assert.deepEqual(await other.get("a"), entry);
      assert.deepEqual(await other.list(""), entry === undefined ? [] : [entry]);
      assert.deepEqual((await told.untilRevision(revision)).at(-1), { key: "a", revision, value });
    }
    told.stop();
  });
}
