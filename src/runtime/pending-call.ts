/** A call as the process that made it keeps it, from the call to the result. */

import type { Content, ObjectRecord } from "./object-record.ts";
import type { Payload, Primitive } from "./payload.ts";
import type { StreamInbox } from "./stream-inbox.ts";
import type { TaskScope } from "./task-scope.ts";

/** Arguments as they were at the call. */
export type Arguments =
  | (Referring & { readonly kind: "primitives"; readonly values: readonly Primitive[] })
  | (Referring & { readonly kind: "payload"; readonly payload: Payload });

interface Referring {
  /** Refs whose values are not there, or too large to be copied now. */
  readonly inlined: readonly Inlined[];
}

/** A ref given as argument: its value takes this place before the body runs. */
export interface Inlined {
  readonly position: number;
  readonly record: ObjectRecord;
}

/** What a call of any kind can say; the rest belongs to tasks or to methods. */
export interface CommonOptions {
  readonly timeoutMs: number | undefined;
  readonly signal: AbortSignal | undefined;
  readonly numReturns: number | undefined;
  /** The body does not write to large binary arguments. */
  readonly isShared: boolean;
  /** Of a generator: elements that it may be ahead of its consumer. */
  readonly streamBuffer: number | undefined;
}

/** Somebody wants a call to end, or its time is up. */
export interface Cancellation {
  /** What its results reject with, and what its body is told. */
  readonly reason: unknown;
  /** Of tasks: a body that has not ended after a moment is ended with its process. */
  readonly isForced: boolean;
  /** So are the calls that the call has made, and those that these have made. */
  readonly isRecursive: boolean;
}

/** Who decides when and where a call runs. */
export interface CallKeeper<C extends PendingCall = PendingCall> {
  /** All its arguments have come. */
  ready(call: C): void;
  /** The call is over before it was sent. */
  abandoned(call: C, content: Content): void;
  /** The process that ran it is done with it; `durationUs`: undefined if not known. */
  finished(call: C, durationUs: number | undefined, failure: Content | undefined): void;
  /**
   * The body has failed. Returns whether that is not the end of the call: the keeper sends it
   * again, or fails it later.
   */
  failed?(call: C, failure: Content, durationUs: number): boolean;
  /**
   * Nothing of the call has run where it was sent, as arguments of it are lost: they are made
   * again, and then it is sent again. Without this method it fails.
   */
  sendAgain?(call: C): void;
  /** Its results are settled already; the body that may run is to end. */
  stopped(call: C, cancellation: Cancellation): void;
}

export abstract class PendingCall {
  /** Unique in this process. The key of the first result says the same. */
  readonly number: number;
  readonly args: Arguments;
  /** One, or with `numReturns` so many. */
  results: readonly ObjectRecord[];
  /** Of a generator; its result then is the end of it. */
  stream: StreamInbox | undefined = undefined;
  /** Refs among the arguments whose values have not come. */
  missing: number;
  /** The scope it was called in, when in a task: its output goes there. */
  parent: TaskScope | undefined = undefined;
  /** Its neighbours among the calls of its parent that are not over. */
  older: PendingCall | undefined = undefined;
  newer: PendingCall | undefined = undefined;
  /** Its results are settled; whatever still runs for it, nobody waits for that. */
  isGivenUp = false;
  /** Ends what waits beside the call: abort listener, needs of its arguments. */
  #cleanUp: (() => void) | undefined = undefined;
  #attemptCleanUp: (() => void) | undefined = undefined;

  constructor(number: number, args: Arguments, results: readonly ObjectRecord[]) {
    this.number = number;
    this.args = args;
    this.missing = args.inlined.length;
    this.results = results;
  }

  get inlined(): readonly Inlined[] {
    return this.args.inlined;
  }

  abstract get name(): string;
  abstract readonly options: CommonOptions;
  abstract readonly keeper: CallKeeper;
  /** It waits for its arguments or its turn: nothing of it has been sent. */
  abstract get isUnsent(): boolean;
  abstract get isDone(): boolean;
  /** Where it was sent. */
  abstract get workerId(): number | undefined;

  /** It may be cancelled because its caller is. */
  get endsWithCaller(): boolean {
    return true;
  }

  /** How many calls led to it. */
  get depth(): number {
    return this.parent === undefined ? 0 : this.parent.depth + 1;
  }

  /** The call that began it all, if this is not the first one. */
  get root(): number | undefined {
    return this.parent?.root;
  }

  /** What it is, in messages: "task f", "Counter.add". */
  get title(): string {
    return this.name;
  }

  /** What its deadline is called. */
  get timeoutName(): string {
    return "timeoutMs";
  }

  /** `cleanUp` is called when the call is over, in whatever way. */
  whenOver(cleanUp: () => void): void {
    const before = this.#cleanUp;
    this.#cleanUp = () => {
      cleanUp();
      before?.();
    };
  }

  /** `cleanUp` is called when this run of it is over, whether it is to run again or not. */
  whenAttemptOver(cleanUp: () => void): void {
    const before = this.#attemptCleanUp;
    this.#attemptCleanUp = () => {
      cleanUp();
      before?.();
    };
  }

  /** What waits beside this run of it waits no more. */
  attemptOver(): void {
    this.#attemptCleanUp?.();
    this.#attemptCleanUp = undefined;
  }

  over(): void {
    this.#cleanUp?.();
    this.#cleanUp = undefined;
    for (const record of this.results) record.maker = undefined;
  }
}

/** Values that had come may be lost, and may have proved impossible to make again. */
export function areThere(inlined: readonly Inlined[]): boolean {
  for (const { record } of inlined) if (record.isPending || record.isFailed) return false;
  return true;
}
