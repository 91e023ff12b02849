/**
 * `mobula/testing`: runs programs in a simulated runtime, on simulated time, with faults; all of it
 * from one seed.
 *
 * The public names. Everything else in this folder may change without notice.
 */

export { simulate } from "./simulate.ts";
export { compute, exit, hold, sleep } from "./in-simulation.ts";
export { SimulationError } from "./simulation-error.ts";
export type { SimulationOptions, SimulationResult } from "./simulation.ts";
export type { FaultKind, FaultRates } from "./faults.ts";
export type { FaultChances } from "../base/fault-settings.ts";
