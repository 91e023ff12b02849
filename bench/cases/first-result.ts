import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { POOLS, PYTHON } from "../harness/types.ts";
import type { Case } from "../harness/types.ts";

const PROGRAM = fileURLToPath(new URL("../programs/first-result.js", import.meta.url));
const BARE = ["--eval", "console.log(1)"];

export const firstResult: Case = {
  name: "first result of a fresh program",
  what: "from the start of a process to the printed result of its first task, less bare node",
  figures: [{ name: "first result", unit: "ms", better: "lower" }],
  contenders: ["mobula", ...POOLS, ...PYTHON],
  goals: [{ figure: "first result", atMost: 300 }],
  warmUp: true,
  prepare: (contender) =>
    Promise.resolve({
      async run() {
        const bareMs = await untilPrinted(BARE);
        return { "first result": (await untilPrinted([PROGRAM, contender])) - bareMs };
      },
      close: () => Promise.resolve(),
    }),
};

/** Runs node to its end; returns the milliseconds from its start until it printed. */
async function untilPrinted(args: readonly string[]): Promise<number> {
  const startMs = performance.now();
  const program = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(program, "close") as Promise<[code: number | null]>;
  let printedMs = Number.NaN;
  program.stdout.once("data", () => (printedMs = performance.now() - startMs));
  const [code] = await ended;
  if (code !== 0) throw new Error(`Cannot time node ${args.join(" ")}: it ended with ${code}`);
  return printedMs;
}
