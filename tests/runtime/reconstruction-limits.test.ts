/**
 * Lost objects of a store with little memory, so that they lie on disk; and where they were made.
 * Processes only: files are removed from the session's directory.
 */

import assert from "node:assert/strict";
import { rmSync, truncateSync } from "node:fs";
import { test } from "node:test";
import { ObjectLostError, put, remote, type ObjectRef } from "mobula";
import { useRuntime } from "../support/runtime.ts";
import { filesOnDisk, loseStored } from "../support/store.ts";
import { within } from "../support/within.ts";

const fixture = useRuntime({ objectStoreBytes: 2 * 2 ** 20, recordCreationSites: true });

const make = remote(function make(value: number) {
  return new Float64Array(40_000).fill(value);
});

async function lossOf(promise: PromiseLike<unknown>): Promise<string> {
  const [settled] = await within(Promise.allSettled([promise]), "nothing comes of it");
  assert(settled.status === "rejected", "it is there");
  assert(settled.reason instanceof ObjectLostError, String(settled.reason));
  return settled.reason.message;
}

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

test("the error says where it was put, or called for", async () => {
  const stored = put(new Float64Array(20_000));
  const result = make.options({ maxRetries: 0 })(1);
  await result;
  loseStored(fixture.sandbox);
  const at = (line: string): RegExp =>
    new RegExp(`${line}.*reconstruction-limits.test.ts:\\d+:\\d+`);
  assert.match(await lossOf(stored), at("it was stored by put at "));
  assert.match(await lossOf(result), at("it is the result of task make, called at "));
});
