/** Apache Arrow's tables, record batches and vectors arrive as such, and are read in place. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as arrow from "apache-arrow";
import fc from "fast-check";
import { get, put, remote } from "mobula";
import { processesOnly, useRuntime } from "../support/runtime.ts";

useRuntime();

type Columnar = arrow.Table | arrow.RecordBatch | arrow.Vector;

const echo = remote((value: unknown) => value);

/** What a cell holds, without anything of Arrow. */
function plain(cell: unknown): unknown {
  if (cell instanceof arrow.Vector) return Array.from(cell, plain);
  if (ArrayBuffer.isView(cell)) return Array.from(cell as Uint8Array, plain);
  if (cell instanceof arrow.StructRow || cell instanceof arrow.MapRow) {
    return Object.entries(cell.toJSON()).map(([key, value]) => [key, plain(value)]);
  }
  return cell;
}

function fieldOf({ name, type, nullable, metadata }: arrow.Field): unknown {
  const children = (type.children ?? []) as arrow.Field[];
  return [name, String(type), nullable, [...metadata], children.map(fieldOf)];
}

function contentOf(value: Columnar): unknown {
  const isVector = value instanceof arrow.Vector;
  return {
    rows: Array.from<unknown, unknown>(value, plain),
    nullCount: value.nullCount,
    chunks: (isVector || value instanceof arrow.Table ? value.data : [value.data]).map(
      (data) => data.length,
    ),
    schema: isVector
      ? String(value.type)
      : [value.schema.fields.map(fieldOf), [...value.schema.metadata]],
  };
}

/** The received value has the class of the one sent, and its content. */
function assertSame<T extends Columnar>(received: unknown, sent: T): void {
  assert(received instanceof (sent.constructor as new () => T));
  assert.deepStrictEqual(contentOf(received), contentOf(sent));
}

async function assertEchoes(...sent: Columnar[]): Promise<void> {
  const received = await Promise.all(sent.map((value) => echo(value)));
  for (const [index, value] of received.entries()) assertSame(value, sent[index]!);
}

const int = new arrow.Int32();
const utf8 = new arrow.Utf8();
const list = (type: arrow.DataType): arrow.List => new arrow.List(new arrow.Field("item", type));
const entries = new arrow.Struct<{ key: arrow.Utf8; value: arrow.Int32 }>([
  new arrow.Field("key", utf8, false),
  new arrow.Field("value", int, true),
]);

const number = fc.integer({ min: -1_000, max: 1_000 });
const text = fc.oneof(fc.string({ maxLength: 12 }), fc.string({ unit: "grapheme", maxLength: 4 }));
const bytes = fc.uint8Array({ maxLength: 9 });
const moment = fc.integer({ min: 0, max: 4e12 });

/** A type and what its cells may hold. */
const columns: readonly (readonly [arrow.DataType, fc.Arbitrary<unknown>])[] = [
  [new arrow.Int8(), fc.integer({ min: -128, max: 127 })],
  [int, number],
  [new arrow.Int64(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  [new arrow.Uint64(), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })],
  [new arrow.Float32(), fc.float()],
  [new arrow.Float64(), fc.double()],
  [new arrow.Bool(), fc.boolean()],
  [utf8, text],
  [new arrow.LargeUtf8(), text],
  [new arrow.Binary(), bytes],
  [new arrow.FixedSizeBinary(3), fc.uint8Array({ minLength: 3, maxLength: 3 })],
  [new arrow.DateMillisecond(), moment.map((value) => new Date(value))],
  [new arrow.TimestampMicrosecond("Europe/Paris"), moment],
  [new arrow.Dictionary(utf8, new arrow.Int16()), text],
  [list(int), fc.array(number, { maxLength: 5 })],
  [list(utf8), fc.array(text, { maxLength: 3 })],
  [list(list(int)), fc.array(fc.array(number, { maxLength: 3 }), { maxLength: 3 })],
  [new arrow.FixedSizeList(2, new arrow.Field("item", int)), fc.tuple(number, number)],
  [
    new arrow.Struct([new arrow.Field("a", int, true), new arrow.Field("b", list(utf8), true)]),
    fc.record({ a: number, b: fc.array(text, { maxLength: 2 }) }),
  ],
  [
    new arrow.Map_(new arrow.Field("entries", entries, false)),
    fc.dictionary(fc.string({ minLength: 1, maxLength: 3 }), number, { maxKeys: 3 }),
  ],
];

