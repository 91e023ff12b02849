/** A task of a remote function in the worker that runs it, on a lease. */

import type { FunctionRecord } from "./function-record.ts";
import type { LeaseQueue } from "./lease-queue.ts";
import { RunningTask, type TaskReply, type TaskSpec, type WaitListener } from "./running-task.ts";
import type { Runtime } from "./runtime.ts";

export class LeasedTask extends RunningTask {
  readonly leaseQueue: LeaseQueue;

  constructor(
    runtime: Runtime,
    spec: TaskSpec,
    body: FunctionRecord,
    args: RunningTask["args"],
    reply: TaskReply,
    leaseQueue: LeaseQueue,
    listener: WaitListener,
  ) {
    super(runtime, spec, body, args, reply, listener);
    this.leaseQueue = leaseQueue;
  }
}
