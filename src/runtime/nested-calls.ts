/**
 * The calls that a task has made and that are not over, newest first: with the task they are
 * cancelled. They are linked with each other, so that keeping them costs no memory of its own.
 * Hot path.
 */

import type { PendingCall } from "./pending-call.ts";

/** Who makes calls. */
export interface Caller {
  newestCall: PendingCall | undefined;
}

/** Precondition: it belongs to no caller. */
export function addCall(caller: Caller, call: PendingCall): void {
  const older = caller.newestCall;
  call.older = older;
  if (older !== undefined) older.newer = call;
  caller.newestCall = call;
}

/** Does nothing if it has been removed already. */
export function removeCall(caller: Caller, call: PendingCall): void {
  const { older, newer } = call;
  if (newer !== undefined) newer.older = older;
  else if (caller.newestCall === call) caller.newestCall = older;
  if (older !== undefined) older.newer = newer;
  call.older = call.newer = undefined;
}

/** As they are now: what is done with one of them may end others. */
export function callsOf(caller: Caller): PendingCall[] {
  const calls: PendingCall[] = [];
  for (let call = caller.newestCall; call !== undefined; call = call.older) calls.push(call);
  return calls;
}
