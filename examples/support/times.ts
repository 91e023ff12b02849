import Table from "cli-table3";

/** Seconds of each pass. */
export interface Timed {
  readonly name: string;
  readonly seconds: number[];
}

/** One row for each way; the first is what the others are compared with. */
export function printTimes(timed: readonly Timed[]): void {
  const table = new Table({
    head: ["", "s a pass", "lowest to highest", "x serial"],
    colAligns: ["left", "right", "right", "right"],
    style: { head: [], border: [] },
    chars: { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" },
  });
  const serial = median(timed[0]!.seconds);
  for (const { name, seconds } of timed) {
    const spread = `${Math.min(...seconds).toFixed(3)} to ${Math.max(...seconds).toFixed(3)}`;
    const own = median(seconds);
    table.push([name, own.toFixed(3), spread, (serial / own).toFixed(2)]);
  }
  console.log(table.toString());
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle]!;
  return sorted.length % 2 === 1 ? upper : (sorted[middle - 1]! + upper) / 2;
}
