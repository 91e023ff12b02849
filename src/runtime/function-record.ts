/** A remote function as the processes know it: id, code with captures, and how long it takes. */

import type { Profile } from "../core/scheduling-class.ts";
import type { Payload } from "./payload.ts";

/** Of the process that made the function; see `objectKey`. */
export type FunctionId = number;

export class FunctionRecord implements Profile {
  readonly functionId: FunctionId;
  /** The functions of the runtime that it belongs to. */
  readonly home: object;
  name: string;
  /** Parameters that are sent; Infinity with a rest parameter. */
  parameterCount: number;
  /** Its calls give streams. */
  isGenerator: boolean;
  estimateUs: number | undefined = undefined;
  /** Of tasks that call the function with several items. */
  readonly batches: Profile = { estimateUs: undefined };
  /** The function with its captures, frozen at the first call. */
  definition: Payload | undefined = undefined;
  /** The function in this process, once somebody runs it here. */
  callable: Callable | undefined = undefined;
  preparing: Promise<Callable> | undefined = undefined;

  constructor(
    functionId: FunctionId,
    home: object,
    name: string,
    parameterCount: number,
    isGenerator = false,
  ) {
    this.functionId = functionId;
    this.home = home;
    this.name = name;
    this.parameterCount = parameterCount;
    this.isGenerator = isGenerator;
  }
}

/** Any function: what it takes and returns is known to its caller only. */
export type Callable = (...args: unknown[]) => unknown;
