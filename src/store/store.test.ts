/** The store of one process and of several, with mapped files and with copied ones. */

import assert from "node:assert/strict";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import fc from "fast-check";
import { ObjectLostError, ObjectStoreFullError } from "../base/errors.ts";
import type { NativeLibrary } from "./native.ts";
import { Store, type StoreOptions } from "./store.ts";
import { clearUsage, Usage } from "./usage.ts";

const koffi = createRequire(import.meta.url)("koffi") as NativeLibrary;
const KIB = 1024;
const ignore = (): void => undefined;

let base = "";
let stores: Store[] = [];
const memoryOf = (): string => path.join(base, "memory");
const diskOf = (): string => path.join(base, "disk");

beforeEach(() => {
  base = fs.mkdtempSync(path.join(os.tmpdir(), "mobula-store-"));
  fs.mkdirSync(memoryOf());
  fs.mkdirSync(diskOf());
});

afterEach(() => {
  for (const store of stores) store.close();
  stores = [];
  fs.rmSync(base, { recursive: true });
});

function makeStore(isMapped: boolean, options: Partial<StoreOptions> = {}): Store {
  const store = new Store({
    memoryDirectory: memoryOf(),
    diskDirectory: diskOf(),
    limitBytes: 1024 * KIB,
    storedBytesMin: KIB,
    processId: stores.length + 1,
    slot: stores.length,
    loadLibrary: () => (isMapped ? koffi : undefined),
    ...options,
  });
  stores.push(store);
  return store;
}

function bytesOf(sizeBytes: number, seed: number): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, index) => (index * 31 + seed) % 256);
}

const filesIn = (directory: string): string[] =>
  fs.readdirSync(directory).filter((name) => name !== "usage");

for (const isMapped of [true, false]) {
  describe(isMapped ? "mapped files" : "copied files", () => {
    test("pieces of any size are read as they were written, by any process", () => {
      const size = fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 200_000 }));
      fc.assert(
        fc.property(fc.array(size, { minLength: 1, maxLength: 12 }), (sizes) => {
          const writer = makeStore(isMapped, { limitBytes: 2 ** 30 });
          const reader = makeStore(isMapped);
          const pieces = sizes.map((sizeBytes, index) => bytesOf(sizeBytes, index));
          if (sizes.every((sizeBytes) => sizeBytes === 0)) return;
          for (let round = 0; round < 2; round++) {
            // The second round writes over the file of the first one.
            const { file, layout } = writer.write(pieces);
            for (const store of [writer, reader]) {
              const reading = store.read(file, ignore);
              pieces.forEach((piece, index) => {
                const view = reading.view(layout.offsets[index]!, piece.byteLength);
                assert.deepEqual(new Uint8Array(view), piece);
              });
              reading.close();
            }
            assert.deepEqual(layout.offsets.map((offset) => offset % 64).filter(Boolean), []);
            writer.free(file);
          }
        }),
        { numRuns: 25 },
      );
    });

    test("a reader may write to what it got: nobody else sees it", () => {
      const [writer, reader] = [makeStore(isMapped), makeStore(isMapped)];
      const { file } = writer.write([bytesOf(8 * KIB, 1)]);
      const views = [writer, reader, reader].map((store) => {
        return new Uint8Array(store.read(file, ignore).view(0, 8 * KIB));
      });
      views.forEach((view, index) => view.fill(index + 100));
      views.forEach((view, index) => assert.equal(view[5000], index + 100));
      const later = new Uint8Array(reader.read(file, ignore).view(0, 8 * KIB));
      assert.deepEqual(later, bytesOf(8 * KIB, 1));
    });

    test("what does not fit into memory goes to disk, and is read from there", () => {
      const store = makeStore(isMapped, { limitBytes: 100 * KIB });
      const files = [1, 2, 3].map((seed) => store.write([bytesOf(60 * KIB, seed)]).file);
      assert.deepEqual(
        files.map(({ place }) => place),
        ["memory", "disk", "disk"],
      );
      files.forEach((file, index) => {
        const view = store.read(file, ignore).view(0, 60 * KIB);
        assert.deepEqual(new Uint8Array(view), bytesOf(60 * KIB, index + 1));
      });
    });

    test("the limit is one for all processes", () => {
      const [one, other] = [makeStore(isMapped), makeStore(isMapped)];
      assert.equal(one.write([bytesOf(600 * KIB, 1)]).file.place, "memory");
      assert.equal(other.write([bytesOf(600 * KIB, 2)]).file.place, "disk");
    });

    test("free files make way for what needs room", () => {
      const store = makeStore(isMapped, { limitBytes: 100 * KIB });
      store.free(store.write([bytesOf(40 * KIB, 1)]).file);
      assert.equal(store.write([bytesOf(90 * KIB, 2)]).file.place, "memory");
      assert.equal(filesIn(memoryOf()).length, 1);
    });

    test("with memory full and no disk, the error says who has how much", () => {
      const diskDirectory = path.join(base, "missing");
      const store = makeStore(isMapped, { limitBytes: 100 * KIB, diskDirectory });
      store.write([bytesOf(80 * KIB, 1)]);
      assert.throws(
        () => store.write([bytesOf(50 * KIB, 2)]),
        (error: unknown) => {
          assert(error instanceof ObjectStoreFullError);
          const [, reason] = error.message.split("nothing can be written: ");
          assert.equal(
            error.message,
            "Cannot store 1 MiB: 1 MiB of 1 MiB of memory are in use (process 1 1 MiB), " +
              `and on disk, in ${diskDirectory}, nothing can be written: ${reason}`,
          );
          assert.match(reason!, /^ENOENT: no such file or directory, open '.+'; dispose refs/);
          assert.equal(error.limitBytes, 100 * KIB);
          assert.equal(error.usedBytes, 80 * KIB);
          assert.equal(error.sizeBytes, 50 * KIB);
          assert.deepEqual(error.owners, [{ processId: 1, sizeBytes: 80 * KIB }]);
          return true;
        },
      );
      assert.equal(filesIn(memoryOf()).length, 1);
    });

    test("a file that is gone or was cut is a lost object", () => {
      const store = makeStore(isMapped);
      const { file } = store.write([bytesOf(8 * KIB, 1)]);
      fs.truncateSync(file.path, 100);
      const lost = (reason: string) => (error: unknown) => {
        assert(error instanceof ObjectLostError);
        const advice = "make it again, and leave the store's directory alone";
        assert.equal(error.message, `Cannot read stored object ${file.name}: ${reason}; ${advice}`);
        return true;
      };
      assert.throws(() => store.read(file, ignore), lost("its file has 100 of 8192 bytes"));
      fs.unlinkSync(file.path);
      assert.throws(() => store.read(file, ignore), lost("its file is gone"));
    });

    test("a file that changes hands is counted with its owner", () => {
      const [maker, owner] = [makeStore(isMapped), makeStore(isMapped)];
      const { file } = maker.write([bytesOf(8 * KIB, 1)]);
      const adopted = owner.adopt({ ...file.fileName, moves: 1 });
      maker.disown(file);
      const usage = new Usage(memoryOf(), 9, 9);
      assert.deepEqual(usage.owners(), [{ processId: 2, sizeBytes: 8 * KIB }]);
      assert.equal(adopted.makerId, 1);
      clearUsage(memoryOf(), 1);
      assert.equal(usage.totalBytes(), 0);
      usage.close();
    });

    test("a spilled object is read from disk, and views of it stay", async () => {
      const store = makeStore(isMapped);
      const { file } = store.write([bytesOf(8 * KIB, 1)]);
      const before = new Uint8Array(store.read(file, ignore).view(0, 8 * KIB));
      const spilled = await store.spill(file);
      assert.deepEqual([filesIn(memoryOf()), filesIn(diskOf())], [[], [file.name]]);
      const after = new Uint8Array(store.read(spilled, ignore).view(0, 8 * KIB));
      assert.deepEqual(after, before);
      assert.deepEqual(before, bytesOf(8 * KIB, 1));
    });

    test("files are for their user alone", () => {
      const { file } = makeStore(isMapped).write([bytesOf(KIB, 1)]);
      assert.equal(fs.statSync(file.path).mode & 0o777, 0o600);
      assert.match(file.name, /^1-[0-9a-f]{16}$/);
    });
  });
}