/** A vector of some type with nulls, in one chunk or several, whole or sliced. */
const vectors = fc.constantFrom(...columns).chain(([type, cell]) => {
  const chunk = fc.array(fc.option(cell), { minLength: 1, maxLength: 40 });
  return fc
    .tuple(fc.array(chunk, { minLength: 1, maxLength: 3 }), fc.nat(20), fc.nat(100))
    .map(([chunks, begin, count]) => {
      const [first, ...others] = chunks.map((cells) => arrow.vectorFromArray(cells, type));
      return first!.concat(...others).slice(begin, begin + count);
    });
});

const tables = fc
  .tuple(fc.array(vectors, { maxLength: 6 }), fc.dictionary(fc.string(), fc.string()), fc.nat(9))
  .map(([all, metadata, begin]) => {
    const made = new arrow.Table(Object.fromEntries(all.map((vector, i) => [`c${i}`, vector])));
    const schema = new arrow.Schema(made.schema.fields, new Map(Object.entries(metadata)));
    return new arrow.Table(schema, made.batches).slice(begin);
  });

test("a vector of any type arrives, whole, in chunks and sliced", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(vectors, { minLength: 1, maxLength: 8 }), async (sent) => {
      await assertEchoes(...sent);
    }),
    { numRuns: 60 },
  );
});

test("a table of any columns arrives, with its schema, batches and metadata", async () => {
  await fc.assert(
    fc.asyncProperty(tables, async (table) => {
      await assertEchoes(table, ...table.batches);
      assertSame(await put(table), table);
      assertSame(await remote(() => table)(), table);
    }),
    { numRuns: 40 },
  );
});

/** Rows 0, 1, 2 ... that are numbers and texts in turn. */
function unionOf(length: number): arrow.Vector {
  const rows = Array.from({ length }, (_, row) => row);
  const half = Math.ceil(length / 2);
  return arrow.makeVector(
    arrow.makeData({
      type: new arrow.DenseUnion([5, 7], [new arrow.Field("n", int), new arrow.Field("s", utf8)]),
      typeIds: Int8Array.from(rows, (row) => (row % 2 === 0 ? 5 : 7)),
      valueOffsets: Int32Array.from(rows, (row) => row >> 1),
      children: [
        arrow.vectorFromArray(rows.slice(0, half), int).data[0]!,
        arrow.vectorFromArray(rows.slice(0, half).map(String), utf8).data[0]!,
      ],
    }),
  );
}

test("what is empty, wide, of a union, decimal, or memoized", async () => {
  const none = new Int32Array(0);
  const wide = Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`c${i}`, [i, i + 1]]));
  const decimal = arrow.makeData({
    type: new arrow.Decimal(2, 20),
    data: Uint32Array.from({ length: 12 }, (_, i) => i),
  });
  await assertEchoes(
    new arrow.Table(),
    arrow.tableFromArrays({ none }),
    arrow.tableFromArrays(wide),
    unionOf(50),
    unionOf(50).slice(11, 30),
    arrow.makeVector(decimal).slice(1, 3),
    arrow.vectorFromArray([null, null], new arrow.Null()),
  );
  const words = arrow.vectorFromArray(["a", null, "b"], utf8).memoize();
  const received = (await echo(words)) as arrow.Vector;
  assertSame(received, words);
  assert.equal(received.isMemoized, true);
  assert.equal(received.unmemoize().isMemoized, false);
});

class Report {
  readonly #table: arrow.Table;
  constructor(table: arrow.Table) {
    this.#table = table;
  }
  get table(): arrow.Table {
    return this.#table;
  }
}

