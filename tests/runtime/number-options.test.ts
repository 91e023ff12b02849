/** Every option that is a number, of all that has options, with all that is no such number. */

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { get, init, InvalidOptionError, put, remote, wait, type ActorHandle } from "mobula";
import { useRuntime } from "../support/runtime.ts";

useRuntime();

/** What the types forbid. */
type Loose = (...args: unknown[]) => unknown;
type Use = (options: object) => unknown;

const add = remote((n: number) => n);
class Counter {
  add(): number {
    return 1;
  }
}
let counter: ActorHandle<Counter>;
before(() => {
  counter = new (remote(Counter))();
});

const timeMs = "a time in milliseconds from 0 to 2147483647, or Infinity";
const amount = "a number from 0 on, fractions allowed";
const share = "a number above 0, 1 at most";
const returns = "a whole number from 1 to 100000";
const fromOne = "a whole number from 1 on";
const countOrInfinity = (least: number): string => `a whole number from ${least} on, or Infinity`;

interface Subject {
  /** As the message names it. */
  readonly of: string;
  readonly use: Use;
  readonly rules: Readonly<Record<string, string>>;
}

const subjects: readonly Subject[] = [
  {
    of: "remote",
    use: (options) => (add.options as Loose)(options),
    rules: {
      ...{ numCpus: amount, memoryBytes: fromOne, numReturns: returns, streamBuffer: fromOne },
      ...{ maxRetries: countOrInfinity(0), timeoutMs: timeMs, priority: "a finite number" },
    },
  },
  {
    of: "remote class Counter",
    use: (options) => (remote as Loose)(Counter, options),
    rules: {
      ...{ numCpus: amount, memoryBytes: fromOne, startTimeoutMs: timeMs },
      ...{ maxRestarts: countOrInfinity(0), maxTaskRetries: countOrInfinity(0) },
      ...{ maxConcurrency: countOrInfinity(1), maxPendingCalls: countOrInfinity(1) },
    },
  },
  {
    of: "Counter.add",
    use: (options) => (counter.add.options as Loose)(options),
    rules: { timeoutMs: timeMs, numReturns: returns, streamBuffer: fromOne },
  },
  {
    of: "map",
    use: (options) => (add.map as Loose)([1], options),
    rules: {
      concurrency: countOrInfinity(1),
      batchSize: '"auto" or a whole number from 1 on',
    },
  },
  { of: "get", use: (options) => (get as Loose)(put(1), options), rules: { timeoutMs: timeMs } },
  {
    of: "wait",
    use: (options) => (wait as Loose)([put(1)], options),
    rules: { timeoutMs: timeMs, count: fromOne },
  },
  {
    of: "init",
    use: (options) => (init as Loose)(options),
    rules: {
      ...{ numCpus: amount, memoryBytes: fromOne },
      ...{ objectStoreBytes: fromOne, storedBytesMin: fromOne },
      ...{ memoryUsageMax: share, actorsMax: fromOne, frozenWorkerMs: timeMs },
    },
  },
];

/** Each with how messages show it. */
const values: readonly (readonly [unknown, string])[] = [
  [-1, "-1"],
  [-0.5, "-0.5"],
  [0, "0"],
  [0.5, "0.5"],
  [NaN, "NaN"],
  [Infinity, "Infinity"],
  [-Infinity, "-Infinity"],
  [2 ** 31, "2147483648"],
  [2 ** 53, "9007199254740992"],
  [1e300, "1e+300"],
  ["2", '"2"'],
  ["", '""'],
  [null, "null"],
  [true, "true"],
  [2n, "2n"],
  [[], "an array"],
  [{}, "an object"],
  [() => 2, "function "],
];

/** What the rule, as the message words it, takes. */
function isGood(value: unknown, rule: string): boolean {
  if (typeof value !== "number") return false;
  if (rule === timeMs) return value === Infinity || (value >= 0 && value < 2 ** 31);
  if (rule === amount) return value >= 0 && value < 1e9;
  if (rule === share) return value > 0 && value <= 1;
  if (rule === "a finite number") return Number.isFinite(value);
  const least = Number(/from (\d)/.exec(rule)![1]);
  if (value === Infinity) return rule.endsWith("or Infinity");
  return Number.isSafeInteger(value) && value >= least && (rule !== returns || value <= 100_000);
}

for (const { of, use, rules } of subjects) {
  test(`numbers of ${of}: what is no such number is refused, with its rule`, async () => {
    for (const [option, rule] of Object.entries(rules)) {
      for (const [value, shown] of values) {
        if (isGood(value, rule)) continue;
        const rejected = assert.rejects(
          async () => await use({ [option]: value }),
          (error) => {
            assert(error instanceof InvalidOptionError, String(error));
            const text = `Cannot use option ${option} of ${of}: it is ${shown} and must be ${rule}`;
            assert.equal(error.message, text);
            assert.deepEqual([error.option, error.value], [option, value]);
            return true;
          },
          `${option}: ${shown}`,
        );
        await rejected;
      }
    }
  });
}
