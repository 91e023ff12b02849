/** A task in the process that runs it: its arguments, its waits, and whether it is to end. */

import type { Callable } from "./function-record.ts";
import { objectKey } from "./object-record.ts";
import type { Cancellation, PendingCall } from "./pending-call.ts";
import type { Runtime } from "./runtime.ts";
import type { TaskScope } from "./task-scope.ts";
import type { RemoteTask } from "./remote-task.ts";
import type { Extras } from "./task-messages.ts";

/** What a reply has to know of a call. */
export interface Numbered {
  readonly number: number;
}

/** Where the outcome of a task goes: over a link, or to this process's own submitter. */
export interface TaskReply {
  /** The values of the results, one per return. Throws if a value cannot be sent. */
  succeeded(task: Numbered, durationUs: number, values: readonly unknown[]): void;
  /** The next element of a stream; its size in bytes. Throws if it cannot be sent. */
  element(task: Numbered, value: unknown): number;
  failed(task: Numbered, durationUs: number, error: unknown): void;
  /** The task has not begun: these parts of its arguments are lost. */
  argumentsLost(task: Numbered, segmentKeys: readonly number[]): void;
  started(task: RunningTask): void;
  /** A task of the lease was taken back and has not begun. */
  dropped(leaseId: number): void;
  /** Whether children of tasks that are over keep the lease busy. */
  leaseBlocked(leaseId: number, isBlocked: boolean): void;
  output(task: RunningTask, stream: 1 | 2, name: string, pid: number, text: string): void;
  /** Writes out what was sent. */
  flush(): void;
}

/** What a runner does when its tasks wait. */
export interface WaitListener {
  suspended(task: RunningTask): void;
  resumed(task: RunningTask): void;
}

/** What a task runs: a function, a method of an actor, or its constructor. */
export interface Body {
  readonly name: string;
  estimateUs: number | undefined;
  /** Undefined while its code is not loaded. */
  readonly callable: Callable | undefined;
}

/** What a task is, wherever it came from. */
export interface TaskSpec {
  /** Of its submitter; unique there. */
  readonly number: number;
  readonly extras: Extras;
  readonly submitterId: number;
  /** Set if it runs in an actor, with what the actor holds. */
  readonly actorKey?: number;
  /** How deep the call of its constructor was. */
  readonly actorDepth?: number;
  readonly actorResources?: Readonly<Record<string, number>>;
  /** Set if this process submitted it. */
  readonly submitted?: RemoteTask;
}

const NO_ARGUMENTS: readonly unknown[] = [];

interface Cancelled {
  /** Of the first cancellation. */
  readonly reason: unknown;
  /** How what it has called was cancelled with it. */
  calls: "not" | "asked" | "forced";
}

export class RunningTask implements TaskScope {
  readonly runtime: Runtime;
  spec: TaskSpec;
  /** Undefined once it is over. */
  #body: Body | undefined;
  /** Of the body, when that is gone. */
  #bodyName = "";
  /** This process submitted it. */
  readonly isLocal: boolean;
  readonly reply: TaskReply;
  newestCall: PendingCall | undefined = undefined;
  readonly #listener: WaitListener;
  /** The arguments; a promise while their code is being loaded. */
  args: readonly unknown[] | (() => Promise<readonly unknown[]>);
  state: "queued" | "started" | "over" = "queued";
  startedUs = 0;
  /** Time in which it waited for refs, without the wait that it is in. */
  suspendedUs = 0;
  suspendedAtUs = 0;
  /** Waits for refs that are not over. */
  #waits: Map<(reason: unknown) => void, readonly number[] | undefined> | undefined;
  /** Streams, as bits, on which the last line that it wrote has no end. */
  #openLines = 0;
  #abort: AbortController | undefined;
  #cancelled: Cancelled | undefined;

  constructor(
    runtime: Runtime,
    spec: TaskSpec,
    body: Body,
    args: RunningTask["args"],
    reply: TaskReply,
    listener: WaitListener,
  ) {
    this.runtime = runtime;
    this.spec = spec;
    this.#body = body;
    this.isLocal = spec.submitted !== undefined;
    this.args = args;
    this.reply = reply;
    this.#listener = listener;
  }

  get number(): number {
    return this.spec.number;
  }

  /** Unique within the runtime. */
  get id(): number {
    return objectKey(this.spec.submitterId, this.spec.number);
  }

  get body(): Body {
    const body = this.#body;
    if (body === undefined) throw new Error(`Cannot ask for the body of ${this.name}: over`);
    return body;
  }

  get extras(): Extras {
    return this.spec.extras;
  }

