/**
 * `npm run simulate -- --runs 5000 --from-seed 1`: random programs under random faults. A run that
 * fails prints its seed; `--seed N --transcript` shows that run.
 */

import { setImmediate as nextTurn } from "node:timers/promises";
import { parseArgs } from "node:util";
import { run } from "./run.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "100" },
    "from-seed": { type: "string", default: "1" },
    seed: { type: "string" },
    transcript: { type: "boolean", default: false },
    "failures-max": { type: "string", default: "10" },
  },
});

const first = Number(values.seed ?? values["from-seed"]);
const last = values.seed === undefined ? first + Number(values.runs) - 1 : first;
const failuresMax = Number(values["failures-max"]);
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
process.exitCode = failures === 0 ? 0 : 1;
