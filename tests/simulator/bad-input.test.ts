/** What `simulate` and the functions of its programs are given wrongly is said at once. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { InvalidOptionError } from "mobula";
import { compute, exit, hold, simulate, SimulationError, sleep } from "mobula/testing";

// As from JavaScript: anything can come.
const simulateAnything = simulate as (options?: unknown, program?: unknown) => Promise<unknown>;
const program = (): Promise<number> => Promise.resolve(1);

const KINDS = "worker-kill, worker-freeze, link-cut, result-lost, store-full, daemon-kill";
const POINTS = "worker-kill, reply-lost, actor-kill, actor-reply-lost";
const COUNTS = ["objectStoreBytes", "machineBytes", "storedBytesMin"];

const wrongOptions: readonly (readonly [option: string, value: unknown, complaint: string])[] = [
  ...[NaN, 1.5, "1", null, 2 ** 60].map((value) => ["seed", value, "a whole number"] as const),
  ...[-1, NaN, "2"].map((value) => {
    return ["numCpus", value, "a number from 0 on, fractions allowed"] as const;
  }),
  ...COUNTS.flatMap((option) =>
    [0, -1, 0.5, Infinity].map((value) => [option, value, "a whole number from 1 on"] as const),
  ),
  ["frozenWorkerMs", -1, "a time in milliseconds from 0 to 2147483647, or Infinity"],
  ["faultEvents", -1, "a whole number from 0 on, or Infinity"],
  ["eventsMax", 0, "a whole number from 1 on, or Infinity"],
  ["transcript", "yes", "true or false"],
];

function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

describe("options", () => {
  for (const [option, value, complaint] of wrongOptions) {
    test(`${option}: ${shown(value)}`, async () => {
      await assert.rejects(simulateAnything({ seed: 1, [option]: value }, program), {
        name: "InvalidOptionError",
        message:
          `Cannot use option ${option} of simulate: it is ${shown(value)} ` +
          `and must be ${complaint}`,
        option,
        value,
      });
    });
  }

  for (const [option, value, rest] of [
    [
      "faults",
      { "woker-kill": 1 },
      `has woker-kill, which is no kind of fault there; the kinds are ${KINDS}`,
    ],
    ["faults", { "worker-kill": 2 }, "its worker-kill is 2, which must be from 0 to 1"],
    ["faults", { "link-cut": NaN }, "its link-cut is NaN, which must be from 0 to 1"],
    [
      "faultPoints",
      { "link-cut": 1 },
      `has link-cut, which is no kind of fault there; the kinds are ${POINTS}`,
    ],
    ["functions", { f: 1 }, "its f is 1, which must be a function or class"],
  ] as const) {
    test(`${option}: ${Object.entries(value).join()}`, async () => {
      await assert.rejects(simulateAnything({ seed: 1, [option]: value }, program), {
        name: "InvalidOptionError",
        message: `Cannot use option ${option} of simulate: it is an object and ${rest}`,
      });
    });
  }

  for (const span of [[2, 1], [-1, 1], [1], [1, 2, 3], [0, NaN]]) {
    test(`messageMs: [${span.join()}]`, async () => {
      await assert.rejects(simulateAnything({ seed: 1, messageMs: span }, program), {
        message:
          "Cannot use option messageMs of simulate: it is an array and must be two times in " +
          "milliseconds, [from, to]",
      });
    });
  }

  test("unknown ones, none, and no seed", async () => {
    await assert.rejects(simulateAnything({ seed: 1, numCpu: 3 }, program), {
      message:
        "Cannot use option numCpu of simulate: there is no such option; did you mean numCpus?",
    });
    await assert.rejects(simulateAnything(), {
      message: "Cannot use options of simulate: undefined is no object; pass { seed: ... }",
    });
    await assert.rejects(simulateAnything({ numCpus: 1 }, program), {
      message:
        "Cannot simulate: the option seed is missing; pass a whole number, which gives the " +
        "run again",
    });
  });
});

test("programs that are none, give no promise, throw, or end their own process", async () => {
  await assert.rejects(simulateAnything({ seed: 1 }), {
    name: "InvalidOptionError",
    message: "Cannot simulate: the program is undefined, which is no function; pass one",
  });
  assert.equal(((await simulateAnything({ seed: 1 }, () => 5)) as { value: unknown }).value, 5);
  const thrown = new Error("at once");
  const throwing = simulate({ seed: 1 }, () => {
    throw thrown;
  });
  await assert.rejects(throwing, (error) => {
    assert(error instanceof SimulationError);
    assert.equal(error.message, "Cannot accept the run of seed 1: at once");
    return error.cause === thrown;
  });
  await assert.rejects(
    simulate({ seed: 1 }, () => exit(7)),
    {
      message:
        "Cannot accept the run of seed 1: the program has ended its own process with exit(7)",
      exitCode: 7,
    },
  );
});

test("times and sizes that are none", async () => {
  await simulate({ seed: 1 }, async () => {
    for (const value of [NaN, -1, Infinity, "1" as unknown as number]) {
      const complaint = {
        name: "InvalidOptionError",
        message: /^Cannot use (durationMs|sizeBytes): /,
      };
      assert.throws(() => void sleep(value), complaint);
      assert.throws(() => compute(value), complaint);
      assert.throws(() => hold(value), complaint);
    }
    assert.throws(
      () => compute(NaN),
      (error) => {
        assert(error instanceof InvalidOptionError);
        return error.message === "Cannot use durationMs: it is NaN and must be a number from 0 on";
      },
    );
    await sleep(0);
  });
});
