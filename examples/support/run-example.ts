/** What the programs that measure have in common: their command line, and what they print last. */
import { printTimes } from "./times.ts";
import type { Timed } from "./times.ts";

/** One number for each default. */
type Sizes<D extends readonly number[]> = { -readonly [K in keyof D]: number };

/**
 * Runs `measure` with the numbers of the command line, in their order, and with `defaults` for
 * those that are left out. Prints the times as a table; with `--json` as one line for programs.
 */
export function runExample<const D extends readonly number[]>(
  defaults: D,
  measure: (...sizes: Sizes<D>) => Promise<readonly Timed[]>,
): void {
  const words = process.argv.slice(2);
  const run = async (): Promise<void> => {
    const given = words.filter((word) => word !== "--json").map(readSize);
    const timed = await measure(...(defaults.map((size, i) => given[i] ?? size) as Sizes<D>));
    if (words.includes("--json")) console.log(JSON.stringify(timed));
    else printTimes(timed);
  };
  run().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}

function readSize(word: string): number {
  const size = Number(word);
  if (Number.isSafeInteger(size) && size > 0) return size;
  throw new Error(`Cannot use size "${word}": pass whole numbers from 1 up`);
}