  get name(): string {
    return this.spec.extras.name ?? this.#body?.name ?? this.#bodyName;
  }

  /** Calls that led to it. What an actor calls is as deep as the actor, whoever calls the actor. */
  get depth(): number {
    return Math.max(this.spec.extras.depth, this.spec.actorDepth ?? 0);
  }

  get root(): number {
    return this.spec.extras.root ?? this.id;
  }

  get isOfActor(): boolean {
    return this.spec.actorKey !== undefined;
  }

  get isSuspended(): boolean {
    return this.#waits !== undefined && this.#waits.size > 0;
  }

  get isCancelled(): boolean {
    return this.#cancelled !== undefined;
  }

  /** Aborted when the task is cancelled or its time is up. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#cancelled !== undefined) this.#abort.abort(this.#cancelled.reason);
    }
    return this.#abort.signal;
  }

  waitBegins(reject: (reason: unknown) => void, callIds?: readonly number[]): void {
    if (this.#cancelled !== undefined) {
      reject(this.#cancelled.reason);
      return;
    }
    if (this.state === "over") return;
    this.#waits ??= new Map();
    this.#waits.set(reject, callIds);
    if (this.#waits.size === 1) this.#listener.suspended(this);
  }

  waitEnds(reject: (reason: unknown) => void): void {
    if (this.#waits?.delete(reject) === true && this.#waits.size === 0)
      this.#listener.resumed(this);
  }

  throwIfCancelled(): void {
    if (this.#cancelled !== undefined) throw this.#cancelled.reason;
  }

  /**
   * Asks the body to end: its signal aborts, and what it awaits rejects. The first reason stays;
   * a second cancellation may reach calls that the first one spared.
   */
  cancel(cancellation: Cancellation): void {
    if (this.#cancelled === undefined) {
      const { reason } = cancellation;
      this.#cancelled = { reason, calls: "not" };
      this.#abort?.abort(reason);
      this.#failWaits(reason);
    }
    if (cancellation.isRecursive) this.#cancelCalls(cancellation);
  }

  /** What it has called, and these have called, is of no use to anybody. */
  endCalls(reason: unknown): void {
    this.#cancelCalls({ reason, isForced: false, isRecursive: true });
  }

  /**
   * Once cancelled it calls nothing more, so what was reached is not gone through again: in a long
   * chain of calls that fail together, each would go through all that come after it.
   */
  #cancelCalls(cancellation: Cancellation): void {
    const force = cancellation.isForced ? "forced" : "asked";
    const cancelled = this.#cancelled;
    if (cancelled !== undefined) {
      if (cancelled.calls === "forced" || cancelled.calls === force) return;
      cancelled.calls = force;
    }
    this.runtime.calls.cancelling.cancelCallsOf(this, cancellation);
  }

  /** It waits in a circle: what it awaits rejects, and it may go on from there. */
  breakWaits(reason: unknown): void {
    this.#failWaits(reason);
  }

  #failWaits(reason: unknown): void {
    for (const reject of [...(this.#waits?.keys() ?? [])]) {
      reject(reason);
      this.waitEnds(reject);
    }
  }

  /** The calls one of which has to end before it goes on; undefined: something else may wake it. */
  awaited(): number[] | undefined {
    if (this.#waits === undefined || this.#waits.size === 0) return undefined;
    const awaited: number[] = [];
    for (const callIds of this.#waits.values()) {
      if (callIds === undefined) return undefined;
      awaited.push(...callIds);
    }
    return awaited;
  }

  /** What the body writes to standard output (1) or standard error (2). */
  write(stream: 1 | 2, text: string): void {
    if (text === "") return;
    if (text.endsWith("\n")) this.#openLines &= ~stream;
    else this.#openLines |= stream;
    this.reply.output(this, stream, this.name, process.pid, text);
  }

  #endLines(): void {
    for (const stream of [1, 2] as const) {
      if ((this.#openLines & stream) !== 0) this.write(stream, "\n");
    }
  }

  /**
   * The body is over; waits that it left behind count no more. Ahead of the result, so that a line
   * that has no end is printed before it.
   */
  end(): void {
    if (this.#openLines !== 0) this.#endLines();
    this.state = "over";
    this.#waits = undefined;
    // Timers and sockets that it has begun keep the task, but nobody needs what it holds.
    this.args = NO_ARGUMENTS;
    this.#bodyName = this.#body!.name;
    this.#body = undefined;
    if (this.isLocal) {
      const { number, submitterId, extras } = this.spec;
      this.spec = { number, submitterId, extras };
    }
  }
}
