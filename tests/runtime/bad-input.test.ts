/** Wrong uses: one clear error at the call, and the runtime goes on working. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { afterEach, test } from "node:test";
import { pathToFileURL } from "node:url";
import {
  asCompleted,
  cancel,
  get,
  init,
  InvalidOptionError,
  put,
  remote,
  wait,
  type MobulaError,
} from "mobula";
import { processesOnly, useRuntime } from "../support/runtime.ts";

const fixture = useRuntime();
const square = remote((n: number) => n * n);

afterEach(async () => assert.equal(await square(3), 9));

/** What the types forbid. */
type Loose = (...args: unknown[]) => unknown;

function invalid(call: () => unknown, option: string, message: string | RegExp): void {
  assert.throws(call, (error) => {
    assert(error instanceof InvalidOptionError, String(error));
    assert.equal(error.code, "INVALID_OPTION");
    assert.equal(error.option, option);
    if (typeof message === "string") assert.equal(error.message, message);
    else assert.match(error.message, message);
    return true;
  });
}

const known =
  "name, numCpus, resources, memoryBytes, maxRetries, retryExceptions, timeoutMs, priority, " +
  "signal, numReturns, streamBuffer, shared, env";

test("wrong task options: the message names option, value and rule", () => {
  const rules: [string, unknown, string][] = [
    ["maxRetries", -1, "-1 and must be a whole number from 0 on, or Infinity"],
    ["maxRetries", 1.5, "1.5 and must be a whole number from 0 on, or Infinity"],
    [
      "retryExceptions",
      "all",
      '"all" and must be true, false, an array of error classes, or a function',
    ],
    // A predicate is given alone, not in a list.
    [
      "retryExceptions",
      [Error, () => true],
      "an array and must be true, false, an array of error classes, or a function",
    ],
    ["numCpus", -1, "-1 and must be a number from 0 on, fractions allowed"],
    ["numCpus", "2", '"2" and must be a number from 0 on, fractions allowed'],
    ["numCpus", NaN, "NaN and must be a number from 0 on, fractions allowed"],
    ["numCpus", Infinity, "Infinity and must be a number from 0 on, fractions allowed"],
    ["name", "", '"" and must be a string that is not empty'],
    ["memoryBytes", 0.5, "0.5 and must be a whole number from 1 on"],
    ["numReturns", 0, "0 and must be a whole number from 1 to 100000"],
    ["numReturns", 2.5, "2.5 and must be a whole number from 1 to 100000"],
    ["priority", Infinity, "Infinity and must be a finite number"],
    ["timeoutMs", -1, "-1 and must be a time in milliseconds from 0 to 2147483647, or Infinity"],
    [
      "timeoutMs",
      2 ** 31,
      "2147483648 and must be a time in milliseconds from 0 to 2147483647, or Infinity",
    ],
    ["signal", {}, "an object and must be an AbortSignal"],
    ["env", { A: 1 }, "an object and its A is 1, which must be a string"],
    ["env", [], "an array and must be an object of strings by name"],
    [
      "resources",
      { gpu: -1 },
      "an object and its gpu is -1, which must be a number from 0 on, fractions allowed",
    ],
    ["resources", null, "null and must be an object of amounts by name, like { gpu: 1 }"],
  ];
  for (const [option, value, rest] of rules) {
    const options = { [option]: value };
    const text = `Cannot use option ${option} of remote: it is ${rest}`;
    invalid(() => (remote as Loose)((n: number) => n, options), option, text);
    invalid(() => (square.options as Loose)(options), option, text);
  }
});

test("unknown options: the nearest name, or all names", () => {
  const start = "Cannot use option numCpu of remote: there is no such option; ";
  invalid(
    () => (square.options as Loose)({ numCpu: 1 }),
    "numCpu",
    `${start}did you mean numCpus?`,
  );
  const unknown = "Cannot use option colour of remote: there is no such option; ";
  const none = `${unknown}the options are ${known}`;
  invalid(() => (square.options as Loose)({ colour: 1 }), "colour", none);
  invalid(() => (square.options as Loose)({ toString: 1 }), "toString", /there is no such option/);
  invalid(
    () => (remote as Loose)(() => 1, 5),
    "options",
    "Cannot use options of remote: 5 is no object; pass { name: ... }",
  );
});

