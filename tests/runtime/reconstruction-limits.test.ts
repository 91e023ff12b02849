/**
 * Lost objects of a store with little memory, so that they lie on disk.
 * Processes only: files are removed from the session's directory.
 */

import assert from "node:assert/strict";
import { rmSync, truncateSync } from "node:fs";
import { test } from "node:test";
import { remote, type ObjectRef } from "mobula";
import { useRuntime } from "../support/runtime.ts";
import { filesOnDisk, loseStored } from "../support/store.ts";
import { within } from "../support/within.ts";

const fixture = useRuntime({ objectStoreBytes: 2 * 2 ** 20 });

const make = remote(function make(value: number) {
  return new Float64Array(40_000).fill(value);
});

test("results that were moved to disk are made again", async () => {
  for (const lose of [rmSync, (path: string) => truncateSync(path, 1)]) {
    const refs: ObjectRef<Float64Array>[] = [];
    // One after the other: nothing that is mapped is cut short.
    for (let value = 0; value < 20; value++) {
      const ref = make(value);
      assert.equal((await ref)[0], value);
      refs.push(ref);
    }
    assert(filesOnDisk(fixture.sandbox).count > 0);
    loseStored(fixture.sandbox, (path) => {
      if (lose === rmSync || !path.startsWith("/dev/shm")) lose(path);
    });
    for (const [value, ref] of refs.entries()) {
      assert.equal((await within(ref.then(), `no value ${value}`))[39_999], value);
      ref[Symbol.dispose]();
    }
  }
});
