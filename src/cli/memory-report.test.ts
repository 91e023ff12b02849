import assert from "node:assert/strict";
import { test } from "node:test";
import type { MemoryAnswer, MemberMemory } from "../daemon/memory-gathering.ts";
import type { MemoryTable, ObjectEntry, SegmentEntry } from "../runtime/memory-table.ts";
import { objectKey } from "../runtime/object-record.ts";
import { reportOf } from "./memory-report.ts";
import { formatSession, inBytes } from "./memory-text.ts";

const MIB = 2 ** 20;
const session = { sessionId: "5e55", directory: "/nowhere", driverPid: 100 };
const key = (processId: number, count: number): number => objectKey(processId, count);

function objectEntry(entry: Partial<ObjectEntry> & { key: number; ownerId: number }): ObjectEntry {
  const nothing = { refs: 0, segmentKeys: [], nestedKeys: [], borrowerIds: [] };
  return { state: "ready", sizeBytes: 0, ...nothing, site: undefined, ...entry };
}

function segmentEntry(
  entry: Partial<SegmentEntry> & { key: number; ownerId: number },
): SegmentEntry {
  return { sizeBytes: 0, place: undefined, views: 0, borrowerIds: [], ...entry };
}

function member(processId: number, table: Partial<MemoryTable>, fileBytes = 0): MemberMemory {
  const pid = processId === 1 ? undefined : 100 + processId;
  const role = processId === 1 ? "driver" : "worker";
  const nothing = { objects: [], segments: [], tasks: [], functions: [], freeBytes: 0 };
  const omitted = { objects: 0, sizeBytes: 0 };
  const whole: MemoryTable = {
    ...{ processId, pid: 100 + processId, role, omitted },
    ...nothing,
    ...table,
  };
  return { processId, pid, table: whole, fileBytes };
}

function silent(processId: number, fileBytes: number): MemberMemory {
  return { processId, pid: 100 + processId, table: undefined, fileBytes };
}

function textOf(...processes: MemberMemory[]): string {
  const answer: MemoryAnswer = { limitBytes: 64 * MIB, processes };
  return formatSession(reportOf(session, answer), 10);
}

test("a program with all kinds of holders", () => {
  const [image, list, result] = [key(1, 1), key(1, 3), key(2, 1)];
  const [imageFile, argumentFile, captureFile] = [key(1, 2), key(1, 4), key(1, 5)];
  const driver = member(
    1,
    {
      objects: [
        objectEntry({
          ...{ key: image, ownerId: 1, refs: 2, sizeBytes: 8 * MIB, segmentKeys: [imageFile] },
          borrowerIds: [2],
          site: "app.js:3:4",
        }),
        objectEntry({ key: list, ownerId: 1, sizeBytes: 100, refs: 1, nestedKeys: [image] }),
        objectEntry({ key: result, ownerId: 2, state: "pending", refs: 1 }),
      ],
      segments: [
        segmentEntry({
          ...{ key: imageFile, ownerId: 1, sizeBytes: 8 * MIB, place: "memory", views: 1 },
          borrowerIds: [2],
        }),
        segmentEntry({ key: argumentFile, ownerId: 1, sizeBytes: MIB, place: "disk" }),
        segmentEntry({ key: captureFile, ownerId: 1, sizeBytes: 2 * MIB, place: "memory" }),
      ],
      tasks: [
        {
          ...{ name: "scale", workerId: 2, argumentsBytes: MIB },
          ...{ objectKeys: [image], segmentKeys: [argumentFile] },
        },
        {
          ...{ name: "later", workerId: undefined, argumentsBytes: 0 },
          ...{ objectKeys: [image], segmentKeys: [] },
        },
      ],
      functions: [{ name: "scale", sizeBytes: 2 * MIB, segmentKeys: [captureFile] }],
      freeBytes: 4 * MIB,
    },
    14 * MIB,
  );
  const worker = member(2, {
    objects: [objectEntry({ key: result, ownerId: 2, sizeBytes: 2_048, borrowerIds: [1, 3] })],
    segments: [segmentEntry({ key: imageFile, ownerId: 1, sizeBytes: 8 * MIB, views: 3 })],
  });
  assert.equal(
    textOf(driver, worker, member(3, {})),
    `Session 5e55: driver 100, 2 workers
Memory of the store in use: 14.0 MiB of 64.0 MiB

Object  Size     Where              Owner       Held by                            Made at
1-1     8.0 MiB  memory             driver 100  2 refs in driver 100               app.js:3:4
                                                task scale on worker 102
                                                task later of driver 100, waiting
                                                inside 1-3
                                                1 view in driver 100
                                                3 views in worker 102
1-5     2.0 MiB  memory (function)  driver 100  function scale in driver 100
1-4     1.0 MiB  disk (arguments)   driver 100  task scale on worker 102
2-1     2.0 KiB  in process         worker 102  1 ref in driver 100
                                                borrowed by worker 103
1-3     100 B    in process         driver 100  1 ref in driver 100

Owner       Objects  Memory    Disk     In process  Kept for reuse
driver 100  4        10.0 MiB  1.0 MiB  100 B       4.0 MiB
worker 102  1        0 B       0 B      2.0 KiB     0 B
worker 103  0        0 B       0 B      0 B         0 B
Total       5        10.0 MiB  1.0 MiB  2.1 KiB     4.0 MiB
`,
  );
});

