/**
 * Errors that Mobula itself raises. What a user's function throws arrives as it was thrown.
 *
 * Grammar of every message: `Cannot <act>: <reason with ids and numbers>`, no final period, then
 * after a semicolon what to do next. Each class has a stable `code` and its figures as fields.
 */

const BRAND = Symbol.for("mobula.error");

/** Figures of an error, assigned to it as properties. */
export type ErrorFields = Readonly<Record<string, unknown>>;

/**
 * Base of all errors raised by Mobula. `instanceof` holds also for errors that crossed a process
 * or came from another copy of the package.
 */
export class MobulaError extends Error {
  /** Stable, for programs: `"WORKER_CRASHED"`. */
  declare readonly code: string;

  constructor(message: string, fields: ErrorFields = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    const className = new.target.name;
    hidden(this, "name", className);
    hidden(this, BRAND, className);
    this.code = codeOf(className);
    Object.assign(this, fields);
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    if (typeof value !== "object" || value === null) return false;
    let brand: unknown;
    try {
      if (Function.prototype[Symbol.hasInstance].call(this, value)) return true;
      brand = (value as { [BRAND]?: unknown })[BRAND];
    } catch {
      // What a user throws may be a Proxy that cannot be looked at: then it is none of ours.
      return false;
    }
    if (typeof brand !== "string") return false;
    if (this === MobulaError || brand === this.name) return true;
    // The bases of a class of another copy are those that the class has here.
    const twin = mobulaErrorClasses.get(brand);
    if (twin === undefined) return false;
    return Function.prototype[Symbol.hasInstance].call(this, twin.prototype);
  }
}

function hidden(target: object, key: PropertyKey, value: string): void {
  Object.defineProperty(target, key, { value, configurable: true, writable: true });
}

/** `WorkerCrashedError` → `WORKER_CRASHED`. */
function codeOf(className: string): string {
  return className
    .replace(/Error$/, "")
    .replace(/(?<=[a-z])(?=[A-Z])/g, "_")
    .toUpperCase();
}

/** An option's name or value is wrong: `option`, `value`. */
export class InvalidOptionError extends MobulaError {
  declare readonly option: string;
  declare readonly value: unknown;
}

/** The runtime was shut down, or its daemon is gone: then the fields say how that ended. */
export class RuntimeEndedError extends MobulaError {
  declare readonly pid: number | undefined;
  declare readonly exitCode: number | undefined;
  declare readonly signal: string | undefined;
  /** What the daemon wrote last to standard error. */
  declare readonly stderrTail: readonly string[] | undefined;
}

/** The runtime or a worker could not start: no writable directory, a worker that exits at once. */
export class EnvironmentSetupError extends MobulaError {}

/** A value or a function cannot be sent to another process: `path` leads to it. */
export class SerializationError extends MobulaError {
  declare readonly path: string;
}

/** The worker ended while the task ran in it. */
export class WorkerCrashedError extends MobulaError {
  declare readonly pid: number;
  declare readonly exitCode: number | undefined;
  declare readonly signal: string | undefined;
  /** Resident memory when the worker was last looked at. */
  declare readonly residentBytes: number | undefined;
  declare readonly stderrTail: readonly string[];
  /** Why earlier runs of the task had failed; see `maxRetries`. */
  declare readonly failures: readonly string[];
}

/**
 * The worker ran out of heap, or was ended for its memory: it held more than its `memoryBytes`, or
 * too little was left for all. If it ran out of heap only its own limit is known, if it had one.
 */
export class OutOfMemoryError extends WorkerCrashedError {
  /** In use by the worker itself, or by all that share the memory. */
  declare readonly usedBytes: number | undefined;
  /** What may be in use. */
  declare readonly limitBytes: number | undefined;
  /** What each worker had for itself and ran, as far as that is known; the largest first. */
  declare readonly workers:
    | readonly { readonly pid: number; readonly ownBytes: number; readonly runs: string }[]
    | undefined;
}

/** The actor is over for good: why, and how its process ended. */
export class ActorDiedError extends MobulaError {
  declare readonly actorId: string;
  declare readonly className: string;
  declare readonly pid: number | undefined;
  declare readonly exitCode: number | undefined;
  declare readonly signal: string | undefined;
  /** Resident memory when the process was last looked at. */
  declare readonly residentBytes: number | undefined;
  declare readonly stderrTail: readonly string[];
}

/** The actor's process ended while the call ran or stood in line there; the actor begins anew. */
export class ActorUnavailableError extends ActorDiedError {}

