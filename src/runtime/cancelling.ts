/**
 * Ends calls before they are done: because somebody cancels them, a signal aborts, the task that
 * has made them is cancelled, or their time is up.
 */

import { Deadline } from "../base/deadline.ts";
import { TaskCancelledError, TaskTimeoutError } from "../base/errors.ts";
import { Kind } from "../wire/messages.ts";
import type { Calls, CallsContext } from "./calls.ts";
import { callsOf } from "./nested-calls.ts";
import { objectName, type Content, type ObjectRecord } from "./object-record.ts";
import { PendingCall, type Cancellation } from "./pending-call.ts";
import { follow } from "./signal-followers.ts";
import type { TaskScope } from "./task-scope.ts";

export class Cancelling {
  readonly #calls: Calls;
  readonly #context: CallsContext;

  constructor(calls: Calls, context: CallsContext) {
    this.#calls = calls;
    this.#context = context;
  }

  /** Ends the call behind a result, if there is one and it is not done. */
  cancel(record: ObjectRecord, how: Omit<Cancellation, "reason">): void {
    const call = record.maker;
    if (!(call instanceof PendingCall)) return;
    const name = objectName(record.key);
    const reason = new TaskCancelledError(`Cannot get result ${name} of ${call.name}: cancelled`);
    this.#cancelFor(call, { ...how, reason });
  }

  /** A signal that more than one call obeys has aborted. */
  abort(record: ObjectRecord, reason: unknown): void {
    if (record.maker instanceof PendingCall) this.#cancelFor(record.maker, cooperative(reason));
  }

  /** From now on the call obeys the signal. Returns false if that is aborted already. */
  obey(signal: AbortSignal, call: PendingCall): boolean {
    if (signal.aborted) {
      this.#cancelFor(call, cooperative(signal.reason));
      return false;
    }
    const abort = (reason: unknown): void => this.#cancelFor(call, cooperative(reason));
    call.whenOver(follow(signal, abort));
    return true;
  }

  /** The task that has made these calls is cancelled. */
  cancelCallsOf(caller: TaskScope, cancellation: Cancellation): void {
    for (const call of callsOf(caller)) {
      if (call.endsWithCaller) this.#cancelFor(call, cancellation);
    }
  }

  /** Nobody reads the stream of the call any more, before it was sent. */
  streamClosed(call: PendingCall): void {
    this.stop(call, cooperative(new TaskCancelledError("Cannot go on: closed")));
  }

  /** The body has started: its time counts from here. */
  limitTime(call: PendingCall, timeoutMs: number): void {
    const deadline = new Deadline(this.#context.clock, timeoutMs, () => {
      const reason = new TaskTimeoutError(
        `Cannot finish ${call.title}: it ran for longer than its ${call.timeoutName} of ` +
          `${timeoutMs}; give it more time, or less to do`,
        { timeoutMs },
      );
      this.stop(call, { reason, isForced: true, isRecursive: true });
    });
    call.whenAttemptOver(() => deadline.callOff());
  }

  /** Somebody wants the call to end: that it fails is no news to anybody. */
  #cancelFor(call: PendingCall, cancellation: Cancellation): void {
    for (const record of call.results) record.isObserved = true;
    this.stop(call, cancellation);
  }

  /** Rejects the results with the reason; what runs is asked to end, or ended. */
  stop(call: PendingCall, cancellation: Cancellation): void {
    if (call.isDone) return;
    const content: Content = { kind: "error", error: cancellation.reason };
    if (call.isUnsent) this.#calls.abandon(call, content);
    else {
      call.stream?.discard();
      this.#calls.failResults(call.results, content);
      call.keeper.stopped(call, cancellation);
    }
  }

  /** Asks the body of a call that was sent to end. Returns false if its process is gone. */
  askToEnd(call: PendingCall, cancellation: Cancellation): boolean {
    const { packer, peers, port } = this.#context;
    const peer = call.workerId === undefined ? undefined : peers.find(call.workerId);
    if (peer === undefined) return false;
    const { reason, isForced, isRecursive } = cancellation;
    port.send(peer, Kind.cancel, 5, packer.packError(reason), (body) => {
      body.integer(call.number);
      body.boolean(isForced);
      body.boolean(isRecursive);
    });
    return true;
  }
}

/** As a signal cancels: all that hangs on it, and nothing by force. */
function cooperative(reason: unknown): Cancellation {
  return { reason, isForced: false, isRecursive: true };
}
