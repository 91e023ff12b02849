/**
 * Runs the gates, two at a time: `npm test` for all, `tsx tools/check.ts lint unit` for some.
 * One line for each; only failures show their output. The last lines are those of Node's test
 * runner, added up over all suites.
 */

import { availableParallelism } from "node:os";
import { build, gates, runGateCommand, type Gate } from "./gates.ts";
import { addClosingLines, formatClosingLines, parseClosingLines } from "./closing-lines.ts";

type Verdict = "ok" | "FAIL" | "skip";

interface Outcome {
  readonly gate: Gate;
  readonly verdict: Verdict;
  readonly output: string;
}

const lanes = Math.max(1, Math.min(2, availableParallelism()));

async function judge(gate: Gate): Promise<Outcome> {
  const startMs = performance.now();
  const { exitCode, output } = await runGateCommand(gate);
  const verdict = exitCode === 0 ? "ok" : "FAIL";
  const tests = gate.countsTests ? `${parseClosingLines(output).get("tests") ?? 0} tests` : "";
  report(gate, verdict, `${((performance.now() - startMs) / 1000).toFixed(1)} s`, tests);
  if (verdict === "FAIL") process.stdout.write(`${indent(essence(output))}\n`);
  return { gate, verdict, output };
}

function report(gate: Gate, verdict: Verdict, duration: string, note = ""): void {
  const line = `${verdict.padEnd(5)}${gate.name.padEnd(13)}${duration.padStart(8)}  ${note}`;
  process.stdout.write(`${line.trimEnd()}\n`);
}

/** Node's test runner repeats at the end what failed; the rest of its output says little. */
function essence(output: string): string {
  const failures = output.lastIndexOf("✖ failing tests:");
  return failures < 0 ? output : output.slice(failures);
}

function indent(text: string): string {
  return text.trimEnd().replaceAll(/^(?=.)/gm, "     ");
}

/** Starts the next gate as soon as a lane is free; one that wants to be alone waits for all. */
async function runAll(pending: readonly Gate[]): Promise<Outcome[]> {
  const outcomes: Promise<Outcome>[] = [];
  const shared = pending.filter((gate) => !gate.alone).values();
  const lane = async (): Promise<void> => {
    for (const gate of shared) {
      const outcome = judge(gate);
      outcomes.push(outcome);
      await outcome;
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  for (const gate of pending) {
    if (!gate.alone) continue;
    const outcome = judge(gate);
    outcomes.push(outcome);
    await outcome;
  }
  return Promise.all(outcomes);
}

function select(names: readonly string[]): readonly Gate[] {
  const unknown = names.filter((name) => !gates.some((gate) => gate.name === name));
  if (unknown.length > 0) {
    const known = gates.map((gate) => gate.name).join(", ");
    throw new Error(`Cannot run gate ${unknown.join(", ")}: there is none; choose from ${known}`);
  }
  return names.length === 0 ? gates : gates.filter((gate) => names.includes(gate.name));
}

async function main(): Promise<void> {
  const selected = select(process.argv.slice(2));
  const built = await judge(build);
  const runnable = selected.filter((gate) => built.verdict === "ok" || !gate.runsBuild);
  for (const gate of selected) if (!runnable.includes(gate)) report(gate, "skip", "", "no build");
  const outcomes = [built, ...(await runAll(runnable))];
  const counted = outcomes.filter(({ gate }) => gate.countsTests);
  if (counted.length > 0) {
    const sums = addClosingLines(counted.map(({ output }) => parseClosingLines(output)));
    process.stdout.write(`\n${formatClosingLines(sums)}\n`);
  }
  if (outcomes.some(({ verdict }) => verdict === "FAIL")) process.exitCode = 1;
}

await main();
