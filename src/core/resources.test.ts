import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { amountsOf, demandOf, isWithin, ResourcePool, type Demand } from "./resources.ts";

const NAMES = ["CPU", "gpu", "memory"];
const amount = fc.integer({ min: 0, max: 30 }).map((tenths) => tenths / 10);
const amounts = fc.dictionary(fc.constantFrom(...NAMES), amount, { noNullPrototype: true });
const demands = amounts.map(demandOf);

function unitsOf(demand: Demand, name: string): number {
  return demand.amounts.find(([resource]) => resource === name)?.[1] ?? 0;
}

test("equal amounts have equal keys, in whatever order and with whatever zeros", () => {
  fc.assert(
    fc.property(amounts, amounts, (left, right) => {
      const isEqual = NAMES.every((name) => (left[name] ?? 0) === (right[name] ?? 0));
      assert.equal(demandOf(left).key === demandOf(right).key, isEqual);
    }),
  );
  const reversed = demandOf({ memory: 1, gpu: 0, CPU: 0.5 });
  assert.equal(reversed.key, demandOf({ CPU: 0.5, memory: 1 }).key);
  assert.deepEqual(amountsOf(reversed), { CPU: 0.5, memory: 1 });
});

test("tenths add up exactly", () => {
  const pool = new ResourcePool(demandOf({ CPU: 1 }));
  for (let i = 0; i < 10; i++) pool.acquire(demandOf({ CPU: 0.1 }));
  assert.deepEqual(pool.available(), { CPU: 0 });
  assert.deepEqual(pool.missing(demandOf({ CPU: 0.1 })), ["CPU"]);
  for (let i = 0; i < 10; i++) pool.release(demandOf({ CPU: 0.1 }));
  assert.deepEqual(pool.available(), pool.total());
});

test("what is a fraction in binary is none here", () => {
  const pool = new ResourcePool(demandOf({ CPU: 0.21 }));
  for (let i = 0; i < 3; i++) {
    assert.deepEqual(pool.missing(demandOf({ CPU: 0.07 })), []);
    pool.acquire(demandOf({ CPU: 0.07 }));
  }
  assert.deepEqual(pool.available(), { CPU: 0 });
});

test("one demand is within another if it is so for each resource", () => {
  fc.assert(
    fc.property(demands, demands, (inner, outer) => {
      const expected = NAMES.every((name) => unitsOf(inner, name) <= unitsOf(outer, name));
      assert.equal(isWithin(inner, outer), expected);
    }),
  );
});

test("what is missing, and what can never be had", () => {
  fc.assert(
    fc.property(demands, fc.array(demands, { maxLength: 4 }), demands, (total, asked, demand) => {
      const pool = new ResourcePool(total);
      const held = asked.filter((each) => pool.shortage(each) === undefined);
      for (const each of held) pool.acquire(each);
      pool.validate(held);
      const left = (name: string): number =>
        unitsOf(total, name) - held.reduce((sum, each) => sum + unitsOf(each, name), 0);
      const missing = demand.amounts
        .map(([name]) => name)
        .filter((name) => {
          return unitsOf(demand, name) > left(name);
        });
      assert.deepEqual(pool.missing(demand), missing);
      const never = demand.amounts.find(([name, units]) => units > unitsOf(total, name));
      assert.equal(pool.shortage(demand)?.resource, never?.[0]);
      for (const each of held) pool.release(each);
      pool.validate([]);
      assert.deepEqual(pool.available(), pool.total());
    }),
    { numRuns: 500 },
  );
});

test("a shortage has its figures; a debt is paid before anything new starts", () => {
  const pool = new ResourcePool(demandOf({ CPU: 2 }));
  assert.deepEqual(pool.shortage(demandOf({ CPU: 2.5 })), {
    resource: "CPU",
    requested: 2.5,
    total: 2,
  });
  assert.deepEqual(pool.shortage(demandOf({ tpu: 1 })), {
    resource: "tpu",
    requested: 1,
    total: 0,
  });
  const two = demandOf({ CPU: 2 });
  pool.acquire(two);
  pool.acquire(two);
  assert.deepEqual(pool.available(), { CPU: -2 });
  pool.release(two);
  assert.deepEqual(pool.missing(demandOf({ CPU: 0.1 })), ["CPU"]);
  assert.deepEqual(pool.missing(demandOf({ CPU: 0 })), []);
});

test("validate tells what disagrees", () => {
  const pool = new ResourcePool(demandOf({ CPU: 2 }));
  pool.acquire(demandOf({ CPU: 1 }));
  assert.throws(() => pool.validate([]), {
    message: "Cannot hold resources: 10000 units of CPU are available, the leases leave 20000",
  });
});
