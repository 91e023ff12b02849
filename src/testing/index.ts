/**
 * `mobula/testing`: runs programs in a simulated runtime, on simulated time, with faults; all of it
 * from one seed.
 *
 * The public names. Everything else in this folder may change without notice.
 */

export { simulate } from "./simulate.ts";
export { compute, exit, hold, sleep } from "./in-simulation.ts";
export { SimulationError } from "./simulation-error.ts";
export type { SimulationOptions } from "./simulation-options.ts";
export type { SimulationResult } from "./simulation.ts";
export type { FaultKind, FaultPointChances, FaultRates } from "./faults.ts";
