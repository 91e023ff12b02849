/** A task of a remote function in the worker that runs it, on a lease. */

import type { Posting } from "../core/board.ts";
import type { FunctionRecord } from "./function-record.ts";
import type { LeaseQueue } from "./lease-queue.ts";
import { RunningTask, type TaskReply, type TaskSpec, type WaitListener } from "./running-task.ts";
import type { Runtime } from "./runtime.ts";

export class LeasedTask extends RunningTask {
  readonly leaseQueue: LeaseQueue;
  readonly posting: Posting;

  constructor(
    runtime: Runtime,
    spec: TaskSpec,
    body: FunctionRecord,
    args: RunningTask["args"],
    reply: TaskReply,
    leaseQueue: LeaseQueue,
    listener: WaitListener,
    posting: Posting,
  ) {
    super(runtime, spec, body, args, reply, listener);
    this.leaseQueue = leaseQueue;
    this.posting = posting;
  }
}
