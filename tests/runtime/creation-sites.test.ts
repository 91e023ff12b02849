/**
 * With `recordCreationSites` the error of a lost object says where it was made.
 * Processes only: files are removed from the session's directory. There is much room in memory:
 * what is being moved to disk is not lost by removing the file that it is copied from.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { ObjectLostError, put, remote } from "mobula";
import { useRuntime } from "../support/runtime.ts";
import { loseStored } from "../support/store.ts";
import { within } from "../support/within.ts";

const fixture = useRuntime({ numCpus: 1, recordCreationSites: true });

const make = remote(function make(value: number) {
  return new Float64Array(40_000).fill(value);
});

async function lossOf(promise: PromiseLike<unknown>): Promise<string> {
  const [settled] = await within(Promise.allSettled([promise]), "nothing comes of it");
  assert(settled.status === "rejected", "it is there");
  assert(settled.reason instanceof ObjectLostError, String(settled.reason));
  return settled.reason.message;
}

test("the error says where it was put, or called for", async () => {
  const stored = put(new Float64Array(20_000));
  const result = make.options({ maxRetries: 0 })(1);
  await result;
  assert.equal(loseStored(fixture.sandbox), 2);
  const at = (line: string): RegExp => new RegExp(`${line}.*creation-sites.test.ts:\\d+:\\d+`);
  assert.match(await lossOf(stored), at("it was stored by put at "));
  assert.match(await lossOf(result), at("it is the result of task make, called at "));
});
