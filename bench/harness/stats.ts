/** Arithmetic on samples and the judgement of goals. Pure. */
import { POOLS } from "./types.ts";
import type { Case, Figure, Goal, GoalOutcome, Result } from "./types.ts";

export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** The spread of at least one sample; undefined for none. */
export function spreadOf(samples: readonly number[]): Spread | undefined {
  if (samples.length === 0) return undefined;
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (index: number): number => sorted[index] as number;
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2;
  return { min: at(0), median, max: at(sorted.length - 1) };
}

export function medianOf(result: Result | undefined, figure: string): number | undefined {
  return spreadOf(result?.samples[figure] ?? [])?.median;
}

/** The best median that any pool of Node reached. */
export function bestPool(results: readonly Result[], figure: Figure): number | undefined {
  const medians = results
    .filter((result) => (POOLS as readonly string[]).includes(result.contender))
    .map((result) => medianOf(result, figure.name))
    .filter((median) => median !== undefined);
  if (medians.length === 0) return undefined;
  return figure.better === "higher" ? Math.max(...medians) : Math.min(...medians);
}

/** How many times as good `value` is as `other`: above 1 is better, whichever way is up. */
export function timesAsGood(value: number, other: number, figure: Figure): number {
  return figure.better === "higher" ? value / other : other / value;
}

export function judge(cases: Case, results: readonly Result[]): GoalOutcome[] {
  const median = (contender: string, figure: Figure): number | undefined =>
    medianOf(
      results.find((result) => result.contender === contender),
      figure.name,
    );
  const theirsOf = ({ times }: Goal, figure: Figure): number | undefined =>
    times === undefined || times === "best pool"
      ? bestPool(results, figure)
      : median(times, figure);
  return cases.goals.map((goal) => {
    const figure = cases.figures.find(({ name }) => name === goal.figure);
    if (figure === undefined) throw new Error(`Cannot judge ${cases.name}: no ${goal.figure}`);
    const text = goalText(goal, figure);
    const ours = median("mobula", figure);
    const theirs = theirsOf(goal, figure);
    if (ours === undefined || (goal.times !== undefined && theirs === undefined)) return { text };
    const value = goal.times === undefined ? ours : timesAsGood(ours, theirs as number, figure);
    const met = value >= (goal.atLeast ?? -Infinity) && value <= (goal.atMost ?? Infinity);
    return { text, value, met };
  });
}

function goalText(goal: Goal, figure: Figure): string {
  const bound = goal.atLeast === undefined ? `at most ${goal.atMost}` : `at least ${goal.atLeast}`;
  const unit = goal.times === undefined ? figure.unit : `times as good as ${goal.times}`;
  return `${figure.name}: ${bound} ${unit}`;
}
