/** The closing lines of Node's test runner: `ℹ tests 12`, `ℹ pass 12`, `ℹ fail 0` and so on. */

export type ClosingLines = ReadonlyMap<string, number>;

const KEYS = "tests suites pass fail cancelled skipped todo duration_ms";
const LINE = new RegExp(`^ℹ (${KEYS.replaceAll(" ", "|")}) ([\\d.]+)$`, "gm");

/** Empty if the output has none. Output of a nested run comes before: the last lines count. */
export function parseClosingLines(output: string): ClosingLines {
  return new Map([...output.matchAll(LINE)].map(([, key = "", figure]) => [key, Number(figure)]));
}

export function addClosingLines(all: readonly ClosingLines[]): ClosingLines {
  const sums = new Map<string, number>();
  for (const lines of all) {
    for (const [key, figure] of lines) sums.set(key, (sums.get(key) ?? 0) + figure);
  }
  return sums;
}

export function formatClosingLines(lines: ClosingLines): string {
  return KEYS.split(" ")
    .map((key) => `ℹ ${key} ${lines.get(key) ?? 0}`)
    .join("\n");
}
