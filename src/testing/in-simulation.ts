/** What simulated code may ask of the simulation that it runs in: tasks, actors and the program. */

import { describe, type Rule } from "../api/options.ts";
import { InvalidOptionError } from "../base/errors.ts";
import { nameOwn } from "../closure/builtins.ts";
import type { Simulation } from "./simulation.ts";

let current: Simulation | undefined;

/** There is one at a time: the API that the program calls is that of its process. */
export function setCurrentSimulation(simulation: Simulation | undefined): void {
  current = simulation;
}

export function isSimulating(): boolean {
  return current !== undefined;
}

function theSimulation(): Simulation {
  if (current !== undefined) return current;
  throw new Error("Cannot ask the simulation: none runs; call this in the program of simulate()");
}

const isAmountOfAnySize: Rule = (value) =>
  typeof value === "number" && value >= 0 && value < Infinity
    ? undefined
    : "must be a number from 0 on";

function checkAmount(name: string, value: unknown): void {
  const complaint = isAmountOfAnySize(value);
  if (complaint === undefined) return;
  throw new InvalidOptionError(`Cannot use ${name}: it is ${describe(value)} and ${complaint}`, {
    option: name,
    value,
  });
}

/** Resolves after so much simulated time. Real timers do not know of it. */
export function sleep(durationMs: number): Promise<void> {
  checkAmount("durationMs", durationMs);
  return theSimulation().sleep(durationMs);
}

/** Lets simulated time pass in which the process that calls it does nothing else. */
export function compute(durationMs: number): void {
  checkAmount("durationMs", durationMs);
  theSimulation().here.compute(durationMs);
}

/** Takes so much of the machine's memory for the process that calls it, until it is disposed of. */
export function hold(sizeBytes: number): Disposable {
  checkAmount("sizeBytes", sizeBytes);
  const { here, machine } = theSimulation();
  machine.memory?.take(here, sizeBytes);
  let isHeld = true;
  return {
    [Symbol.dispose]: () => {
      if (isHeld) machine.memory?.take(here, -sizeBytes);
      isHeld = false;
    },
  };
}

/**
 * Ends the process that calls it, as `process.exit` would: what follows never happens. If that is
 * the program's own, `simulate` rejects once all others have ended, with the `exitCode`.
 */
export function exit(exitCode: number): Promise<never> {
  const simulation = theSimulation();
  simulation.machine.end(simulation.here, exitCode);
  return new Promise(() => undefined);
}

nameOwn({ sleep, compute, hold, exit });
