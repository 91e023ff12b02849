/** Large values go through the object store and arrive as they were; each reader has its own. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { allocate, get, put, remote } from "mobula";
import { useRuntime } from "../support/runtime.ts";

useRuntime({ storedBytesMin: 20_000 });

const kinds = {
  buffer: (bytes: Uint8Array) => Buffer.from(bytes),
  arrayBuffer: (bytes: Uint8Array) => bytes.slice().buffer,
  dataView: (bytes: Uint8Array) => new DataView(bytes.slice().buffer),
  bytes: (bytes: Uint8Array) => bytes.slice(),
  doubles: (bytes: Uint8Array) => Float64Array.from(bytes),
  bigints: (bytes: Uint8Array) => BigUint64Array.from(bytes, BigInt),
  clamped: (bytes: Uint8Array) => Uint8ClampedArray.from(bytes),
  part: (bytes: Uint8Array) => new Uint16Array(Uint16Array.from(bytes).buffer, 2, bytes.length - 1),
  text: (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1"),
  records: (bytes: Uint8Array) => Array.from(bytes, (value) => ({ value })),
};
type Kind = keyof typeof kinds;

class Holder {
  readonly content: unknown;
  constructor(content: unknown) {
    this.content = content;
  }
}

const places = {
  itself: (value: unknown) => value,
  property: (value: unknown) => ({ before: 1, value, after: [2] }),
  array: (value: unknown) => [value, "between", value],
  map: (value: unknown) => new Map([["key", new Set([value])]]),
  instance: (value: unknown) => new Holder(value),
};

const value = fc
  .record({
    kind: fc.constantFrom(...(Object.keys(kinds) as Kind[])),
    place: fc.constantFrom(...(Object.keys(places) as (keyof typeof places)[])),
    // Around the size from which values are stored, and around that of out-of-band parts.
    sizeBytes: fc.constantFrom(1, 4_000, 4_096, 4_097, 19_999, 20_000, 20_001, 300_000),
    seed: fc.nat(255),
  })
  .map(({ kind, place, sizeBytes, seed }) => {
    const bytes = Uint8Array.from({ length: sizeBytes }, (_, index) => (index * 7 + seed) % 251);
    return { label: `${kind} in ${place}`, value: places[place](kinds[kind](bytes)) };
  });

describe("whatever its kind, its place and its size", () => {
  const echo = remote((x: unknown) => x);
  const roads = {
    "put and read": (x: unknown) => put(x),
    "as argument and as result": (x: unknown) => echo(x),
    "put, as argument and as result": (x: unknown) => echo(put(x)),
    captured: (x: unknown) => remote(() => x)(),
    "from task to task": (x: unknown) => echo(echo(x)),
  };
  for (const [road, go] of Object.entries(roads)) {
    test(`a value arrives: ${road}`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 3 }), async (values) => {
          const sent = values.map((made) => made.value);
          assert.deepStrictEqual(await go(sent), sent);
          assert.deepStrictEqual(await go(sent[0]), sent[0]);
        }),
        { numRuns: 20 },
      );
    });
  }
});

describe("the stored object never changes", () => {
  const LENGTH = 100_000;
  const fresh = (): Float64Array => new Float64Array(LENGTH).fill(1);
  const spoil = remote(
    (array: Float64Array) => {
      const before = array[LENGTH - 1];
      array.fill(9);
      return before;
    },
    { numCpus: 0.25 },
  );

  test("whoever writes to what it got: two readers of a process, tasks of one worker", async () => {
    const ref = put(fresh());
    const [one, other] = await Promise.all([ref, ref]);
    one.fill(2);
    assert.equal(other[5], 1);
    const seen = await Promise.all(Array.from({ length: 16 }, () => spoil(ref)));
    assert.deepEqual(new Set(seen), new Set([1]));
    assert.deepEqual([(await ref)[5], one[5], other[5]], [1, 2, 1]);
  });

  test("the creator writes to what it has put, and to what it has sent", async () => {
    const array = fresh();
    const ref = put(array);
    const sent = spoil(array);
    array.fill(3);
    assert.deepEqual([(await ref)[0], await sent], [1, 1]);
  });

  test("the creator writes to what it has allocated, before and after it is put", async () => {
    const array = allocate(Float64Array, LENGTH);
    assert.equal(array[77], 0);
    array.fill(1);
    const [once, twice] = [put(array), put({ array })];
    array.fill(4);
    const after = put(array);
    const seen = await Promise.all([once, twice, after]);
    assert.deepEqual([seen[0][9], seen[1].array[9], seen[2][9], array[9]], [1, 1, 4, 4]);
    assert.deepEqual(await Promise.all([spoil(once), spoil(once), spoil(after)]), [1, 1, 4]);
  });

  test("a task returns what it has allocated, and goes on writing to it", async () => {
    const make = remote((length: number) => {
      const array = allocate(Float64Array, length);
      array.fill(1);
      // After the result has been taken, which is when the body is over.
      setImmediate(() => array.fill(5));
      return array;
    });
    const [one, other] = [make(LENGTH), make(LENGTH)];
    assert.deepEqual([(await one)[9], (await other)[9], await spoil(one)], [1, 1, 1]);
    assert.equal((await one)[9], 1);
  });

  test("views stay what they are while their file is freed and written again", async () => {
    const kept: Float64Array[] = [];
    for (let round = 0; round < 20; round++) {
      using ref = put(new Float64Array(LENGTH).fill(round));
      kept.push(await ref);
    }
    assert.deepEqual(
      kept.map((array) => array[LENGTH - 1]),
      Array.from({ length: 20 }, (_, round) => round),
    );
  });

  test("a ref that is disposed while it is read, or while a task takes it", async () => {
    for (let round = 0; round < 20; round++) {
      const ref = put(new Float64Array(LENGTH).fill(round));
      const [reading, task] = [ref.then((array) => array[7]), spoil(ref)];
      ref[Symbol.dispose]();
      const next = put(new Float64Array(LENGTH).fill(-1));
      assert.deepEqual(await Promise.all([reading, task]), [round, round]);
      next[Symbol.dispose]();
    }
  });

  test("with `shared`, tasks of a worker may look at the same memory", async () => {
    const ref = put(fresh());
    const shared = spoil.options({ shared: true, numCpus: 1 });
    const seen = await Promise.all(Array.from({ length: 8 }, () => shared(ref)));
    // Each of the two workers has seen it unspoilt once, if both ran any.
    const unspoilt = seen.filter((first) => first === 1).length;
    assert(unspoilt >= 1 && unspoilt <= 2, `${unspoilt} of 8`);
    assert.equal((await ref)[LENGTH - 1], 1);
  });
});

test("a part of a huge buffer takes its own size only", async () => {
  const huge = new Float64Array(5_000_000);
  const part = huge.subarray(1_000, 11_000).fill(6);
  const sizes = remote((array: Float64Array) => [array.length, array.buffer.byteLength, array[9]]);
  assert.deepEqual(await sizes(part), [10_000, 80_000, 6]);
});

/** Of ES2024, which the types here do not have. */
const Growable = ArrayBuffer as unknown as new (
  length: number,
  options: { maxByteLength: number },
) => ArrayBuffer & { resize(length: number): void };

