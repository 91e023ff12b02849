import assert from "node:assert/strict";
import { test } from "node:test";
import { LISTED_BYTES_MIN, LISTED_SMALL_MAX } from "../base/limits.ts";
import { systemCollector } from "./system.ts";
import { ListedObjects } from "./listed-objects.ts";
import { ObjectRecord, type Content, type RecordHome } from "./object-record.ts";
import { NO_SEGMENTS } from "./payload.ts";

const home: RecordHome = { unneeded() {}, request() {}, read() {} };

function payload(sizeBytes: number, refs: readonly ObjectRecord[] = []): Content {
  const nothing = { buffers: [], functions: [], codes: [], segments: NO_SEGMENTS };
  return { kind: "payload", payload: { bytes: Buffer.alloc(sizeBytes), refs, ...nothing } };
}

function settled(listed: ListedObjects, key: number, content: Content): ObjectRecord {
  const record = new ObjectRecord(key, home);
  listed.created(record);
  record.settle(content);
  listed.settled(record);
  return record;
}

function rows(listed: ListedObjects): unknown[] {
  return [...listed.all()].map(({ key, state, sizeBytes, refs }) => [key, state, sizeBytes, refs]);
}

test("results are listed from a size on, what was put whatever its size", () => {
  const listed = new ListedObjects(false, systemCollector);
  const kept = [
    settled(listed, 1, payload(LISTED_BYTES_MIN - 1)),
    settled(listed, 2, payload(LISTED_BYTES_MIN)),
    settled(listed, 3, { kind: "primitive", value: "text" }),
  ];
  const put = new ObjectRecord(4, home);
  listed.wasPut(put);
  put.settle({ kind: "primitive", value: "text" });
  listed.settled(put);
  assert.deepEqual(rows(listed), [
    [2, "ready", LISTED_BYTES_MIN, 0],
    [4, "ready", 4, 0],
  ]);
  assert.equal(kept.length, 3);
});

test("with all of them asked for: pending ones too, and failures", () => {
  const listed = new ListedObjects(true, systemCollector);
  const pending = new ObjectRecord(1, home);
  listed.created(pending);
  const failed = settled(listed, 2, { kind: "error", error: new Error("x") });
  const inner = settled(listed, 3, payload(1));
  const outer = settled(listed, 4, payload(2, [inner]));
  assert.deepEqual(rows(listed), [
    [1, "pending", 0, 0],
    [2, "failed", 0, 0],
    [3, "ready", 1, 0],
    [4, "ready", 2, 0],
  ]);
  assert.deepEqual(outer.listing?.nestedKeys, [3]);
  assert(failed.isFailed && pending.isPending);
});

test("refs are counted from before the listing until the last one is disposed", () => {
  const listed = new ListedObjects(false, systemCollector);
  const record = new ObjectRecord(1, home);
  record.refTaken();
  record.settle(payload(LISTED_BYTES_MIN));
  listed.settled(record);
  const counts = [record.listing!.refs];
  record.refTaken();
  counts.push(record.listing!.refs);
  record.refDisposed();
  record.refDisposed();
  counts.push(record.listing!.refs);
  assert.deepEqual(counts, [1, 2, 0]);
});

test("of very many small values that were put not all are listed", () => {
  const listed = new ListedObjects(false, systemCollector);
  const records = Array.from({ length: LISTED_SMALL_MAX + 5 }, (_, key) => {
    const record = new ObjectRecord(key, home);
    listed.wasPut(record);
    return record;
  });
  assert.equal([...listed.all()].length, LISTED_SMALL_MAX);
  assert.equal(records.length, LISTED_SMALL_MAX + 5);
});