test("what a busy process owns is known from the others, as far as they know it", () => {
  const [value, file] = [key(2, 1), key(2, 2)];
  const driver = member(1, {
    objects: [objectEntry({ key: value, ownerId: 2, refs: 1 })],
    segments: [segmentEntry({ key: file, ownerId: 2, sizeBytes: MIB, views: 1 })],
  });
  assert.equal(
    textOf(driver, silent(2, 3 * MIB)),
    `Session 5e55: driver 100, 1 worker
Memory of the store in use: 3.0 MiB of 64.0 MiB

Object  Size     Where    Owner       Held by
2-2     1.0 MiB  unknown  worker 102  1 view in driver 100
2-1              unknown  worker 102  1 ref in driver 100

Owner       Objects  Memory  Disk  In process  Kept for reuse
driver 100  0        0 B     0 B   0 B         0 B
worker 102  2        0 B     0 B   0 B         0 B             busy, not heard; holds 3.0 MiB
Total       2        0 B     0 B   0 B         0 B

What busy processes alone know is missing; ask again when they are not
`,
  );
});

test("the largest objects come first, and what is not shown is said", () => {
  const objects = Array.from({ length: 12 }, (_, index) => {
    return objectEntry({ key: key(1, index + 1), ownerId: 1, refs: 1, sizeBytes: index + 1 });
  });
  const omitted = { objects: 7, sizeBytes: 7 };
  const lines = textOf(member(1, { objects, omitted })).split("\n");
  assert.equal(lines[4], "1-c     12 B  in process  driver 100  1 ref in driver 100");
  assert.equal(lines[14], "9 objects not shown, 10 B");
});

test("nothing at all; and what waits to be collected", () => {
  assert.equal(textOf(member(1, {})).split("\n")[3], "No objects");
  const left = objectEntry({ key: key(1, 1), ownerId: 1, sizeBytes: 5 });
  const pending = objectEntry({ key: key(1, 2), ownerId: 1, state: "pending" });
  assert.deepEqual(
    textOf(member(1, { objects: [left, pending] }))
      .split("\n")
      .slice(4, 6),
    [
      "1-1     5 B   in process  driver 100  nobody; not collected yet",
      "1-2           pending     driver 100  its task",
    ],
  );
});

test("sizes in words", () => {
  const sizes = [0, 1_023, 1_024, 1_536, 10 * MIB, 2 ** 40, 2 ** 50];
  assert.deepEqual(sizes.map(inBytes), [
    ...["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "10.0 MiB", "1.0 TiB", "1024.0 TiB"],
  ]);
});
