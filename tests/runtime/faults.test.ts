/** MOBULA_FAULTS: each kind happens, is counted, and leaves what FAILURES.md promises. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { runProgram, type ProgramResult } from "../support/program.ts";
import { Sandbox } from "../support/sandbox.ts";

const SEED = 7;

/** Runs a program with these faults; it uses `report` for what fails. */
async function runWith(faults: string, source: string, args = ""): Promise<ProgramResult> {
  await using sandbox = new Sandbox();
  const head = `
    import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
    import { init, remote } from "mobula";
    const effects = ${JSON.stringify(sandbox.newPath())};
    writeFileSync(effects, "");
    const effectsOf = () => readFileSync(effects, "utf8").split("\\n").slice(0, -1);
    const report = (promise) => promise.then(console.log, (error) => {
      console.log(error.name + ": " + error.message.split("\\n")[0]);
    });
    const runtime = await init({ numCpus: 2, logToDriver: false ${args} });
  `;
  const env = faults === "" ? {} : { MOBULA_FAULTS: faults };
  return await runProgram(sandbox, `${head}${source}`, { env });
}

/** How often the fault happened, as the last line says. */
function countOf({ stderr }: ProgramResult, kind: string): number {
  const counts = /^mobula: faults that happened: (.*) \(/m.exec(stderr)?.[1];
  assert(counts !== undefined, stderr);
  const count = new RegExp(`\\b${kind} (\\d+)`).exec(counts)?.[1];
  assert(count !== undefined, counts);
  return Number(count);
}

// Surely: what fails says what FAILURES.md says.

const task = `await report(remote(function once() {
  appendFileSync(effects, "ran\\n");
  return 1;
})());
console.log(effectsOf().length);`;
const actor = `class One { one() { return 1; } }
await report(new (remote(One))().one());`;

const lost =
  "WorkerCrashedError: Cannot finish task once: its worker \\d+ was ended by SIGKILL" +
  "(?: \\(resident \\d+ MiB\\))?, in the last of 4 runs\n";
const bigTask = task.replace("return 1", "return new Float64Array(20_000)");
const resultLost =
  "ObjectLostError: Cannot get object 1-\\d+: its file is gone, it is the result of task once, " +
  "and its maxRetries of 3 does not let it run once more; " +
  "call it again, or allow more retries\n";
const unready = "Cannot start worker \\d+: it ended with SIGKILL before it was ready";

const sure: readonly (readonly [string, string, RegExp, number])[] = [
  ["worker-kill", task, new RegExp(`^${lost}0\n$`), 4],
  ["reply-lost", task, new RegExp(`^${lost}4\n$`), 4],
  ["actor-kill", actor, /^ActorDiedError: .*SIGKILL.*\n$/, 1],
  ["actor-reply-lost", actor, /^ActorDiedError: .*SIGKILL.*\n$/, 1],
  ["result-lost", bigTask, new RegExp(`^${resultLost}4\n$`), 4],
  ["spawn-fail", task, new RegExp(`^EnvironmentSetupError: ${unready}\n0\n$`), 3],
];
for (const [kind, source, output, least] of sure) {
  test(`${kind}:1`, async () => {
    const result = await runWith(`${kind}:1,seed:${SEED}`, source);
    assert.match(result.stdout, output);
    assert(countOf(result, kind) >= least, result.stderr);
    const on = `mobula: faults are on: ${kind}:1,seed:${SEED}\n`;
    assert(result.stderr.includes(on), result.stderr);
  });
}

test("daemon-kill:1", async () => {
  const source = `.then(() => remote(() => 1)()).catch((error) => console.log(error.name))`;
  await using sandbox = new Sandbox();
  const result = await runProgram(
    sandbox,
    `import { init, remote } from "mobula"; await init({ numCpus: 1 })${source};`,
    { env: { MOBULA_FAULTS: "daemon-kill:1" } },
  );
  assert.equal(result.stdout, "RuntimeEndedError\n");
  assert(countOf(result, "daemon-kill") >= 1);
});

test("link-cut: an actor out of reach is replaced, and the calls made again", async () => {
  const source = `
    class One { one() { return 1; } }
    const one = new (remote(One, { maxRestarts: Infinity, maxTaskRetries: Infinity }))();
    for (let n = 0; n < 3; n++) await report(one.one());`;
  // Of these seeds most cut the link once or twice; each time takes 2 s.
  const result = await runWith("link-cut:0.15,seed:2", source);
  assert.equal(result.stdout, "1\n1\n1\n");
  countOf(result, "link-cut");
});

test("store-full:1: values go to disk", async () => {
  const source = `
    const fill = remote((n) => new Float64Array(50_000).fill(n));
    const sum = remote((array) => array.reduce((a, b) => a + b, 0));
    console.log(await sum(fill(2)), await sum(new Float64Array(50_000).fill(3)));`;
  const result = await runWith("store-full:1", source);
  assert.equal(result.stdout, "100000 150000\n");
  assert.equal(countOf(result, "store-full"), 2);
});

test("worker-freeze:1: what runs goes on when the worker does", async () => {
  const source = `
    const long = remote(async () => {
      const beganMs = performance.now();
      while (performance.now() - beganMs < 1_200) await new Promise(setImmediate);
      return "done";
    });
    console.log(await long());`;
  const result = await runWith("worker-freeze:1", source);
  assert.equal(result.stdout, "done\n");
  assert(countOf(result, "worker-freeze") >= 1);
});

// Rarely: a program that allows for failures gives the same results as without them.

const ITEMS = 60;
const correct = `
  const retried = { maxRetries: Infinity };
  const square = remote((n) => n * n, retried);
  const sumOfSquares = remote(async (from) => {
    const parts = await Promise.all([square(from), square(from + 1)]);
    return parts[0] + parts[1];
  }, retried);
  const fill = remote((n) => new Float64Array(20_000).fill(n), retried);
  const sum = remote((array) => array.reduce((a, b) => a + b, 0), retried);
  class Adder {
    #base;
    constructor(base) { this.#base = base; }
    add(n) { return this.#base + n; }
  }
  const adder = new (remote(Adder, { maxRestarts: Infinity, maxTaskRetries: Infinity }))(1_000);
  const items = Array.from({ length: ${ITEMS} }, (_, n) => n);
  const same = (got, expected) => got.every((value, n) => value === expected(n));
  console.log(
    same(await square.map(items, { batchSize: 5 }), (n) => n * n),
    same(await Promise.all(items.map((n) => square(n))), (n) => n * n),
    same(await Promise.all(items.map((n) => sumOfSquares(n))), (n) => 2 * n * n + 2 * n + 1),
    same(await Promise.all(items.slice(0, 20).map((n) => sum(fill(n)))), (n) => 20_000 * n),
    same(await Promise.all(items.map((n) => adder.add(n))), (n) => 1_000 + n),
  );
  await runtime.shutdown();`;

/** Kind, chance, and how often it happens at least. */
const rare: readonly (readonly [string, number, number])[] = [
  ["worker-kill", 0.03, 1],
  ["reply-lost", 0.03, 1],
  ["actor-kill", 0.1, 1],
  ["actor-reply-lost", 0.1, 1],
  ["worker-freeze", 0.3, 0],
  ["spawn-fail", 0.1, 0],
  ["message-delay", 0.3, 1],
  ["link-cut", 0.005, 0],
  ["store-full", 0.5, 1],
  ["result-lost", 0.3, 1],
];
for (const [kind, chance, least] of rare) {
  test(`${kind}:${chance}: a program that allows for it gives its results`, async () => {
    const result = await runWith(`${kind}:${chance},seed:${SEED}`, correct);
    assert.equal(result.stdout, "true true true true true\n", result.stderr);
    assert.equal(result.exitCode, 0);
    assert(countOf(result, kind) >= least, result.stderr);
  });
}

test("maxRetries: 0 and reply-lost: each body runs at most once, and each call ends", async () => {
  const source = `
    const once = remote(function once(n) {
      appendFileSync(effects, n + "\\n");
      return n;
    }, { maxRetries: 0 });
    const settled = await Promise.allSettled(Array.from({ length: 40 }, (_, n) => once(n)));
    const counts = new Map();
    for (const n of effectsOf()) counts.set(n, (counts.get(n) ?? 0) + 1);
    const names = settled.map((one) => one.reason?.name ?? "done");
    console.log(Math.max(...counts.values()), counts.size, [...new Set(names)].sort().join());
    console.log(settled.filter((one) => one.status === "rejected").length);`;
  const result = await runWith(`reply-lost:0.2,seed:${SEED}`, source);
  const [, failed] = /^1 40 WorkerCrashedError,done\n(\d+)\n$/.exec(result.stdout) ?? [];
  assert.equal(Number(failed), countOf(result, "reply-lost"), result.stdout);
});

test("the option goes before the variable, and works inline", async () => {
  const source = `
    const square = remote((n) => n * n, { maxRetries: Infinity });
    const squares = await Promise.all(Array.from({ length: 50 }, (_, n) => square(n)));
    console.log(squares.every((value, n) => value === n * n));
    await runtime.shutdown();`;
  const faults = `, faults: { "reply-lost": 0.2, seed: 7 }`;
  for (const args of [faults, `${faults}, mode: "inline"`]) {
    const result = await runWith("worker-kill:1", source, args);
    assert.equal(result.stdout, "true\n", result.stderr);
    assert(countOf(result, "reply-lost") > 0);
    assert.match(result.stderr, /^mobula: faults are on: reply-lost:0.2,seed:7$/m);
  }
});

test("without them nothing is said of them", async () => {
  const result = await runWith("", task);
  assert.equal(result.stdout, "1\n1\n");
  assert.doesNotMatch(result.stderr, /fault/);
});

const init = (options: string): string => `init({ ${options} })`;
const wrong: readonly (readonly [string, string, string])[] = [
  ...[init(""), "remote(() => 1)()"].map((call) => {
    const why = "it has worker-kill:2; a probability must be a number from 0 to 1";
    return [call, "worker-kill:2", `Cannot use MOBULA_FAULTS: ${why}`] as const;
  }),
  [
    init('faults: { "worker-kill": -1 }'),
    "",
    "Cannot use option faults of init: it is an object and has worker-kill:-1; " +
      "a probability must be a number from 0 to 1",
  ],
  [
    init('faults: { "daemon-kill": 1 }, mode: "inline"'),
    "",
    'Cannot init: the fault daemon-kill needs processes, and mode is "inline"; ' +
      "leave out the fault, or the mode",
  ],
];
for (const [call, variable, message] of wrong) {
  test(`${call} with MOBULA_FAULTS="${variable}" is refused`, async () => {
    await using sandbox = new Sandbox();
    const source = `
      import { init, remote } from "mobula";
      try {
        await ${call};
      } catch (error) {
        console.log(error.name + ": " + error.message);
      }`;
    const result = await runProgram(sandbox, source, { env: { MOBULA_FAULTS: variable } });
    assert.deepEqual([result.stdout, result.stderr], [`InvalidOptionError: ${message}\n`, ""]);
  });
}
