import { init, remote } from "mobula";
import { WORKERS } from "../contenders/pool.ts";
import { heapBytes } from "../harness/heap.ts";
import type { Case } from "../harness/types.ts";

const CLOSURES = 10_000;
const BATCH = 500;
const LATER_ROUNDS = 40;

/** Calls alone are timed, not their results: what is called for the first time is captured then. */
export const captures: Case = {
  name: "captures",
  what: "first calls: of the program, of other small functions, of 10,000 closures of one code",
  figures: [
    { name: "small function", unit: "ms", better: "lower" },
    { name: "first of the program", unit: "ms", better: "lower" },
    { name: "closure", unit: "us", better: "lower" },
    { name: "later call", unit: "us", better: "lower" },
    { name: "heap left", unit: "B/closure", better: "lower" },
  ],
  contenders: ["mobula"],
  goals: [
    { figure: "first of the program", atMost: 50 },
    { figure: "small function", atMost: 1 },
    { figure: "closure", atMost: 150 },
    { figure: "later call", atMost: 1 },
    { figure: "heap left", atMost: 16 },
  ],
  warmUp: false,
  freshProcess: true,
  async prepare() {
    const runtime = await init({ numCpus: WORKERS });
    return { run: measure, close: () => runtime.shutdown() };
  },
};

async function measure(): Promise<Record<string, number>> {
  const first = await time([remote(() => 1)]);
  const small = await time(SMALL.map((fn) => remote(fn)));
  // The first thousands find the code cold, and what they leave is the price of the code itself.
  await timeClosures(0);
  const beforeBytes = await heapBytes();
  const closures = await timeClosures(CLOSURES);
  const leftBytes = (await heapBytes()) - beforeBytes;
  const laterMs = await timeLaterCalls();
  return {
    "small function": small,
    "first of the program": first,
    closure: closures * 1_000,
    "later call": laterMs * 1_000,
    "heap left": Math.max(leftBytes, 0) / CLOSURES,
  };
}

/** Small functions as programs have them, each with something of its own to capture. */
const base = 10;
const labels = ["a", "b"];
const half = (x: number): number => x / 2;
class Pair {
  readonly a: number;
  readonly b: number;
  constructor(a: number, b: number) {
    this.a = a;
    this.b = b;
  }
}
const SMALL: readonly ((x: number) => unknown)[] = [
  (x) => x + base,
  (x) => labels[x % labels.length],
  (x) => half(x) + base,
  (x) => new Pair(x, base),
  (x) => Math.max(x, base),
  async (x) => Promise.resolve(x * base),
  (x) => ({ x, label: labels[0], half: half(x) }),
  (x) => [x, base].map(half),
];

/** Milliseconds of one call, the results left out; all of them are awaited afterwards. */
async function time(calls: readonly ((x: number) => PromiseLike<unknown>)[]): Promise<number> {
  const startMs = performance.now();
  const results = calls.map((call) => call(1));
  const elapsedMs = performance.now() - startMs;
  await Promise.all(results);
  return elapsedMs / calls.length;
}

/** Milliseconds of the first call of a closure, among many of the same code. */
async function timeClosures(from: number): Promise<number> {
  const make = (captured: number) => remote((x: number) => x + captured);
  let elapsedMs = 0;
  for (let at = from; at < from + CLOSURES; at += BATCH) {
    const closures = Array.from({ length: BATCH }, (_, index) => make(at + index));
    elapsedMs += (await time(closures)) * BATCH;
  }
  return elapsedMs / CLOSURES;
}

/**
 * Milliseconds by which a later call of a function that captured much takes longer than one of a
 * function that captured nothing: the difference of two loops, so that what a call costs anyway and
 * the clock are in neither. Captured again at each call, the table would cost milliseconds.
 */
async function timeLaterCalls(): Promise<number> {
  const table = Array.from({ length: 10_000 }, (_, index) => ({ index, label: `row ${index}` }));
  const bare = remote((x: number) => x);
  const full = remote((x: number) => table[x]?.index);
  await Promise.all([bare(1), full(1)]);
  const differencesMs: number[] = [];
  for (let round = 0; round < LATER_ROUNDS; round++) {
    // Each goes first in every other round.
    const order = round % 2 === 0 ? [bare, full] : [full, bare];
    const [first, second] = [await timeLoop(order[0]!), await timeLoop(order[1]!)];
    differencesMs.push(round % 2 === 0 ? second - first : first - second);
  }
  return Math.max(median(differencesMs), 0);
}

function timeLoop(call: (x: number) => PromiseLike<unknown>): Promise<number> {
  return time(Array.from({ length: BATCH }, () => call));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
