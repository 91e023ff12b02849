/** A call of a remote function, as its submitter keeps it. */

import type { HeldLease } from "../core/held-lease.ts";
import type { Profile, SchedulingClass, Task, TaskState } from "../core/scheduling-class.ts";
import type { FunctionRecord } from "./function-record.ts";
import type { ObjectRecord } from "./object-record.ts";
import type { Origin } from "./origin.ts";
import {
  PendingCall,
  type Arguments,
  type CallKeeper,
  type CommonOptions,
} from "./pending-call.ts";
import type { Batch } from "./run-batch.ts";

/** What a call says beyond function and arguments; compiled once per `remote` or `.options`. */
export interface CallOptions extends CommonOptions {
  readonly name: string | undefined;
  readonly schedulingClass: SchedulingClass;
  readonly priority: number;
  /** How often it runs again after its worker has ended, or as `shouldRetry` says. */
  readonly maxRetries: number;
  /** Whether what its body threw is to be tried again; undefined: never. */
  readonly shouldRetry: ShouldRetry | undefined;
  /** The only argument is an array of items to call the function with, one after the other. */
  readonly batch: Batch | undefined;
  /** What the program holds of the function: it is not taken back while a task of it is pending. */
  readonly source: object;
}

/** May throw, and may take its time. */
export type ShouldRetry = (error: unknown) => unknown;

export class RemoteTask extends PendingCall implements Task {
  readonly record: FunctionRecord;
  readonly options: CallOptions;
  readonly keeper: CallKeeper;
  state: TaskState = "waiting";
  lease: HeldLease | undefined = undefined;
  expectedUs = 0;
  posting = 0;
  wasStranded = false;
  ahead: Task | undefined = undefined;
  behind: Task | undefined = undefined;
  /** Why each run of it that counts was not enough. */
  readonly failures: string[];
  /** Of its results, when it runs again because they are lost. */
  origin: Origin | undefined = undefined;

  constructor(
    number: number,
    record: FunctionRecord,
    options: CallOptions,
    args: Arguments,
    results: readonly ObjectRecord[],
    keeper: CallKeeper<RemoteTask>,
    failures: string[] = [],
  ) {
    super(number, args, results);
    this.failures = failures;
    this.record = record;
    this.options = options;
    this.keeper = keeper;
  }

  get isUnsent(): boolean {
    return this.state === "waiting" || this.state === "queued";
  }

  get isDone(): boolean {
    return this.state === "done";
  }

  /** 1 for the first run. */
  get attempt(): number {
    return this.failures.length + 1;
  }

  get mayRunAgain(): boolean {
    return this.failures.length < this.options.maxRetries && this.results[0]!.isPending;
  }

  get workerId(): number | undefined {
    return this.lease?.workerId;
  }

  /** Batches take as long as they are made to, whatever the function takes. */
  get profile(): Profile {
    return this.options.batch === undefined ? this.record : this.record.batches;
  }

  get schedulingClass(): SchedulingClass {
    return this.options.schedulingClass;
  }

  get priority(): number {
    return this.options.priority;
  }

  override get title(): string {
    return `task ${this.name}`;
  }

  get name(): string {
    return this.options.name ?? this.record.name;
  }
}
