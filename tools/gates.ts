/** The gates: what `npm test` runs. What each is for: CONTRIBUTING.md. */

import { run, type RunOptions, type RunResult } from "./run.ts";

export interface Gate {
  readonly name: string;
  /** Words separated by spaces, no shell: a program of `node_modules/.bin` and its arguments. */
  readonly command: string;
  /** Runs what `dist/` holds: skipped if the build fails. */
  readonly runsBuild?: true;
  /** Closes with the lines of Node's test runner, which the report adds up. */
  readonly countsTests?: true;
  /** Takes both cores itself, or measures time: nothing runs beside it. */
  readonly alone?: true;
}

/** Comes before all others: tests, examples and snippets import the package as users do. */
export const build: Gate = { name: "build", command: "tsx tools/build.ts" };

/** Slow ones first, so that both lanes end at about the same time. */
export const gates: readonly Gate[] = [
  { name: "gates", command: "tsx tools/test.ts gates", countsTests: true },
  { name: "simulator", command: "tsx tests/simulator/main.ts --runs 3000", runsBuild: true },
  { name: "lint", command: "eslint . --max-warnings 0" },
  { name: "unit", command: "tsx tools/test.ts unit", countsTests: true },
  { name: "examples", command: "tsx tools/examples.ts", runsBuild: true },
  { name: "docs", command: "tsx tools/docs.ts", runsBuild: true },
  { name: "package", command: "tsx tools/test.ts package", runsBuild: true, countsTests: true },
  { name: "types", command: "tsc --noEmit" },
  { name: "format", command: "prettier --check --log-level warn ." },
  { name: "type-tests", command: "tsx tools/type-tests.ts", runsBuild: true },
  { name: "imports", command: "tsx tools/imports.ts" },
  { name: "unused", command: "knip --no-config-hints" },
  {
    name: "integration",
    command: "tsx tools/test.ts integration",
    runsBuild: true,
    countsTests: true,
    alone: true,
  },
  {
    name: "chaos",
    command: "tsx tests/chaos/main.ts --minutes 0.8",
    runsBuild: true,
    alone: true,
  },
  {
    name: "inline",
    command: "tsx tools/test.ts inline",
    runsBuild: true,
    countsTests: true,
    alone: true,
  },
];

/** Far beyond what a gate takes, also on a busy machine. */
const GATE_TIMEOUT_MS = 1_200_000;

/** `tsx x.ts` becomes a Node process of its own: the loader's extra process would cost time. */
export function runGateCommand(gate: Gate, given?: RunOptions): Promise<RunResult> {
  const options = { timeoutMs: GATE_TIMEOUT_MS, ...given };
  const [command = "", ...args] = gate.command.split(" ");
  return command === "tsx"
    ? run(process.execPath, ["--import", "tsx", ...args], options)
    : run(command, args, options);
}
