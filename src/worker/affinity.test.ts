import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { test } from "node:test";
import fc from "fast-check";
import { EnvironmentSetupError } from "../base/errors.ts";
import { formatCores, parseCores, pinProcess, usableCores } from "./affinity.ts";

test("lists of cores as the system writes them", () => {
  const lists: [string, number[]][] = [
    ["0", [0]],
    ["0-1", [0, 1]],
    ["0-2,5", [0, 1, 2, 5]],
    ["3,64-66,1023-1024", [3, 64, 65, 66, 1023, 1024]],
  ];
  for (const [text, cores] of lists) {
    assert.deepEqual(parseCores(text), cores);
    assert.equal(formatCores(cores), text);
  }
});

test("each set of cores is read as it was written, in whatever order it was given", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 80 }), { minLength: 1 }), (cores) => {
      const ascending = [...new Set(cores)].sort((a, b) => a - b);
      assert.deepEqual(parseCores(formatCores(cores)), ascending);
    }),
  );
});

test("the usable cores", { skip: process.platform !== "linux" && "not told here" }, () => {
  const cores = usableCores()!;
  assert(cores.every((core) => Number.isInteger(core) && core >= 0));
  // Node may count less, by the container's share of the processors.
  assert(cores.length >= availableParallelism());
});

test("where there is no call the option has to be left out", () => {
  const before = process.env["MOBULA_PORTABLE"];
  process.env["MOBULA_PORTABLE"] = "1";
  try {
    assert.throws(
      () => pinProcess([1]),
      (error) => {
        assert(error instanceof EnvironmentSetupError);
        assert.deepEqual(
          [error.code, error.message],
          [
            "ENVIRONMENT_SETUP",
            "Cannot pin the process to core 1: " +
              "this platform has no call for it; leave out cpuAffinity",
          ],
        );
        return true;
      },
    );
  } finally {
    if (before === undefined) delete process.env["MOBULA_PORTABLE"];
    else process.env["MOBULA_PORTABLE"] = before;
  }
});