test("nothing, detached, shared and growable memory", async () => {
  const length = remote((array: Uint8Array<ArrayBufferLike>) => array.length);
  assert.equal(await length(new Uint8Array(0)), 0);
  assert.equal(await length(allocate(Uint8Array, 0)), 0);
  const detached = new Uint8Array(30_000);
  structuredClone(detached, { transfer: [detached.buffer] });
  assert.throws(() => length(detached), { name: "SerializationError" });
  const growable = new Growable(30_000, { maxByteLength: 60_000 });
  const view = new Uint8Array(growable).fill(4);
  const ref = put(view);
  growable.resize(60_000);
  assert.deepEqual(
    [await length(view), (await ref).length, (await ref)[29_999]],
    [60_000, 30_000, 4],
  );
  const shared = new Uint8Array(new SharedArrayBuffer(30_000));
  assert.throws(() => length(shared), { name: "SerializationError" });
});

test("numbers of a foreign byte order are kept as they are", async () => {
  const view = new DataView(new ArrayBuffer(40_000));
  view.setFloat64(32_000, Math.PI, false);
  const read = remote((sent: DataView) => sent.getFloat64(32_000, false));
  assert.equal(await read(put(view)), Math.PI);
});

test("refs inside a stored value, and a stored value that goes on from task to task", async () => {
  const LENGTH = 50_000;
  const make = remote((fill: number) => {
    const inner = put(new Float64Array(50_000).fill(fill));
    return { inner, padding: new Uint8Array(30_000) };
  });
  const open = remote(async ({ inner }: { inner: Promise<Float64Array> }) => (await inner)[3]);
  const made = await Promise.all([make(1), make(2), make(3)]);
  const opened = await Promise.all(made.map((outer) => open(outer as never)));
  assert.deepEqual(opened, [1, 2, 3]);
  const inner = await get(made.map((outer) => outer.inner));
  assert.deepEqual(
    inner.map((array) => [array.length, array[LENGTH - 1]]),
    [1, 2, 3].map((fill) => [LENGTH, fill]),
  );
});

const skip = process.env["MOBULA_PORTABLE"] === "1" && "a copy's memory is its own";

test("what was read does not pass to a thread: it would outlive its memory", { skip }, async () => {
  const array = await put(new Float64Array(50_000).fill(3));
  const { port1, port2 } = new MessageChannel();
  try {
    port1.postMessage(array, [array.buffer]);
  } catch (error) {
    assert.equal((error as Error).name, "DataCloneError");
  }
  port1.close();
  port2.close();
  // Node 20 sends a copy instead of refusing.
  assert.deepEqual([array.length, array[49_999]], [50_000, 3]);
  const { transfer } = array.buffer as { transfer?: () => ArrayBuffer };
  if (transfer !== undefined) {
    assert.throws(() => transfer.call(array.buffer), {
      name: "TypeError",
      message:
        "Cannot transfer this ArrayBuffer: its memory belongs to the object store; " +
        "transfer a copy, made with slice()",
    });
  }
});

const nodeMajor = Number.parseInt(process.versions.node, 10);
const FIVE_GIB = 5 * 2 ** 30;

test("more than 4 GiB in one piece: Node 20 says that it cannot", { skip: nodeMajor > 20 }, () => {
  // Its pages are never touched.
  const huge = new Float64Array(FIVE_GIB / 8);
  assert.throws(() => put({ huge }), {
    name: "SerializationError",
    message:
      `Cannot send value: it has a binary part of ${FIVE_GIB} bytes, and Node ` +
      `${process.versions.node} can look at ${2 ** 32 - 1} at once; ` +
      "use Node 22 or later, or send it in parts",
  });
});

const large = process.env["MOBULA_LARGE_TESTS"] === "1" && nodeMajor > 20;

test(
  "5 GiB arrive",
  { skip: !large && "takes 10 GiB: MOBULA_LARGE_TESTS=1, Node 22" },
  async () => {
    const huge = new Uint8Array(FIVE_GIB);
    huge[FIVE_GIB - 1] = 7;
    const last = remote((array: Uint8Array) => [array.length, array.at(-1)]);
    assert.deepEqual(await last(put(huge)), [FIVE_GIB, 7]);
  },
);
