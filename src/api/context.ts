/** `context`: what the running code may know of the task it belongs to. */

import { objectName } from "../runtime/object-record.ts";
import { RunningTask } from "../runtime/running-task.ts";
import { currentScope } from "../runtime/task-scope.ts";
import { runtimeForCalls } from "./init.ts";

/** The task that the running code belongs to; in a driver, the program itself. */
export interface Context {
  /** Undefined in a driver. */
  readonly taskId: string | undefined;
  readonly taskName: string | undefined;
  /** In a method of an actor: that of its handle. */
  readonly actorId: string | undefined;
  /** Of the process, within the runtime. */
  readonly workerId: string;
  readonly nodeId: string;
  readonly jobId: string;
  /** 1 for the first run of the task or call; in a constructor, for the first life of its actor. */
  readonly attempt: number;
  /** Aborted when the task is cancelled or its time is up. */
  readonly signal: AbortSignal;
  /** What the task holds, by resource. */
  readonly resources: Readonly<Record<string, number>>;
}

/** Of a driver, which nobody cancels. */
const never = new AbortController().signal;

/** @example const { signal } = context(); await fetch(url, { signal }); */
export function context(): Context {
  const { identity } = runtimeForCalls();
  const scope = currentScope();
  const task = scope instanceof RunningTask ? scope : undefined;
  return {
    taskId: task && objectName(task.id),
    taskName: task?.name,
    actorId: task?.spec.actorKey === undefined ? undefined : objectName(task.spec.actorKey),
    workerId: String(identity.processId),
    nodeId: "local",
    jobId: identity.sessionId,
    attempt: task?.extras.attempt ?? 1,
    signal: task?.signal ?? never,
    resources: task === undefined ? {} : resourcesOf(task),
  };
}

function resourcesOf({ spec, extras }: RunningTask): Readonly<Record<string, number>> {
  return spec.actorResources ?? extras.resources ?? { CPU: 1 };
}
