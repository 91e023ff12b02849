/** `simulate`: one run of a program. */

import { describe } from "../api/options.ts";
import { remoteValues } from "../api/remote-values.ts";
import { InvalidOptionError } from "../base/errors.ts";
import { nameOwn } from "../closure/builtins.ts";
import { currentRuntime } from "../runtime/current.ts";
import { isSimulating, setCurrentSimulation } from "./in-simulation.ts";
import { Simulation, type SimulationResult } from "./simulation.ts";
import { checkSimulationOptions, type SimulationOptions } from "./simulation-options.ts";

/**
 * Runs `program` in a runtime of its own, with simulated driver, daemon and workers. The same seed
 * gives the same run: the same order of events, the same faults. After the program has ended,
 * everything has to come to rest, and nothing may be left: no call, ref, file, lease or process.
 *
 * The program, and what it calls remotely, may wait for remote calls and for `sleep`, but for
 * nothing outside of the simulation: no timers, files or sockets.
 *
 * @throws InvalidOptionError for options and programs that cannot be
 * @throws SimulationError if the program throws, waits for ever, or leaves something behind
 * @example
 * const { value } = await simulate({ seed: 7, faults: { "worker-kill": 0.001 } }, async () => {
 *   const double = remote((x: number) => 2 * x);
 *   return double(21);
 * });
 */
export async function simulate<T>(
  options: SimulationOptions,
  program: () => Promise<T>,
): Promise<SimulationResult<T>> {
  checkSimulationOptions(options);
  if (typeof program !== "function") {
    throw new InvalidOptionError(
      `Cannot simulate: the program is ${describe(program)}, which is no function; pass one`,
      { option: "program", value: program },
    );
  }
  if (isSimulating() || currentRuntime() !== undefined) {
    throw new Error(
      "Cannot simulate: a runtime is there already; end it first, and simulate one run at a time",
    );
  }
  if (options.functions !== undefined) nameOwn(options.functions);
  const simulation = new Simulation(options, remoteValues);
  setCurrentSimulation(simulation);
  try {
    return await simulation.run(program);
  } finally {
    setCurrentSimulation(undefined);
  }
}
