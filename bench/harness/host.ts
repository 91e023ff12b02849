/**
 * A contender's own process: `host.js <contender> <case>`. Reads one command a line on standard
 * input ("round"; the end of input means "close"), answers one line of JSON each on descriptor 3.
 * Runs as plain JavaScript, so that no TypeScript loader is inside what is measured.
 */
import { writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { getCase } from "../cases/index.ts";
import type { Answer, NodeName } from "./types.ts";

const ANSWERS_FD = 3;

function answer(message: Answer): void {
  writeSync(ANSWERS_FD, `${JSON.stringify(message)}\n`);
}

async function main(contender: NodeName, caseName: string): Promise<void> {
  const chosen = getCase(caseName);
  const round = await chosen.prepare(contender);
  try {
    if (chosen.warmUp) await round.run();
    answer({ ready: true });
    for await (const command of createInterface({ input: process.stdin })) {
      if (command !== "round") throw new Error(`Cannot obey "${command}": not a command`);
      answer({ figures: await round.run() });
    }
  } finally {
    await round.close();
  }
}

const [contender, caseName] = process.argv.slice(2) as [NodeName, string];
main(contender, caseName).catch((error: unknown) => {
  answer({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  process.exitCode = 1;
});
