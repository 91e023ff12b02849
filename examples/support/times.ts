/** Times of several ways to do the same work, the first being what the others are compared with. */
import Table from "cli-table3";

export interface Timed {
  readonly name: string;
  /** Of each pass. */
  readonly seconds: readonly number[];
}

export const COLUMNS = ["s a pass", "lowest to highest", "x serial"] as const;

export function printTimes(timed: readonly Timed[]): void {
  const table = new Table({
    head: ["", ...COLUMNS],
    colAligns: ["left", "right", "right", "right"],
    style: { head: [], border: [] },
    chars: { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" },
  });
  for (const way of timed) table.push([way.name, ...cells(way, timed[0]!)]);
  console.log(table.toString());
}

/** One cell for each of `COLUMNS`. */
export function cells({ seconds }: Timed, serial: Timed): string[] {
  const own = median(seconds);
  return [
    own.toFixed(3),
    `${Math.min(...seconds).toFixed(3)} to ${Math.max(...seconds).toFixed(3)}`,
    (median(serial.seconds) / own).toFixed(2),
  ];
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle]!;
  return sorted.length % 2 === 1 ? upper : (sorted[middle - 1]! + upper) / 2;
}
