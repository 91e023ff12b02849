/** Functions on refs: `put`, `get`, `wait`, `cancel`. */

import { GetTimeoutError, InvalidOptionError } from "../base/errors.ts";
import { ObjectRef as Handle, recordOf, waitFor } from "../runtime/object-ref.ts";
import type { ObjectRecord } from "../runtime/object-record.ts";
import { follow } from "../runtime/signal-followers.ts";
import { currentScope } from "../runtime/task-scope.ts";
import { runtimeForCalls } from "./init.ts";
import { splitReady } from "./split-ready.ts";
import { startDeadline } from "./start-deadline.ts";
import { endOfStream } from "./stream.ts";
import { checkOptions, describe, isBoolean, isCount, isSignal, isTimeout } from "./options.ts";
import type { GetOptions, ObjectRef, RefStream, WaitOptions } from "./types.ts";

/**
 * Stores a copy of `value` as it is now, and gives a ref to it at once. Pass the ref to many
 * tasks instead of the value.
 *
 * @throws SerializationError if the value cannot be sent
 */
export function put<T>(value: T): ObjectRef<T> {
  if (typeof value === "object" && value !== null && recordOf(value) !== undefined) {
    throw new InvalidOptionError(
      "Cannot put a ref: it stands for a stored value already; pass the ref itself",
      { option: "value", value },
    );
  }
  const { objects, callSites } = runtimeForCalls();
  const content = objects.contentOf(value, "value");
  const record = objects.put(content, objects.recordsSites ? callSites.take(put) : undefined);
  return new Handle(record) as unknown as ObjectRef<T>;
}

/**
 * The value of a ref, or of several in their order, with a deadline.
 *
 * @throws GetTimeoutError after `timeoutMs`; the tasks go on
 */
export function get<T>(ref: ObjectRef<T>, options?: GetOptions): Promise<T>;
export function get<const R extends readonly ObjectRef<unknown>[]>(
  refs: R,
  options?: GetOptions,
): Promise<{ -readonly [K in keyof R]: Awaited<R[K]> }>;
export async function get(
  refs: ObjectRef<unknown> | readonly ObjectRef<unknown>[],
  options: GetOptions = {},
): Promise<unknown> {
  checkOptions(options, { timeoutMs: isTimeout, signal: isSignal }, "get");
  const list: readonly unknown[] = Array.isArray(refs) ? refs : [refs];
  const records = list.map((ref) => recordFor(ref, "get"));
  for (const record of records) {
    record.isObserved = true;
    // Refs may be disposed while this waits.
    record.needed();
  }
  try {
    const areThere = await settled(records, {
      ...options,
      count: records.length,
      stopAtFailure: true,
    });
    if (!areThere) throw timeoutError(records.length, options.timeoutMs!);
    // One that has failed is enough; and what is found to be lost is waited for.
    const failed = records.find((record) => record.isFailed);
    const boxes = await Promise.all((failed === undefined ? records : [failed]).map(waitFor));
    return Array.isArray(refs) ? boxes.map((box) => box.value) : boxes[0]!.value;
  } finally {
    for (const record of records) record.noLongerNeeded();
  }
}

function timeoutError(count: number, timeoutMs: number): GetTimeoutError {
  const values = count === 1 ? "1 value" : `${count} values`;
  return new GetTimeoutError(
    `Cannot get ${values}: not ready within timeoutMs of ${timeoutMs}; the tasks go on`,
    { timeoutMs },
  );
}

/**
 * Waits until `count` of the refs are ready, failed ones included. `ready` has at most `count`
 * refs, `pending` the others, both in the order given.
 *
 * @example
 * const { ready, pending } = await wait(refs, { count: 1, timeoutMs: 1_000 });
 */
