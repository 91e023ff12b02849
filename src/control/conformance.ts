/**
 * What every implementation of the control plane has to hold, as tests for Node's runner. Only
 * tests import this file.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { testWatches } from "./conformance-watches.ts";
import {
  mustSet,
  Told,
  type Check,
  type ControlStore,
  type OpenControlStore,
} from "./conformance-tools.ts";
import {
  CONTROL_KEY_CHARS_MAX,
  CONTROL_VALUE_BYTES_MAX,
  type ControlPlane,
  type Entry,
  type PlainValue,
} from "./control-plane.ts";

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
  testKeysAndValues(check);
  testCopies(check);
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

/** In the order of their UTF-16 units. */
const keyTexts = [
  "",
  " ",
  "*",
  "*.>",
  ".",
  "..a",
  "/",
  "=41",
  ">",
  "A",
  "__proto__",
  "a",
  "a.b",
  "a/b",
]
  .concat(["ab", "constructor", "tabs\tand\nlines", "Ünder", "\ud800", "😀", "\udfff", "\ufffd"])
  .sort();

/** No plain data, for different reasons. */
const foreign: readonly unknown[] = [
  ...[() => 1, Symbol("s"), Symbol.iterator, new Map(), new Date(0), new (class Own {})()],
  ...[Buffer.alloc(9), new Uint8Array(9_000), { deep: [new Set()] }],
];

/** Plain data of every kind. */
const plainValues: readonly PlainValue[] = [
  ...[null, true, false, 0, -0, 1.5, NaN, -Infinity, 2 ** 53 - 1, 1e300, 0n, -(2n ** 80n)],
  ...["", "text", "a\ud800b", "x".repeat(70_000), [], {}, [[], {}]],
  { name: "a", count: 3, parts: [1, "2", null], absent: undefined, nested: { __proto__x: [] } },
  Object.fromEntries([
    ["__proto__", 1],
    ["", 2],
    ["\udc00", 3],
  ]),
];

function testKeysAndValues(check: Check): void {
  check("keys are any text; lists are sorted, and prefixes mean themselves", async (store) => {
    const plane = store.connect();
    const entries = new Map<string, Entry>();
    for (const key of [...keyTexts].reverse()) {
      entries.set(key, { key, revision: await mustSet(plane, key, key), value: key });
    }
    for (const key of keyTexts) assert.deepEqual(await plane.get(key), entries.get(key));
    for (const prefix of [...keyTexts, "\ud83d", "a.b.", "?", "^"]) {
      const expected = keyTexts.filter((key) => key.startsWith(prefix));
      const listed = await plane.list(prefix);
      assert.deepEqual(
        listed,
        expected.map((key) => entries.get(key)!),
      );
    }
  });

  check("values arrive as they were, and null is one", async (store) => {
    const plane = store.connect();
    const told = new Told(plane, "");
    for (const value of plainValues) {
      const revision = await mustSet(plane, "a", value);
      const entry = { key: "a", revision, value };
      assert.deepEqual(await plane.get("a"), entry);
      assert.deepEqual(await plane.list("a"), [entry]);
      const conflict = await plane.compareAndSet("a", 0, 1);
      assert.deepEqual(conflict, { isSet: false, entry });
      assert.deepEqual((await told.untilRevision(revision)).at(-1), entry);
    }
    told.stop();
  });
}

function testCopies(check: Check): void {
  check("nobody holds what is stored", async (store) => {
    const plane = store.connect();
    const tags = ["first"];
    const setting = plane.compareAndSet("a", 0, { tags });
    tags.push("after the call");
    assert.ok((await setting).isSet);
    const spoil = (value: PlainValue | undefined): void => {
      (value as { tags: string[] }).tags.push("spoiled");
    };
    const told = [new Told(plane, "", ({ value }) => spoil(value)), new Told(plane, "")];
    for (const each of told) await each.until((changes) => changes.length === 1);
    assert.deepEqual(told[1]!.changes[0]!.value, { tags: ["first"] });
    spoil((await plane.get("a"))!.value);
    spoil((await plane.list(""))[0]!.value);
    assert.deepEqual((await plane.get("a"))!.value, { tags: ["first"] });
    for (const { stop } of told) stop();
  });

  check("what cannot be stored is refused, and nothing changes", async (store) => {
    const plane = store.connect();
    const revision = await mustSet(plane, "a", "kept");
    const longest = "k".repeat(CONTROL_KEY_CHARS_MAX);
    for (const value of [...foreign, "x".repeat(CONTROL_VALUE_BYTES_MAX)]) {
      const setting = plane.compareAndSet("a", revision, value as PlainValue);
      await assert.rejects(setting, { name: "SerializationError" });
    }
    await assert.rejects(plane.compareAndSet(`${longest}k`, 0, 1), { name: "SerializationError" });
    assert.deepEqual(await plane.list(""), [{ key: "a", revision, value: "kept" }]);
    await mustSet(plane, longest, "x".repeat(CONTROL_VALUE_BYTES_MAX - 5));
    assert.equal(await plane.get(`${longest}k`), undefined);
    assert.deepEqual(await plane.list(`${longest}k`), []);
  });
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
