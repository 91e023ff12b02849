/** A task as its submitter keeps it, from the call to the result. */

import type {
  HeldLease,
  Profile,
  SchedulingClass,
  Task,
  TaskState,
} from "../core/scheduling-class.ts";
import type { FunctionRecord } from "./function-record.ts";
import type { ObjectRecord } from "./object-record.ts";
import type { Payload, Primitive } from "./payload.ts";
import type { Batch } from "./run-batch.ts";
import type { TaskScope } from "./task-scope.ts";

/** What a call says beyond function and arguments; compiled once per `remote` or `.options`. */
export interface CallOptions {
  readonly name: string | undefined;
  readonly schedulingClass: SchedulingClass;
  readonly priority: number;
  readonly timeoutMs: number | undefined;
  readonly signal: AbortSignal | undefined;
  readonly numReturns: number | undefined;
  /** The body does not write to large binary arguments. */
  readonly isShared: boolean;
  /** The only argument is an array of items to call the function with, one after the other. */
  readonly batch: Batch | undefined;
  /** What the program holds of the function: it is not taken back while a task of it is pending. */
  readonly source: object;
}

/** Arguments as they were at the call. */
export type Arguments =
  | { readonly kind: "primitives"; readonly values: readonly Primitive[] }
  | { readonly kind: "payload"; readonly payload: Payload };

/** A ref given as argument: its value takes this place before the task runs. */
export interface Inlined {
  readonly position: number;
  readonly record: ObjectRecord;
}

const NO_INLINED: readonly Inlined[] = [];

export class RemoteTask implements Task {
  readonly number: number;
  readonly record: FunctionRecord;
  readonly options: CallOptions;
  readonly args: Arguments;
  /** One, or with `numReturns` so many. */
  readonly results: readonly ObjectRecord[];
  inlined: readonly Inlined[] = NO_INLINED;
  /** Refs among the arguments whose values have not come. */
  missing = 0;
  state: TaskState = "waiting";
  lease: HeldLease | undefined = undefined;
  expectedUs = 0;
  /** The scope it was called in, when in a task: its output goes there. */
  parent: TaskScope | undefined = undefined;
  /** Ends what waits beside the task: deadline, abort listener. */
  #cleanUp: (() => void) | undefined = undefined;

  constructor(
    number: number,
    record: FunctionRecord,
    options: CallOptions,
    args: Arguments,
    results: readonly ObjectRecord[],
  ) {
    this.number = number;
    this.record = record;
    this.options = options;
    this.args = args;
    this.results = results;
  }

  /** Batches take as long as they are made to, whatever the function takes. */
  get profile(): Profile {
    return this.options.batch === undefined ? this.record : this.record.batches;
  }

  /** `cleanUp` is called when the task is over, in whatever way. */
  whenOver(cleanUp: () => void): void {
    const before = this.#cleanUp;
    this.#cleanUp = () => {
      cleanUp();
      before?.();
    };
  }

  over(): void {
    this.#cleanUp?.();
    this.#cleanUp = undefined;
    for (const record of this.results) record.maker = undefined;
  }

  get schedulingClass(): SchedulingClass {
    return this.options.schedulingClass;
  }

  get priority(): number {
    return this.options.priority;
  }

  get name(): string {
    return this.options.name ?? this.record.name;
  }
}
