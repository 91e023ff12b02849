/** The part of the conformance suite that is about keys and values; see `conformance.ts`. */

import assert from "node:assert/strict";
import { mustSet, Told, type Check } from "./conformance-tools.ts";
import {
  CONTROL_KEY_CHARS_MAX,
  CONTROL_VALUE_BYTES_MAX,
  type Entry,
  type PlainValue,
} from "./control-plane.ts";

/** In the order of their UTF-16 units. */
const keyTexts = [
  ...["", " ", "*", "*.>", ".", "..a", "/", "=41", ">", "A", "__proto__", "a", "a.b", "a/b", "ab"],
  ...["constructor", "tabs\tand\nlines", "Ünder", "\ud800", "😀", "\udfff", "\ufffd"],
].sort();

/** No plain data, for different reasons. */
const foreign: readonly unknown[] = [
  ...[() => 1, Symbol("s"), Symbol.iterator, new Map(), new Date(0), new (class Own {})()],
  ...[Buffer.alloc(9), new Uint8Array(9_000), { deep: [new Set()] }],
];

const shared = ["shared"];
const circle: PlainValue[] = [shared, { shared }];
circle.push(circle);

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
  circle,
];

export function testValues(check: Check): void {
  testKeysAndValues(check);
  testCopies(check);
}

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
