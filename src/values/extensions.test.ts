import assert from "node:assert/strict";
import { test } from "node:test";
import { MsgpackReader, MsgpackWriter } from "../base/msgpack.ts";
import { decodeValue } from "./decode.ts";
import type { DecodeContext } from "./decode.ts";
import { encodeValue } from "./encode.ts";
import type { Extended } from "./encode.ts";
import { CLASS_INSTANCE, FUNCTION } from "./extension-types.ts";
import { decode, encode } from "./same.test.ts";

class Point {
  x: unknown = 0;
  y: unknown = 0;
}

/** As a runtime does it: functions by name, instances by class and properties. */
function extend(value: object): Extended | undefined {
  if (typeof value === "function") return { type: FUNCTION, head: value.name, body: undefined };
  if (value instanceof Point) return { type: CLASS_INSTANCE, head: ["Point"], body: { ...value } };
  return undefined;
}

const receiving: Partial<DecodeContext> = {
  create: (type, head) => (type === FUNCTION ? () => head : new Point()),
  fill: (_type, created, body) => void Object.assign(created, body),
};

function roundTrip(value: unknown): unknown {
  return decode(encode(value, { extend }), receiving);
}

test("what the runtime knows is created from its head and filled from its body", () => {
  const point = new Point();
  point.x = { deep: [1n] };
  const received = roundTrip([point]) as Point[];
  assert(received[0] instanceof Point);
  assert.deepEqual(received[0].x, { deep: [1n] });
  const named = roundTrip({ f: function load() {} }) as { f: () => unknown };
  assert.equal(named.f(), "load");
});

test("an extended object may hold itself, in every way", () => {
  const point = new Point();
  point.x = point;
  point.y = new Map<unknown, unknown>([[point, [point, new Set([point])]]]);
  const received = roundTrip({ point, again: point }) as { point: Point; again: Point };
  assert.equal(received.point, received.again);
  assert.equal(received.point.x, received.point);
  const [entry] = received.point.y as Map<unknown, [unknown, Set<unknown>]>;
  const [key, [first, set]] = entry!;
  assert(key === received.point && first === received.point && set.has(received.point));
});

test("an object is asked for once, and what it gives is shared", () => {
  const point = new Point();
  const shared = { a: 1 };
  point.x = shared;
  const asked: object[] = [];
  const encoded = encode([point, point, shared, Math.max, Math.max], {
    extend: (value) => {
      asked.push(value);
      return extend(value);
    },
  });
  assert.deepEqual(asked, [point, Math.max]);
  const received = decode(encoded, receiving) as [Point, Point, object, unknown, unknown];
  assert.equal(received[0], received[1]);
  assert.equal(received[0].x, received[2]);
  assert.equal(received[3], received[4]);
});

test("everything without a known prototype is asked for, with its path, nothing else", () => {
  const asked: [object, string][] = [];
  const map = new (class extends Map {})();
  const load = (): number => 1;
  const old = Object.create({ inherited: 1 }) as object;
  const point = new Point();
  encode(
    [
      1,
      "x",
      [],
      {},
      new Map(),
      new Date(),
      Buffer.from("x"),
      new Error("x"),
      { map },
      [load],
      point,
      old,
    ],
    {
      root: "args",
      extend: (value, path) => {
        asked.push([value, path()]);
        return { type: 100, head: null, body: null };
      },
    },
  );
  assert.deepEqual(asked, [
    [map, "args[8].map"],
    [load, "args[9][0]"],
    [point, "args[10]"],
    [old, "args[11]"],
  ]);
});

test("paths go through extended objects as if they were plain", () => {
  const point = new Point();
  point.x = [Promise.resolve()];
  assert.throws(() => encode({ point }, { root: "args[0]", extend }), {
    path: "args[0].point.x[0]",
    message: "Cannot send args[0].point.x[0]: it is a Promise; await it first",
  });
});

test("an object that its own head needs is refused", () => {
  const load = (): number => 1;
  const body = { inner: [load] };
  const through = (part: "head" | "body") => (value: object) => {
    if (value !== load) return undefined;
    return { type: FUNCTION, head: null, body: null, [part]: body };
  };
  assert.throws(() => encode({ load }, { root: "args[0]", extend: through("head") }), {
    name: "SerializationError",
    message:
      "Cannot send args[0].load.inner[0]: it is needed to build its own class or code; take it out",
  });
  encode({ load }, { extend: through("body") });
});

test("the body is complete when it is given, but for circles", () => {
  const points = Array.from({ length: 1_000 }, () => new Point());
  for (const [i, point] of points.entries()) point.x = points[i + 1];
  const seen: number[] = [];
  const fill = (_type: number, created: object, body: unknown): void => {
    Object.assign(created, body);
    let length = 0;
    for (let next = created as Point | undefined; next; next = next.x as Point | undefined)
      length++;
    seen.push(length);
  };
  decode(encode(points[0], { extend }), { ...receiving, fill });
  assert.deepEqual(
    seen,
    points.map((_, i) => i + 1),
  );
});

test("encoding and decoding may happen while a value is encoded or decoded", () => {
  const inner = encode([{ a: 1 }, new Map([[1, [2]]])]);
  const point = new Point();
  const encoded = encode([{}, point, point, [1]], {
    extend: (value) => {
      assert.deepEqual(encode([{ a: 1 }, new Map([[1, [2]]])]), inner);
      return extend(value);
    },
  });
  const received = decode(encoded, {
    create: () => {
      decode(inner);
      return new Point();
    },
    fill: () => void decode(inner),
  }) as unknown[];
  assert.equal(received[1], received[2]);
  assert.deepEqual(received[3], [1]);
});

test("several values may follow each other in one writer", () => {
  const writer = new MsgpackWriter(16);
  const buffers: Uint8Array[] = [];
  const shared = { a: 1 };
  const values = [
    new Uint8Array(5_000),
    [shared, shared],
    7,
    new Float32Array([1]),
    new Float64Array(600),
  ];
  for (const value of values) encodeValue(writer, value, { root: "args", buffers, extend });
  assert.equal(buffers.length, 2);
  const reader = new MsgpackReader(writer.bytes, 0, writer.position);
  const context = { ...receiving, buffers: buffers.map((b) => Buffer.from(b)) } as DecodeContext;
  assert.deepEqual(
    values.map(() => decodeValue(reader, context)),
    values,
  );
  assert(reader.atEnd);
});