/** This process has `maxPendingCalls` calls of the actor pending already. */
export class PendingCallsLimitError extends MobulaError {
  declare readonly actorId: string;
  declare readonly maxPendingCalls: number;
}

/** Actors wait for one another in a circle: `circle` names the calls. */
export class ActorDeadlockError extends MobulaError {
  declare readonly circle: readonly string[];
}

/** Another actor has the name. */
export class ActorNameTakenError extends MobulaError {
  declare readonly actorName: string;
  declare readonly namespace: string;
  /** Who has it. */
  declare readonly actorId: string;
}

/** No actor has the name. */
export class ActorNotFoundError extends MobulaError {
  declare readonly actorName: string;
  declare readonly namespace: string;
}

/** No actor of the pool is left: the `cause` is what the last one died of, if it did. */
export class ActorPoolEmptyError extends MobulaError {}

/** The queue had no item, or not as many as were asked for, in the time given. */
export class QueueEmptyError extends MobulaError {
  /** Items in the queue at that moment. */
  declare readonly size: number;
}

/** The queue had no room in the time given. */
export class QueueFullError extends MobulaError {
  declare readonly size: number;
  declare readonly maxSize: number;
}

/** The queue is closed: it takes no item any more, and has none left. */
export class QueueClosedError extends MobulaError {}

/** The task ran for longer than its `timeoutMs`. */
export class TaskTimeoutError extends MobulaError {
  declare readonly timeoutMs: number;
}

/** The task was cancelled before it had a result. */
export class TaskCancelledError extends MobulaError {}

/** The call that was to be made is too deep: calls call each other, and none of them ends. */
export class CallDepthError extends MobulaError {
  /** Who wanted to make it. */
  declare readonly callerName: string;
  /** Calls that led to the caller, each made by the one before, beside those of actors: 25 each. */
  declare readonly depth: number;
}

/** `get` waited for its `timeoutMs`; the task goes on. */
export class GetTimeoutError extends MobulaError {
  declare readonly timeoutMs: number;
}

/**
 * No machine of the runtime can ever give what the task asks for; or, with the resource "actors",
 * there are as many actors as there may be.
 */
export class UnschedulableError extends MobulaError {
  declare readonly resource: string;
  declare readonly requested: number;
  declare readonly total: number;
}

/** The value was in a process that is gone. */
export class OwnerDiedError extends MobulaError {
  declare readonly objectId: string;
  /** How it was made, as far as that is known here. */
  declare readonly origin: string;
}

/** The memory of a value is lost, and it cannot be made again. */
export class ObjectLostError extends MobulaError {
  declare readonly objectId: string;
  /** What became of its memory: "its file is gone". */
  declare readonly reason: string;
  /** How it was made: "it was stored by put". Undefined if that is not known here. */
  declare readonly origin: string | undefined;
}

/** There is no room for an object, in memory or on disk: who has how much. */
export class ObjectStoreFullError extends MobulaError {
  declare readonly sizeBytes: number;
  declare readonly limitBytes: number;
  declare readonly usedBytes: number;
  /** The processes that own stored objects, the largest first. */
  declare readonly owners: readonly { readonly processId: number; readonly sizeBytes: number }[];
}

/** Memory is full, and so is the disk that objects go to then. */
export class OutOfDiskError extends ObjectStoreFullError {}

/** By name, for building again an error that crossed a process. */
export const mobulaErrorClasses: ReadonlyMap<string, typeof MobulaError> = new Map(
  Object.entries({
    MobulaError,
    InvalidOptionError,
    RuntimeEndedError,
    EnvironmentSetupError,
    SerializationError,
    WorkerCrashedError,
    OutOfMemoryError,
    ActorDiedError,
    ActorUnavailableError,
    PendingCallsLimitError,
    ActorDeadlockError,
    ActorNameTakenError,
    ActorNotFoundError,
    ActorPoolEmptyError,
    QueueEmptyError,
    QueueFullError,
    QueueClosedError,
    TaskTimeoutError,
    TaskCancelledError,
    CallDepthError,
    GetTimeoutError,
    UnschedulableError,
    OwnerDiedError,
    ObjectLostError,
    ObjectStoreFullError,
    OutOfDiskError,
  }),
);
// A bundler may have renamed the classes themselves.
for (const [name, errorClass] of mobulaErrorClasses) {
  Object.defineProperty(errorClass, "name", { value: name, configurable: true });
}