test("what is allocated is written in place, until it is sealed", () => {
  const store = makeStore(true);
  for (let round = 0; round < 2; round++) {
    // The second round gets the file of the first one, with other bytes in it.
    const { file, memory, buffer } = store.allocate(64 * KIB, ignore)!;
    const view = new Uint8Array(buffer);
    assert.equal(
      view.every((byte) => byte === 0),
      true,
    );
    view.fill(7);
    memory.makePrivate(file.path);
    assert.equal(view[5], 7);
    view[5] = 9;
    assert.equal(new Uint8Array(store.read(file, ignore).view(0, 64 * KIB))[5], 7);
    assert.equal(view[5], 9);
    store.free(file);
  }
  assert.equal(filesIn(memoryOf()).length, 1);
});

test("where files are copied, nothing is allocated in them", () => {
  assert.equal(makeStore(false).allocate(64 * KIB, ignore), undefined);
});

test("mapped memory does not pass to another buffer", () => {
  const store = makeStore(true);
  const buffer = store.read(store.write([bytesOf(KIB, 1)]).file, ignore).view(0, KIB);
  const transfer = (buffer as { transfer?: () => ArrayBuffer }).transfer;
  if (transfer !== undefined) assert.throws(() => transfer.call(buffer), TypeError);
  try {
    structuredClone(buffer, { transfer: [buffer] });
  } catch (error) {
    assert.equal((error as Error).name, "DataCloneError");
  }
  assert.equal(buffer.byteLength, KIB);
});

test("what is only peeked at is unmapped with `close`, whatever the collector does", () => {
  const store = makeStore(true);
  const { file } = store.write([bytesOf(8 * KIB, 1)]);
  let released = 0;
  const reading = store.read(file, () => released++);
  assert.deepEqual(Uint8Array.from(reading.peek(0, 8 * KIB)), bytesOf(8 * KIB, 1));
  assert.equal(released, 0);
  reading.close();
  assert.equal(released, 1);
});

test("a stream of bytes gets a copy of mapped memory", async () => {
  const store = makeStore(true);
  const { file } = store.write([bytesOf(8 * KIB, 1)]);
  const view = new Uint8Array(store.read(file, ignore).view(0, 8 * KIB));
  const stream = new ReadableStream({
    type: "bytes",
    start: (controller) => {
      controller.enqueue(view.subarray(8, 16));
      controller.enqueue(view);
      controller.close();
    },
  });
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream as AsyncIterable<Uint8Array>) chunks.push(chunk);
  assert.deepEqual(Buffer.concat(chunks).length, 8 * KIB + 8);
  assert.deepEqual(view, bytesOf(8 * KIB, 1));
  const source = new ReadableStream({
    type: "bytes",
    pull: (controller) => controller.byobRequest?.respond(4),
  });
  const { value } = await source.getReader({ mode: "byob" }).read(view);
  assert.equal(value?.byteLength, 4);
  assert.equal(view.length, 8 * KIB);
});
