/** The kinds of rounds: a program, and what is done to it. They take turns. */

import type { Attack } from "./attacks.ts";

export interface RoundKind {
  readonly name: string;
  /** From the package's folder on. */
  readonly program: string;
  readonly args: readonly string[];
  readonly attacks: readonly Attack[];
  /** Between two attacks, in the mean: from, to. */
  readonly intervalMs: readonly [number, number];
  readonly countMax: number;
  /** The program itself is killed. */
  readonly killsDriver?: true;
  /** What the program may say as it fails: FAILURES.md promises no more. */
  readonly mayFailWith?: RegExp;
}

const MIX = "tests/chaos/programs/mix.ts";
const always = Infinity;
/** As many deaths as each task survives by default. */
const RETRIES_MAX = 3;

/** The mix is given its seed, its time and its file of effects before these. */
export const ROUND_KINDS: readonly RoundKind[] = [
  mix("mix, workers killed", ["kill-worker"], [200, 800]),
  {
    name: "demo, workers killed",
    program: "examples/near-duplicates.ts",
    // Most of the time one core is busy; then all are.
    args: ["node_modules/typescript"],
    attacks: ["kill-worker"],
    intervalMs: [300, 900],
    countMax: RETRIES_MAX,
  },
  mix("mix, daemon killed", ["kill-daemon"], [300, 900], { args: ["may-end"], countMax: 1 }),
  mix("mix, driver killed", ["kill-worker"], [200, 800], { killsDriver: true }),
  mix("mix, workers stopped", ["stop-worker"], [200, 800]),
  {
    name: "numerical, workers killed",
    program: "examples/numerical.ts",
    args: ["500", "3"],
    attacks: ["kill-worker", "stop-worker"],
    intervalMs: [300, 900],
    countMax: RETRIES_MAX,
  },
  mix("mix, workers starved", ["starve", "kill-worker"], [200, 800]),
  {
    name: "stateful, workers killed",
    program: "examples/stateful.ts",
    args: ["2", "1"],
    attacks: ["kill-worker"],
    intervalMs: [300, 900],
    countMax: 2,
    mayFailWith: /^Cannot call .*ended by SIG/m,
  },
  mix("mix, all of it", ["kill-worker", "stop-worker", "starve", "stop-daemon"], [200, 600]),
];

function mix(
  name: string,
  attacks: readonly Attack[],
  intervalMs: readonly [number, number],
  more: Partial<RoundKind> = {},
): RoundKind {
  return { name, program: MIX, args: [], attacks, intervalMs, countMax: always, ...more };
}
