import assert from "node:assert/strict";
import { test } from "node:test";
import * as arrow from "apache-arrow";
import { ordinaryValues, ownNames } from "../base/ordinary-properties.ts";
import type { DecodeContext } from "./decode.ts";
import type { Extended } from "./encode.ts";
import { CLASS_INSTANCE, FUNCTION } from "./extension-types.ts";
import { decode, encode, type Encoded } from "./same.test.ts";

/** As a runtime does it: classes by reference, instances by class and properties. */
const owners: Function[] = [];
const extended: object[] = [];

function extend(value: object): Extended | undefined {
  if (typeof value === "function") {
    return { type: FUNCTION, head: owners.push(value) - 1, body: null };
  }
  if (ArrayBuffer.isView(value)) return undefined;
  extended.push(value);
  const names = ownNames(value)!;
  const values = ordinaryValues(value, names)!;
  const body = Object.fromEntries(names.map((name, index) => [name, values[index]]));
  return { type: CLASS_INSTANCE, head: undefined, body: { body, owner: value.constructor } };
}

const receiving: Partial<DecodeContext> = {
  create: (type, head) => (type === FUNCTION ? owners[head as number]! : {}),
  fill: (type, created, content) => {
    if (type === FUNCTION) return;
    const { owner, body } = content as { owner: Function; body: object };
    Object.setPrototypeOf(created, owner.prototype as object);
    Object.assign(created, body);
  },
};

function encoded(value: unknown): Encoded {
  extended.length = 0;
  return encode(value, { extend });
}

const COUNT = 10_000;
const rows = Array.from({ length: COUNT }, (_, row) => row);

test("buffers travel beside the skeleton, as views of the sender's own memory", () => {
  const values = Float64Array.from(rows);
  const vector = arrow.makeVector(values);
  const { buffers, bytes } = encoded(vector);
  assert.deepEqual(
    buffers.map(({ buffer, byteLength }) => [buffer === values.buffer, byteLength]),
    [[true, 8 * COUNT]],
  );
  assert(bytes.length < 1_000);
});

test("the received buffers are views of what came", () => {
  const sent = encoded(arrow.tableFromArrays({ a: Float64Array.from(rows), b: ["x", "y"] }));
  const table = decode(sent, receiving) as arrow.Table;
  const { values } = table.batches[0]!.data.children[0]!;
  // Out-of-band buffers arrive inside of something larger.
  assert.equal((values as Float64Array).byteOffset, 64);
  assert.equal(table.getChild("a")!.get(COUNT - 1), COUNT - 1);
  assert.deepEqual([...table.getChild("b")!].slice(0, 2), ["x", "y"]);
});

test("text of a slice travels without its surroundings, its offsets counted anew", () => {
  for (const type of [new arrow.Utf8(), new arrow.LargeUtf8()]) {
    const slice = arrow.vectorFromArray(rows.map(String), type).slice(5_000, 5_003);
    const received = decode(encoded(slice), receiving) as arrow.Vector;
    assert.deepEqual([...received], ["5000", "5001", "5002"]);
    const [chunk] = received.data;
    assert.deepEqual(Array.from(chunk!.valueOffsets as Int32Array, Number), [0, 4, 8, 12]);
    assert.equal(chunk!.values.length, 12);
  }
});

test("a slice from the beginning copies no offsets", () => {
  const vector = arrow.vectorFromArray(rows.map(String), new arrow.Utf8());
  const offsets = vector.data[0]!.valueOffsets;
  const { buffers } = encoded(vector.slice(0, 5_000));
  assert(buffers.some(({ buffer }) => buffer === offsets.buffer));
});

test("bitmaps of a slice begin at the byte of its first row", () => {
  const flags = rows.map((row) => (row % 7 === 0 ? null : row % 2 === 0));
  const slice = arrow.vectorFromArray(flags, new arrow.Bool()).slice(5_003, 5_020);
  const received = decode(encoded(slice), receiving) as arrow.Vector;
  assert.deepEqual([...received], flags.slice(5_003, 5_020));
  const [chunk] = received.data;
  assert.deepEqual([chunk!.offset, chunk!.values.length, chunk!.nullBitmap.length], [3, 3, 3]);
});

test("a vector that a program has extended is the program's", () => {
  class Named extends arrow.Vector {
    label = "mine";
  }
  const vector = new Named([arrow.vectorFromArray([1, 2]).data[0]!]);
  assert.throws(() => encode(vector, { extend: () => undefined }), { name: "SerializationError" });
});

test("what only looks like one is asked for as any instance", () => {
  class Data {
    children = [];
    clone(): Data {
      return new Data();
    }
  }
  class Vector {
    data = [new Data()];
    memoize(): this {
      return this;
    }
  }
  const vector = new Vector();
  encoded(vector);
  assert.deepEqual(extended, [vector, ...vector.data]);
});

test("a path goes through tables as if they were plain", () => {
  const values = new Int32Array(new SharedArrayBuffer(8));
  const chunk = arrow.makeData({ type: new arrow.Int32(), length: 2, data: values });
  assert.throws(() => encode({ v: new arrow.Vector([chunk]) }, { root: "args[0]", extend }), {
    path: "args[0].v.data[0].values",
  });
});
