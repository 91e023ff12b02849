/** INSTANCE and LAYOUT as bytes, which may come from anyone. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { MalformedMsgpackError, MsgpackReader, MsgpackWriter } from "../base/msgpack.ts";
import { decodeValue } from "./decode.ts";
import { FUNCTION, INSTANCE, LAYOUT, PRELUDE } from "./extension-types.ts";
import { writeReference, writeTagged } from "./headers.ts";
import { RECURSION_DEPTH_MAX } from "./limits.ts";
import { writeText } from "./primitives.ts";

class Point {
  x = 0;
}

type Write = (writer: MsgpackWriter) => void;

/** Arrays of one item, `depth` of them, around an array of Point and what `items` write. */
function decode(items: readonly Write[], depth = 0, owner: object = Point): unknown {
  const writer = new MsgpackWriter();
  writeTagged(writer, PRELUDE, 1);
  for (let level = 0; level < depth; level++) writer.arrayHeader(1);
  writer.arrayHeader(items.length + 1);
  writeTagged(writer, FUNCTION, 2);
  writer.nil();
  writer.nil();
  for (const write of items) write(writer);
  const context = { buffers: [], create: () => owner, fill: () => undefined };
  const bytes = writer.bytes.subarray(0, writer.position);
  let value = decodeValue(new MsgpackReader(bytes), context);
  for (let level = 0; level < depth; level++) [value] = value as unknown[];
  return value;
}

function layout(depth: number, keys: readonly string[], count = keys.length): Write {
  return (writer) => {
    writeTagged(writer, LAYOUT, 2 + 2 * keys.length);
    writeReference(writer, depth + 1);
    writer.integer(count);
    for (const key of keys) writeText(writer, key);
    for (const [index] of keys.entries()) writer.integer(index);
  };
}

function instance(number: number, ...values: readonly number[]): Write {
  return (writer) => {
    writeTagged(writer, INSTANCE, 1 + values.length);
    writer.integer(number);
    for (const value of values) writer.integer(value);
  };
}

test("what follows a layout has its class and keys, however deep it lies", () => {
  const keys = Array.from({ length: 40 }, (_, index) => `k${index}`);
  for (const depth of [0, RECURSION_DEPTH_MAX - 1, RECURSION_DEPTH_MAX, 2 * RECURSION_DEPTH_MAX]) {
    const items = [layout(depth, ["x"]), layout(depth, keys), instance(0, 7), layout(depth, [])];
    const reference: Write = (writer) => writeReference(writer, depth + 4);
    const read = decode([...items, instance(2), reference], depth) as object[];
    const [, first, long, second, empty, alsoEmpty, again] = read;
    assert.deepEqual({ ...first }, { x: 0 });
    assert.deepEqual(Object.keys(long!), keys);
    assert.deepEqual({ ...second }, { x: 7 });
    assert.deepEqual(
      [empty, alsoEmpty].map((each) => Object.keys(each!)),
      [[], []],
    );
    assert.ok(read.slice(1).every((each) => each instanceof Point));
    assert.equal(again, second);
  }
});

test("an instance without its layout, or of another length, is malformed", () => {
  for (const depth of [0, 2 * RECURSION_DEPTH_MAX]) {
    const malformed: readonly (readonly Write[])[] = [
      [instance(0, 1)],
      [layout(depth, ["x"]), instance(1, 1)],
      [layout(depth, ["x"]), instance(0)],
      [layout(depth, ["x"]), instance(0, 1, 2)],
      [layout(depth, ["x"]), instance(-1, 1)],
      [layout(depth, ["x", "y"], 1)],
      [layout(depth, ["x"], 2)],
      [layout(depth, ["x"], -1)],
      [(writer) => writeTagged(writer, INSTANCE, 0)],
      [(writer) => writeTagged(writer, LAYOUT, 0)],
    ];
    for (const [index, items] of malformed.entries()) {
      assert.throws(() => decode(items, depth), MalformedMsgpackError, `${index} at ${depth}`);
    }
    const noClasses = [{}, () => 0, Object.assign(() => 0, { prototype: null })];
    for (const owner of noClasses) {
      assert.throws(() => decode([layout(depth, ["x"])], depth, owner), MalformedMsgpackError);
    }
  }
});
