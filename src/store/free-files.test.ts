import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FreeFiles } from "./free-files.ts";

interface File {
  readonly sizeBytes: number;
}

const command = fc.oneof(
  fc.record({ act: fc.constant("add" as const), sizeBytes: fc.integer({ min: 1, max: 200 }) }),
  fc.record({ act: fc.constant("take" as const), sizeBytes: fc.integer({ min: 1, max: 200 }) }),
  fc.record({ act: fc.constant("shrink" as const), sizeBytes: fc.integer({ min: 0, max: 500 }) }),
);

/** The smallest that fits, of a plain list. */
function expectedSize(files: readonly File[], sizeBytes: number): number | undefined {
  const fitting = files.filter((file) => file.sizeBytes >= sizeBytes);
  const smallest = Math.min(...fitting.map((file) => file.sizeBytes));
  return smallest <= sizeBytes * 1.25 ? smallest : undefined;
}

test("files are taken, kept and given up as from a plain list", () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
      const free = new FreeFiles<File>(500);
      const list: File[] = [];
      const drop = (dropped: readonly File[]): void => {
        for (const file of dropped) list.splice(list.indexOf(file), 1);
      };
      for (const { act, sizeBytes } of commands) {
        if (act === "add") {
          const file = { sizeBytes };
          list.push(file);
          drop(free.add(file));
        } else if (act === "shrink") drop(free.shrink(sizeBytes));
        else {
          const expected = expectedSize(list, sizeBytes);
          const taken = free.take(sizeBytes);
          assert.equal(taken?.sizeBytes, expected);
          if (taken !== undefined) drop([taken]);
        }
        free.validate();
        assert.equal(free.count, list.length);
        const total = list.reduce((sum, file) => sum + file.sizeBytes, 0);
        assert.equal(free.totalBytes, total);
      }
    }),
  );
});

test("of several files of one size the last used is taken: its pages are the warmest", () => {
  const free = new FreeFiles<File & { readonly name: string }>(500);
  for (const name of ["first", "second", "third"]) free.add({ name, sizeBytes: 100 });
  assert.equal(free.take(90)?.name, "third");
  assert.equal(free.take(90)?.name, "second");
});

test("a file that is larger than all that may be kept goes at once", () => {
  const free = new FreeFiles<File>(500);
  const small = { sizeBytes: 400 };
  assert.deepEqual(free.add(small), []);
  const large = { sizeBytes: 501 };
  assert.deepEqual(free.add(large), [large]);
  assert.equal(free.totalBytes, 400);
});
