/** What `put` has stored stays as it was, whatever is stored after it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { get, put, remote } from "mobula";
import { useRuntime } from "../support/runtime.ts";

useRuntime();

const LARGE = 50_000;

test("each of several large values stays itself until its ref is disposed", async () => {
  const refs = [1, 2, 3].map((value) => put(new Float64Array(LARGE).fill(value)));
  const first = remote((values: Float64Array) => values[0]);
  assert.deepEqual(await get(refs.map((ref) => first(ref))), [1, 2, 3]);
  refs[1]![Symbol.dispose]();
  const [one, , three] = refs;
  const four = put(new Float64Array(LARGE).fill(4));
  const values = await get([one!, three!, four]);
  assert.deepEqual(
    values.map((array) => array.every((value) => value === array[0]) && array[0]),
    [1, 3, 4],
  );
  for (const ref of [one!, three!, four]) ref[Symbol.dispose]();
});
