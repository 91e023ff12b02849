/** Everything the program prints. */
import { relative } from "node:path";
import { SingleBar } from "cli-progress";
import Table from "cli-table3";
import type { Listing } from "./files.ts";
import type { Group } from "./groups.ts";
import type { Sketch } from "./sketch.ts";

const GROUPS_SHOWN = 10;

export interface Findings {
  /** One for each listed file. */
  readonly sketches: readonly Sketch[];
  readonly groups: readonly Group[];
}

export interface Timed<T> {
  readonly value: T;
  readonly seconds: number;
}

/** Times `work` and shows its progress, on a terminal only. */
export async function withProgress<T>(
  label: string,
  total: number,
  work: (progress: (done: number) => void) => Promise<T>,
): Promise<Timed<T>> {
  const bar = new SingleBar({
    format: `${label.padEnd(10)} {bar} {percentage}%  {value}/{total} files`,
    hideCursor: true,
  });
  const startMs = performance.now();
  bar.start(total, 0);
  try {
    const value = await work((done) => bar.update(done));
    return { value, seconds: (performance.now() - startMs) / 1_000 };
  } finally {
    bar.stop();
  }
}

export function printFindings(folder: string, listing: Listing, findings: Findings): void {
  const { sketches, groups } = findings;
  const { files, unreadableFolders } = listing;
  const texts = sketches.filter((sketch) => typeof sketch !== "string").length;
  console.log(`${texts} text files below ${folder}${leftOut(sketches, unreadableFolders)}`);
  if (groups.length === 0) return console.log("No near-duplicates among them");
  const duplicates = groups.reduce((total, group) => total + group.files.length, 0);
  console.log(`${duplicates} of them are near-duplicates. Groups: ${groups.length}; the largest:`);
  const table = new Table({
    head: ["files", "alike", "one of them"],
    colAligns: ["right", "right", "left"],
    ...PLAIN,
  });
  for (const group of groups.slice(0, GROUPS_SHOWN)) {
    const example = relative(folder, files[group.files[0]!]!);
    table.push([group.files.length, `${Math.round(group.similarity * 100)} %`, example]);
  }
  console.log(table.toString());
}

export function printTimes(serial: Timed<unknown>, parallel: Timed<unknown>): void {
  const table = new Table({ colAligns: ["left", "right", "right"], ...PLAIN });
  const speedUp = serial.seconds / parallel.seconds;
  table.push(["one core", `${serial.seconds.toFixed(2)} s`, ""]);
  table.push(["all cores", `${parallel.seconds.toFixed(2)} s`, `${speedUp.toFixed(2)} x`]);
  console.log(table.toString());
}

/** ` (812 binary, 3 empty left out)`, or nothing. */
function leftOut(sketches: readonly Sketch[], unreadableFolders: number): string {
  const counts = new Map<string, number>();
  for (const sketch of sketches) {
    if (typeof sketch === "string") counts.set(sketch, (counts.get(sketch) ?? 0) + 1);
  }
  if (unreadableFolders > 0) counts.set("unreadable folders", unreadableFolders);
  const parts = [...counts].map(([reason, count]) => `${count} ${reason}`);
  return parts.length === 0 ? "" : ` (left out: ${parts.join(", ")})`;
}

const PLAIN = {
  style: { head: [], border: [] },
  chars: { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" },
};