test("inside other values, and once however often it is met", async () => {
  const table = arrow.tableFromArrays({ a: Float64Array.of(1, 2), s: ["x", "y"] });
  const column = table.getChild("s");
  const sent = {
    table,
    again: [table],
    map: new Map([[table, column]]),
    report: new Report(table),
  };
  const received = (await echo(sent)) as typeof sent;
  assertSame(received.table, table);
  assert.equal(received.again[0], received.table);
  assertSame(received.map.get(received.table), column!);
  assert.equal(received.report.table, received.table);
  const [chunk] = received.map.get(received.table)!.data;
  assert.equal(chunk, received.table.batches[0]!.data.children[1]);
});

test("the body sees the classes of the library that it imports", async () => {
  const table = arrow.tableFromArrays({ a: Int32Array.of(1, 2, 3) });
  const classes = remote((value: arrow.Table) => {
    const { prototype } = arrow.Table;
    return [
      Object.getPrototypeOf(value) === prototype,
      value.getChildAt(0) instanceof arrow.Vector,
    ];
  });
  assert.deepEqual(await classes(table), [true, true]);
  const made = await remote(() => arrow.tableFromArrays({ a: Int32Array.of(1, 2, 3) }))();
  assertSame(made, table);
  assert.equal(Object.getPrototypeOf(made), arrow.Table.prototype);
});

test("only what a slice looks at travels", async () => {
  const count = 20_000;
  const rows = Array.from({ length: count }, (_, row) => row);
  const nullable = rows.map((row) => (row % 5 === 0 ? null : row));
  const whole = new arrow.Table({
    numbers: arrow.vectorFromArray(nullable, int),
    flags: arrow.vectorFromArray(
      rows.map((row) => row % 3 === 0),
      new arrow.Bool(),
    ),
    texts: arrow.vectorFromArray(rows.map(String), utf8),
    lists: arrow.vectorFromArray(
      rows.map((row) => [row, row]),
      list(int),
    ),
    unions: unionOf(count),
  });
  const slice = whole.slice(9_001, 9_011);
  const received = (await echo(slice)) as arrow.Table;
  assertSame(received, slice);
  const sizeBytes = received.data.reduce((sum, data) => sum + data.byteLength, 0);
  assert(sizeBytes < 2_000, `${sizeBytes} bytes`);
});

describe("a table in the object store", processesOnly("memory is the process's own"), () => {
  const COUNT = 4_000_000;
  const large = (): arrow.Table => {
    return arrow.tableFromArrays({ a: new Float64Array(COUNT).fill(1), b: new Int32Array(COUNT) });
  };

  const skip = process.env["MOBULA_PORTABLE"] === "1" && "without mapped files it is copied";
  test("is read where it lies", { skip }, async () => {
    const measure = remote(async (table: arrow.Table | undefined) => {
      const { readFileSync } = await import("node:fs");
      let sum = 0;
      for (const batch of table?.batches ?? []) {
        for (const { values } of batch.data.children) {
          for (let i = 0; i < values.length; i++) sum += values[i] as number;
        }
      }
      const status = readFileSync("/proc/self/status", "utf8");
      return { sum, anonymousKib: Number(/^RssAnon:\s+(\d+)/m.exec(status)![1]), pid: process.pid };
    });
    const small = arrow.tableFromArrays({ a: new Float64Array(1_000) });
    const before = await measure(small);
    const stored = put(large());
    const after = await measure(stored);
    assert.equal(after.sum, COUNT);
    assert.equal(after.pid, before.pid);
    // The table has 48 MB; the heap grows by what the collector leaves.
    const grownKib = after.anonymousKib - before.anonymousKib;
    assert(grownKib < 32_000, `${grownKib} KiB`);
  });

  test("is each reader's own to write to", async () => {
    const stored = put(large());
    const spoil = remote((table: arrow.Table) => {
      const values = table.batches[0]!.data.children[0]!.values as Float64Array;
      const sum = values[0]! + values[1]!;
      values.fill(7, 0, 2);
      return sum + (table.get(0)!["a"] as number);
    });
    assert.deepEqual(await get([spoil(stored), spoil(stored)]), [9, 9]);
    assert.equal((await stored).getChild("a")!.get(0), 1);
  });
});
