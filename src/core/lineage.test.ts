import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Lineage, type LineageEntry } from "./lineage.ts";

/** A call with so many results that are held. */
function keep<C>(
  lineage: Lineage<C>,
  call: C,
  sizeBytes: number,
  inputs: readonly LineageEntry<C>[] = [],
  results = 1,
): LineageEntry<C> {
  const entry = lineage.keep(call, sizeBytes, inputs, 2);
  for (let left = results; left > 0; left--) lineage.hold(entry);
  return entry;
}

test("a call is remembered while its result is held, and for calls that take it", () => {
  const lineage = new Lineage<string>(1_000);
  const first = keep(lineage, "first", 10, []);
  const second = keep(lineage, "second", 20, [first]);
  lineage.release(first);
  lineage.validate();
  assert.deepEqual([lineage.count, lineage.totalBytes], [2, 30]);
  lineage.release(second);
  lineage.validate();
  assert.deepEqual([lineage.count, lineage.totalBytes], [0, 0]);
  assert.deepEqual([first.call, second.call], [undefined, undefined]);
});

test("one that takes the same result twice holds it once", () => {
  const lineage = new Lineage<string>(1_000);
  const first = keep(lineage, "first", 10, []);
  const second = keep(lineage, "second", 20, [first, first]);
  lineage.release(second);
  lineage.release(first);
  lineage.validate();
  assert.equal(lineage.count, 0);
});

test("each result of a call holds it", () => {
  const lineage = new Lineage<string>(1_000);
  const both = keep(lineage, "both", 10, [], 2);
  lineage.release(both);
  assert.equal(lineage.count, 1);
  lineage.hold(both);
  lineage.release(both);
  assert.equal(lineage.count, 1);
  lineage.release(both);
  assert.equal(lineage.count, 0);
});

test("the oldest are forgotten first; what took their results stays", () => {
  const lineage = new Lineage<string>(30);
  const first = keep(lineage, "first", 10, []);
  const second = keep(lineage, "second", 10, [first]);
  const third = keep(lineage, "third", 15, [second]);
  lineage.validate();
  assert.deepEqual([first.call, second.call, third.call], [undefined, "second", "third"]);
  assert.equal(lineage.need(first), "forgotten");
  assert.equal(lineage.need(second), "run");
  lineage.release(first);
  lineage.validate();
});

test("a call that is larger than all there is room for is forgotten, with all others", () => {
  const lineage = new Lineage<string>(30);
  const small = keep(lineage, "small", 10, []);
  const large = keep(lineage, "large", 31, [small]);
  lineage.validate();
  assert.deepEqual([lineage.count, large.call, small.call], [0, undefined, undefined]);
});

test("needs of the same call run it once; what it may run is counted", () => {
  const lineage = new Lineage<string>(30);
  const entry = keep(lineage, "call", 10, [], 2);
  assert.deepEqual([lineage.need(entry), lineage.need(entry)], ["run", "await"]);
  lineage.ended(entry, entry.runsLeft);
  assert.equal(lineage.need(entry), "run");
  lineage.ended(entry, entry.runsLeft);
  assert.equal(lineage.need(entry), "exhausted");
});

test("a chain of a hundred thousand calls is forgotten without recursion", () => {
  const lineage = new Lineage<number>(1e9);
  let last = keep(lineage, 0, 1, []);
  for (let n = 1; n < 100_000; n++) {
    const next = keep(lineage, n, 1, [last]);
    lineage.release(last);
    last = next;
  }
  assert.equal(lineage.count, 100_000);
  lineage.release(last);
  assert.equal(lineage.count, 0);
});

// Random histories beside a twin that works out anew, each time, what has to be remembered.

interface Twin {
  readonly entry: LineageEntry<number>;
  readonly inputs: readonly Twin[];
  readonly sizeBytes: number;
  held: number;
  isForgotten: boolean;
}

const step = fc.oneof(
  fc.record({
    act: fc.constant("keep" as const),
    sizeBytes: fc.integer({ min: 1, max: 40 }),
    results: fc.integer({ min: 1, max: 3 }),
    inputs: fc.array(fc.nat(), { maxLength: 3 }),
  }),
  fc.record({ act: fc.constant("release" as const), which: fc.nat() }),
  fc.record({ act: fc.constant("hold" as const), which: fc.nat() }),
  fc.record({ act: fc.constant("need" as const), which: fc.nat() }),
);

/** Of the twins that are remembered, those that something still holds. */
function swept(twins: readonly Twin[]): Twin[] {
  const kept = new Set<Twin>();
  for (const twin of twins.toReversed()) {
    const isTaken = [...kept].some((other) => other.inputs.includes(twin));
    if (!twin.isForgotten && (twin.held > 0 || isTaken)) kept.add(twin);
  }
  return twins.filter((twin) => kept.has(twin));
}

test("in any history the same calls are remembered as by a twin that looks at all of them", () => {
  const LIMIT = 200;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const lineage = new Lineage<number>(LIMIT);
      const all: Twin[] = [];
      let known: Twin[] = [];
      for (const taken of steps) {
        if (taken.act === "keep") {
          const picked = taken.inputs.flatMap((n) =>
            all.length > 0 ? [all[n % all.length]!] : [],
          );
          const inputs = picked.filter((twin) => known.includes(twin));
          const { sizeBytes, results } = taken;
          const entries = picked.map(({ entry }) => entry);
          const entry = keep(lineage, all.length, sizeBytes, entries, results);
          const twin = { entry, inputs, sizeBytes, held: results, isForgotten: false };
          all.push(twin);
          known.push(twin);
        } else if (all.length > 0) {
          const twin = all[taken.which % all.length]!;
          if (taken.act === "need") {
            const isKnown = known.includes(twin);
            const remedy = lineage.need(twin.entry);
            assert.equal(remedy === "forgotten", !isKnown && !twin.entry.isRunning);
          } else if (taken.act === "hold" && twin.held > 0) {
            twin.held++;
            lineage.hold(twin.entry);
          } else if (taken.act === "release" && twin.held > 0) {
            twin.held--;
            lineage.release(twin.entry);
          }
        }
        known = swept(known);
        const sumOf = (twins: readonly Twin[]): number =>
          twins.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
        while (sumOf(known) > LIMIT) {
          known[0]!.isForgotten = true;
          known = swept(known);
        }
        lineage.validate();
        assert.equal(lineage.count, known.length);
        assert.equal(lineage.totalBytes, sumOf(known));
        for (const { entry } of known) assert.notEqual(entry.call, undefined);
      }
    }),
  );
});