export async function wait<T>(
  refs: Iterable<ObjectRef<T>>,
  options: WaitOptions = {},
): Promise<{ ready: ObjectRef<T>[]; pending: ObjectRef<T>[] }> {
  checkOptions(options, { count: isCount(1), timeoutMs: isTimeout, signal: isSignal }, "wait");
  const list = Array.isArray(refs) ? (refs as ObjectRef<T>[]) : [...refs];
  const count = Math.min(options.count ?? 1, list.length);
  const found = splitReady(list, count, isReady);
  if (found.ready.length === count) {
    options.signal?.throwIfAborted();
    return found;
  }
  const records = list.map((ref) => recordFor(ref, "wait"));
  await settled(records, { ...options, count, stopAtFailure: false });
  return splitReady(list, count, isReady);
}

function isReady(ref: unknown): boolean {
  return !recordFor(ref, "wait").isPending;
}

interface SettledOptions extends GetOptions {
  readonly count: number;
  /** The first failure is enough. */
  readonly stopAtFailure: boolean;
}

/** Whether `count` of the records were settled before the deadline; rejects on abort. */
function settled(records: readonly ObjectRecord[], options: SettledOptions): Promise<boolean> {
  const { count, stopAtFailure, timeoutMs, signal } = options;
  if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
  let missing = count;
  const note = (record: ObjectRecord): void => {
    missing = stopAtFailure && record.isFailed ? 0 : missing - 1;
  };
  for (let i = 0; i < records.length && missing > 0; i++) {
    if (!records[i]!.isPending) note(records[i]!);
  }
  if (missing <= 0) return Promise.resolve(true);
  const scope = currentScope();
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void): void => {
      deadline?.callOff();
      unfollow?.();
      scope?.waitEnds(stop);
      for (const record of records) record.forget(arrived);
      settle();
    };
    const arrived = (record: ObjectRecord): void => {
      note(record);
      if (missing <= 0) finish(() => resolve(true));
    };
    const stop = (reason: unknown): void => finish(() => reject(reason));
    const deadline =
      timeoutMs === undefined || timeoutMs === Infinity
        ? undefined
        : startDeadline(timeoutMs, () => finish(() => resolve(false)));
    const unfollow = signal && follow(signal, stop);
    const pending = records.filter((record) => record.isPending);
    const isPlain = deadline === undefined && signal === undefined;
    scope?.waitBegins(stop, isPlain ? pending.map(({ callId }) => callId) : undefined);
    for (const record of records) if (record.isPending) record.whenSettled(arrived);
  });
}

/** Options of `cancel`. */
export interface CancelOptions {
  /** End the worker if the task has not ended by itself after a moment. Default false. */
  readonly force?: boolean;
  /**
   * Cancel also what the task has called and what is not over of it, tasks and methods of actors,
   * and what these have called. Default true.
   */
  readonly recursive?: boolean;
}

/**
 * Cancels the call that makes the object, or the elements of the stream: its refs, and whoever
 * reads the stream, reject with TaskCancelledError at once. What runs is asked to end:
 * `context().signal` aborts, and what it awaits rejects. An actor is never ended because a call of
 * it is. What is over stays as it is.
 */
export function cancel(
  ref: ObjectRef<unknown> | RefStream<unknown>,
  options: CancelOptions = {},
): void {
  checkOptions(options, { force: isBoolean, recursive: isBoolean }, "cancel");
  const { force = false, recursive = true } = options;
  const record = endOfStream(ref) ?? recordFor(ref, "cancel");
  runtimeForCalls().cancel(record, { isForced: force, isRecursive: recursive });
}

export function recordFor(ref: unknown, act: string): ObjectRecord {
  const record = typeof ref === "object" && ref !== null ? recordOf(ref) : undefined;
  if (record === undefined) {
    const text = `Cannot ${act} ${describe(ref)}: it is no ObjectRef`;
    throw new InvalidOptionError(`${text}; pass what put() or a remote call returned`, {
      option: "ref",
      value: ref,
    });
  }
  return record;
}
