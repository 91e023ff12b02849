import assert from "node:assert/strict";
import { test } from "node:test";
import { splitReady } from "./split-ready.ts";

/** The dumb twin: walks once, sorts each item to one side. */
function twin(items: readonly number[], count: number, isReady: (item: number) => boolean) {
  const ready: number[] = [];
  const pending: number[] = [];
  for (const item of items) (ready.length < count && isReady(item) ? ready : pending).push(item);
  return { ready, pending };
}

test("splits like its twin, items given twice included", () => {
  for (let length = 0; length <= 7; length++) {
    for (let bits = 0; bits < 2 ** length; bits++) {
      const isReady = (item: number): boolean => ((bits >> item) & 1) === 1;
      const distinct = Array.from({ length }, (_, index) => index);
      const doubled = distinct.flatMap((item) => (item % 2 === 0 ? [item, item] : [item]));
      for (const items of [distinct, doubled, [...doubled].reverse()]) {
        for (let count = 1; count <= items.length; count++) {
          assert.deepEqual(splitReady(items, count, isReady), twin(items, count, isReady));
        }
      }
    }
  }
});

test("looks at nothing behind the last item that is needed, and at each once", () => {
  const seen: number[] = [];
  const isReady = (item: number): boolean => {
    seen.push(item);
    return item % 2 === 1;
  };
  splitReady([0, 1, 2, 3, 4, 5], 2, isReady);
  assert.deepEqual(seen, [0, 1, 2, 3]);
});

test("leaves the given list as it was", () => {
  const items = Object.freeze([0, 1, 2]);
  const { pending } = splitReady(items, 1, (item) => item === 2);
  pending.push(9);
  assert.deepEqual(items, [0, 1, 2]);
});
