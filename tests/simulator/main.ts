/**
 * `npm run simulate -- --runs 5000`: random programs in simulated runtimes, under random faults.
 * Seeds are new ones each time; `--from-seed N` begins there, so that a long series can go on where
 * it ended. A run that fails prints its seed; `--seed N --transcript` shows what happened in it,
 * `--stack-lines 10` also where errors were made.
 */

import { randomInt } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { parseArgs } from "node:util";
import { run } from "./run.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "100" },
    "from-seed": { type: "string" },
    seed: { type: "string" },
    transcript: { type: "boolean", default: false },
    "failures-max": { type: "string", default: "10" },
    "stack-lines": { type: "string", default: "0" },
  },
});

function numberOf(name: Exclude<keyof typeof values, "transcript">): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new Error(`Cannot use --${name} ${text}: it is no whole number`);
}

// Nobody reads the stacks of errors that are meant to be. They travel with the errors, so a run is
// exactly the same only with as many lines of them.
Error.stackTraceLimit = numberOf("stack-lines")!;

const only = numberOf("seed");
const first = only ?? numberOf("from-seed") ?? randomInt(2 ** 40);
const last = only === undefined ? first + numberOf("runs")! - 1 : first;
const failuresMax = numberOf("failures-max")!;
const faults = new Map<string, number>();
let [runs, calls, events, failures] = [0, 0, 0, 0];
const beganMs = performance.now();

for (let seed = first; seed <= last && failures < failuresMax; seed++) {
  const result = await run(seed, values.transcript);
  runs++;
  calls += result.calls;
  events += result.events;
  for (const [kind, count] of result.faults) faults.set(kind, (faults.get(kind) ?? 0) + count);
  const { violation } = result;
  if (violation !== undefined) {
    failures++;
    if (values.transcript) process.stdout.write(`${violation.transcript}\n`);
    process.stdout.write(`seed ${seed}: ${violation.message}\n`);
    process.stdout.write(`again: npm run simulate -- --seed ${seed} --transcript\n`);
    if (violation.cause instanceof Error) process.stdout.write(`${violation.cause.stack}\n`);
  }
  // What runs have left is collected, and finalizers are told, between them.
  await nextTurn();
}

const seconds = (performance.now() - beganMs) / 1_000;
const each = [...faults].map(([kind, count]) => `${kind} ${count}`).join(", ");
process.stdout.write(
  `${runs} runs (seeds ${first} to ${first + runs - 1}), ${calls} calls, ${events} events, ` +
    `faults: ${each}; ${failures} failed; ${seconds.toFixed(1)} s\n`,
);
process.stdout.write(`${runs - failures} passed, ${failures} failed\n`);
process.exitCode = failures === 0 ? 0 : 1;
