/** Random histories of a few processes, in any order of delivery, with deaths. */

import fc from "fast-check";
import { test } from "node:test";
import { Network } from "./network.test.ts";

/** Numbers choose among what is possible at that moment, so every history is a legal one. */
type Step =
  | readonly ["create", number]
  | readonly ["lend", number, number, number]
  | readonly ["giveAway", number, number, number]
  | readonly ["transfer", number]
  | readonly ["drop", number]
  | readonly ["fetch", number]
  | readonly ["kill", number, number]
  | readonly ["deliver", number];

const choice = fc.nat(999);
const steps: readonly [weight: number, fc.Arbitrary<Step>][] = [
  [2, fc.tuple(fc.constant("create"), choice)],
  [8, fc.tuple(fc.constant("lend"), choice, choice, choice)],
  [3, fc.tuple(fc.constant("giveAway"), choice, choice, choice)],
  [3, fc.tuple(fc.constant("transfer"), choice)],
  [6, fc.tuple(fc.constant("drop"), choice)],
  [1, fc.tuple(fc.constant("fetch"), choice)],
  [16, fc.tuple(fc.constant("deliver"), choice)],
];
const killing: fc.Arbitrary<Step> = fc.tuple(fc.constant("kill"), choice, choice);

function history(areMortal: boolean): fc.Arbitrary<Step[]> {
  const weighted = areMortal ? [...steps, [1, killing] as const] : steps;
  const step = fc.oneof(...weighted.map(([weight, arbitrary]) => ({ weight, arbitrary })));
  return fc.array(step, { minLength: 10, maxLength: 80, size: "max" });
}

function pick<T>(from: readonly T[], number: number): T | undefined {
  return from[number % from.length];
}

function apply(network: Network, step: Step, objectsMax: number): void {
  const alive = network.alive;
  switch (step[0]) {
    case "create": {
      const process = pick(alive, step[1])!;
      if (network.objectKeys.length < objectsMax) network.create(process.id);
      return;
    }
    case "lend":
    case "giveAway": {
      const from = pick(alive, step[1])!;
      const key = pick([...from.held], step[2]);
      const to = pick(network.processes, step[3])!;
      if (key === undefined || !network.canLend(from.id, key, to.id)) return;
      network.lend(from.id, key, to.id);
      if (step[0] === "giveAway" && network.canTransfer(from.id, key, to.id)) {
        network.transfer(from.id, key, to.id);
      }
      return;
    }
    case "transfer": {
      const possible = alive.flatMap((from) =>
        network.objectKeys.flatMap((key) =>
          network.processes
            .filter((to) => network.canTransfer(from.id, key, to.id))
            .map((to) => [from.id, key, to.id] as const),
        ),
      );
      const chosen = pick(possible, step[1]);
      if (chosen !== undefined) network.transfer(...chosen);
      return;
    }
    case "drop":
    case "fetch": {
      const possible = alive.flatMap(({ id, held }) => [...held].map((key) => [id, key] as const));
      const chosen = pick(possible, step[1]);
      if (chosen !== undefined) network[step[0]](...chosen);
      return;
    }
    case "kill":
      if (alive.length <= 2) return;
      network.kill(pick(alive, step[1])!.id, ({ messages }) => step[2] % (messages.length + 1));
      return;
    case "deliver": {
      const link = pick(network.busy, step[1]);
      if (link !== undefined) network.deliver(link.from.id, link.to.id);
    }
  }
}

/** Delivers everything, in an order that `seed` decides. */
function deliverAll(network: Network, seed: number): void {
  let state = seed;
  for (let left = 10_000; left > 0; left--) {
    const busy = network.busy;
    if (busy.length === 0) return;
    state = (state * 48_271 + 11) % 0x7fff_ffff;
    const { from, to } = pick(busy, state)!;
    network.deliver(from.id, to.id);
  }
  throw new Error("Cannot deliver everything: messages cause messages without end");
}

function run(
  processCount: number,
  objectsMax: number,
  history: readonly Step[],
  seed: number,
): void {
  const network = new Network(processCount);
  try {
    network.create(1);
    for (const step of history) apply(network, step, objectsMax);
    deliverAll(network, seed);
    network.checkReachable(() => deliverAll(network, seed));
    for (const { id, held } of network.alive) for (const key of [...held]) network.drop(id, key);
    deliverAll(network, seed + 1);
    network.checkEmpty();
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${network.log.join("\n")}`, { cause: error });
  }
}

const numRuns = Number(process.env["OWNERSHIP_RUNS"] ?? 10_000);

function check(areMortal: boolean): void {
  const processCount = fc.integer({ min: 3, max: 5 });
  const objectsMax = fc.integer({ min: 1, max: 3 });
  const anyRun = fc.property(processCount, objectsMax, history(areMortal), fc.nat(), run);
  fc.assert(anyRun, { numRuns, includeErrorInReport: true });
}

test("whoever holds an object keeps it alive, and nothing is left in the end", () => {
  check(false);
});

test("the same when processes die: only what depended on the dead is lost", () => {
  check(true);
});
