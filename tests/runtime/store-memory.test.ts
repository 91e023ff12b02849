/** Memory of stored objects is used again when nobody needs them, however that comes about. */

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { get, put, remote, type ObjectRef } from "mobula";
import { collectGarbage } from "../support/garbage.ts";
import { processesOnly, useRuntime } from "../support/runtime.ts";
import { filesInMemory, filesOnDisk } from "../support/store.ts";
import { eventually } from "../support/within.ts";

const MIB = 2 ** 20;
const LIMIT = 64 * MIB;
const fixture = useRuntime({ objectStoreBytes: LIMIT });
const options = processesOnly("files are counted in the session's directory");

const bytes = (fill: number, sizeBytes = 4 * MIB): Uint8Array =>
  new Uint8Array(sizeBytes).fill(fill);

/** Files that were counted out are removed a moment later, when others may be there already. */
afterEach(() =>
  eventually(() => {
    const { sizeBytes } = filesInMemory(fixture.sandbox);
    return sizeBytes <= LIMIT ? undefined : `${sizeBytes} bytes of ${LIMIT} in memory`;
  }),
);

/** Waits until nothing is stored but free files, which every new object may take. */
async function nothingStored(): Promise<void> {
  await eventually(async () => {
    await collectGarbage();
    await collectInWorkers();
    const onDisk = filesOnDisk(fixture.sandbox).count;
    return onDisk === 0 ? undefined : `${onDisk} files on disk`;
  });
}

const collect = remote(async () => {
  const { setFlagsFromString } = await import("node:v8");
  const { runInNewContext } = await import("node:vm");
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  for (let i = 0; i < 3; i++) {
    gc();
    await new Promise(setImmediate);
  }
});
const collectInWorkers = (): Promise<unknown> => Promise.all([collect(), collect()]);

test("objects that are disposed of take turns in the same memory", options, () => {
  const before = filesInMemory(fixture.sandbox).count;
  for (let i = 0; i < 100; i++) put(bytes(i))[Symbol.dispose]();
  assert(filesInMemory(fixture.sandbox).count <= before + 1);
});

test("arguments end with their task, results with their ref", options, async () => {
  const half = remote((array: Uint8Array) => array.slice(array.length / 2));
  for (let i = 0; i < 40; i++) {
    using result = half(bytes(i));
    assert.equal((await result)[7], i);
  }
  await nothingStored();
});

test(
  "objects that are dropped without a word are found before memory is full",
  options,
  async () => {
    for (let i = 0; i < 100; i++) {
      void put(bytes(i));
      await new Promise(setImmediate);
    }
    await nothingStored();
  },
);

test("what is colder goes to disk, and is read back as it was", options, async () => {
  const refs: ObjectRef<Uint8Array>[] = [];
  for (let i = 0; i < 40; i++) {
    refs.push(put(bytes(i)));
    await new Promise(setImmediate);
  }
  await eventually(() => {
    const { sizeBytes } = filesInMemory(fixture.sandbox);
    return sizeBytes <= 0.8 * LIMIT ? undefined : `${sizeBytes} bytes in memory`;
  });
  const sums = remote((array: Uint8Array) => array.reduce((sum, byte) => sum + byte, 0));
  const look = async (ref: ObjectRef<Uint8Array>): Promise<unknown> => {
    const array = await ref;
    return [array[0], array.at(-1), array.length];
  };
  for (const [index, ref] of refs.entries()) {
    assert.deepEqual(await look(ref), [index, index, 4 * MIB]);
  }
  const found = await get(refs.map((ref) => sums(ref)));
  assert.deepEqual(
    found,
    refs.map((_ref, index) => index * 4 * MIB),
  );
  for (const ref of refs) ref[Symbol.dispose]();
  await nothingStored();
});

test("what workers have stored makes room for the program", options, async () => {
  const make = remote((fill: number) => ({ inner: put(new Uint8Array(4 * 2 ** 20).fill(fill)) }));
  const made = await Promise.all(Array.from({ length: 12 }, (_, fill) => make(fill)));
  const own = Array.from({ length: 12 }, (_, fill) => put(bytes(fill)));
  for (const [fill, ref] of own.entries()) assert.equal((await ref)[5], fill);
  for (const [fill, { inner }] of made.entries()) assert.equal((await inner)[5], fill);
  for (const ref of [...own, ...made.map(({ inner }) => inner)]) ref[Symbol.dispose]();
});

test(
  "refs that go from process to process keep an object alive, and let go of it",
  options,
  async () => {
    const pass = remote((held: { ref: ObjectRef<Uint8Array> }) => held);
    const open = remote(async ({ ref }: { ref: ObjectRef<Uint8Array> }) => (await ref)[5]);
    // In a function of its own: what a loop has held last may live as long as its frame.
    const passOn = async (round: number): Promise<unknown> => {
      const ref = put(bytes(round));
      const first = await pass({ ref });
      ref[Symbol.dispose]();
      const second = await pass(await pass(first));
      // Other objects come and go meanwhile: they must not get this one's memory.
      for (let i = 0; i < 5; i++) put(bytes(200 + i))[Symbol.dispose]();
      return [await open(second), (await first.ref)[5]];
    };
    for (let round = 0; round < 10; round++) assert.deepEqual(await passOn(round), [round, round]);
    await nothingStored();
  },
);

test("a worker that is killed takes its objects along, and leaves no file", options, async () => {
  const make = remote((fill: number) => ({
    inner: put(new Uint8Array(4 * 2 ** 20).fill(fill)),
    pid: process.pid,
  }));
  const result = remote((fill: number) => new Uint8Array(4 * 2 ** 20).fill(fill));
  const mine = result(3);
  await mine;
  const { inner, pid } = await make(1);
  const kept = await inner;
  process.kill(pid, "SIGKILL");
  await fixture.gone(pid);
  // Results belong to the caller, and so do the objects inside them.
  assert.deepEqual([kept[5], (await mine)[5], (await inner)[5]], [1, 3, 1]);
  const crash = remote(() => {
    const held = put(new Uint8Array(4 * 2 ** 20));
    process.kill(process.pid, "SIGKILL");
    return held;
  });
  const before = filesInMemory(fixture.sandbox).count;
  await assert.rejects(async () => crash(), { code: "WORKER_CRASHED" });
  await eventually(() => {
    const { count } = filesInMemory(fixture.sandbox);
    return count <= before ? undefined : `${count} files, ${before} before`;
  });
});
