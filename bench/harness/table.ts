/** A report as a table for the terminal. */
import Table from "cli-table3";
import { bestPool, medianOf, spreadOf, timesAsGood } from "./stats.ts";
import type { Figure, Report, Result } from "./types.ts";

/** No lines between the rows. */
const COMPACT = { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" };

export function renderReport(report: Report): string {
  const [first] = report.figures;
  if (first === undefined) throw new Error(`Cannot print ${report.case}: it has no figures`);
  const best = bestPool(report.results, first);
  const columns = report.figures.map((figure) => `${figure.name}, ${figure.unit}`);
  const head = ["", ...columns, ...(best === undefined ? [] : ["x best Node pool"])];
  const colAligns = head.map((_, index) => (index === 0 ? ("left" as const) : ("right" as const)));
  const table = new Table({ head, colAligns, style: { head: [], border: [] }, chars: COMPACT });
  const measured = report.results.filter((result) => medianOf(result, first.name) !== undefined);
  for (const result of measured) table.push(row(result, report.figures, best));
  const title = `${report.case}: ${report.what}`;
  const rows = measured.length === 0 ? [] : [table.toString()];
  return [title, ...rows, ...notes(report), ...goals(report)].join("\n");
}

function row(result: Result, figures: readonly Figure[], best: number | undefined): string[] {
  const cells = figures.map(({ name }) => {
    const spread = spreadOf(result.samples[name] ?? []);
    if (spread === undefined) return "-";
    const { median, min, max } = spread;
    return `${short(median)}  (${short(min)} to ${short(max)})`;
  });
  if (best === undefined) return [result.contender, ...cells];
  const [first] = figures as readonly [Figure];
  const median = medianOf(result, first.name);
  const times = median === undefined ? "-" : short(timesAsGood(median, best, first));
  return [result.contender, ...cells, times];
}

function notes(report: Report): string[] {
  return report.results
    .filter((result) => result.note !== undefined)
    .map((result) => `${result.contender} ${result.note?.split("\n")[0]}`);
}

function goals(report: Report): string[] {
  return report.goals.map(({ text, value, met }) => {
    if (value === undefined) return `goal ${text}: not measured`;
    return `goal ${text}: ${short(value)}, ${met === true ? "met" : "missed"}`;
  });
}

/** Three significant digits; whole numbers above 100. */
function short(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en");
  return value.toLocaleString("en", { maximumSignificantDigits: 3 });
}