test("undefined options count as not given", async () => {
  const options = { timeoutMs: undefined, numCpus: undefined, name: undefined };
  const configured = (square.options as Loose)(options) as typeof square;
  assert.equal(await configured(2), 4);
});

test("remote of what is no function", () => {
  const values: [unknown, string][] = [
    [5, "5"],
    [undefined, "undefined"],
    [null, "null"],
    ["text", '"text"'],
    [{ a: 1 }, "an object"],
    [square(1), "a ObjectRef"],
    [new Map(), "a Map"],
  ];
  for (const [value, described] of values) {
    const rule = "it is no function; pass a function, not its result";
    const text = `Cannot make ${described} remote: ${rule}`;
    invalid(() => (remote as Loose)(value), "fn", text);
  }
});

test("wrong options of init, get, wait and cancel", async () => {
  const call = async (promise: () => unknown): Promise<MobulaError> =>
    (async () => promise())().then(
      () => assert.fail("resolved"),
      (error: MobulaError) => error,
    );
  const calls: [() => unknown, string][] = [
    [
      () => (init as Loose)({ cpus: 1 }),
      "Cannot use option cpus of init: there is no such option; ",
    ],
    [
      () => (init as Loose)({ numCpus: "all" }),
      'Cannot use option numCpus of init: it is "all" and',
    ],
    [() => (init as Loose)({ execArgv: "--flag" }), "Cannot use option execArgv of init: it is"],
    [() => (get as Loose)(square(1), { timeout: 1 }), "Cannot use option timeout of get: there is"],
    [() => (get as Loose)(5), "Cannot get 5: it is no ObjectRef; pass what put() or a remote call"],
    [() => (get as Loose)([put(1), 5]), "Cannot get 5: it is no ObjectRef; "],
    [() => (wait as Loose)([put(1)], { count: 0 }), "Cannot use option count of wait: it is 0 and"],
    [() => (wait as Loose)([Promise.resolve()]), "Cannot wait a Promise: it is no ObjectRef; "],
    [() => (asCompleted as Loose)([1]), "Cannot asCompleted 1: it is no ObjectRef; "],
    [() => (cancel as Loose)({}), "Cannot cancel an object: it is no ObjectRef; "],
    [
      () => (cancel as Loose)(put(1), { forced: true }),
      "Cannot use option forced of cancel: there",
    ],
  ];
  for (const [act, start] of calls) {
    const error = await call(act);
    assert(error instanceof InvalidOptionError, String(error));
    assert.equal(error.message.slice(0, start.length), start);
  }
});

test(
  "a module that throws while the worker imports it",
  processesOnly("modules are loaded once"),
  async () => {
    const path = `${fixture.sandbox.newPath()}.mjs`;
    const guard = "if (process.title === 'mobula worker') throw new RangeError('not here');";
    writeFileSync(path, `${guard}\nexport const triple = (n) => 3 * n;\n`);
    const module = (await import(pathToFileURL(path).href)) as { triple: (n: number) => number };
    const triple = remote(module.triple);
    for (let i = 0; i < 3; i++) {
      await assert.rejects(triple(1), (error: Error) => {
        assert.match(`${error.message} ${String(error.cause)}`, /not here/);
        return true;
      });
    }
  },
);

test(
  "a remote call while a module is being loaded in a worker",
  processesOnly("modules are loaded once"),
  async () => {
    const path = `${fixture.sandbox.newPath()}.mjs`;
    writeFileSync(
      path,
      `import { remote } from "mobula";
    const inner = remote((n) => n + 1);
    export const early = process.title === "mobula worker" ? inner(1) : undefined;
    export const later = async () => await early;\n`,
    );
    const module = (await import(pathToFileURL(path).href)) as { later: () => Promise<number> };
    assert.equal(await remote(module.later)(), 2);
  },
);
