/**
 * What this process knows of one object: pending, ready or failed, and who waits for it.
 * All refs to the object in this process share one record.
 */

import type { Listing } from "./listed-objects.ts";
import type { Origin } from "./origin.ts";
import type { Payload, Primitive } from "./payload.ts";
import type { TaskScope } from "./task-scope.ts";

/** A ready value: a primitive as it is, everything else as bytes. */
export type Content =
  | { readonly kind: "primitive"; readonly value: Primitive }
  | { readonly kind: "payload"; readonly payload: Payload }
  | { readonly kind: "failure"; readonly payload: Payload }
  /** A failure that this process found itself. */
  | { readonly kind: "error"; readonly error: unknown };

/** Whether parts of the value lie in the object store: they can be lost. */
export function hasSegments(content: Content): boolean {
  return content.kind === "payload" && content.payload.segments.length > 0;
}

export function contentFrom(payload: Payload, isFailure: boolean): Content {
  return { kind: isFailure ? "failure" : "payload", payload };
}

/** Carries a value through a promise without its being unwrapped. */
export interface Box {
  readonly value: unknown;
}

/** Where a remote call was made. */
export interface CallSite {
  /** Lines of the stack, the user's own first. */
  lines(): string;
}

/** The part of the runtime that records belong to. */
export interface RecordHome {
  /** Nobody that is counted needs the content any more. */
  unneeded(record: ObjectRecord): void;
  /** Gets the content of an object that another process owns, or that is lost. */
  request(record: ObjectRecord): void;
  /**
   * Gives the settled content to a reader, as a value of its own. If it is found to be lost the
   * reader waits for another one, in the name of `scope`.
   */
  read(
    record: ObjectRecord,
    resolve: (box: Box) => void,
    reject: (reason: unknown) => void,
    scope?: TaskScope,
  ): void;
}

/** What makes objects: a call. */
export interface Maker {
  readonly results: readonly ObjectRecord[];
}

export type SettledHandler = (record: ObjectRecord) => void;

export class ObjectRecord {
  readonly key: number;
  readonly home: RecordHome;
  content: Content | undefined = undefined;
  /** Somebody has asked for the result: a failure need not be reported. */
  isObserved = false;
  /** The creation of an actor: its owner stays its owner. */
  isActor = false;
  /** Its content is elsewhere, or lost, and has not been asked for. */
  isAbsent = false;
  /** How it was made, if it is stored: it can be lost. */
  origin: Origin | undefined = undefined;
  /** Where the call was made whose result this is. */
  site: CallSite | undefined = undefined;
  /** The task that makes it, until that is over: a cancelled one may have to be ended by force. */
  maker: Maker | undefined = undefined;
  /** Refs to it in this process that were not disposed. */
  refs = 0;
  /** What is remembered of it, to be listed. */
  listing: Listing | undefined = undefined;
  /** The first ref, while pending, so that its end can be watched should the object fail. */
  firstRef: object | undefined = undefined;
  /**
   * Refs, tasks that take it as argument, and reads under way. What cannot be counted (refs that
   * are collected, other values that hold it) never takes it to 0 again: then all of it ends with
   * the record itself. Undefined as long as nothing was counted: who has just made the record has
   * it in his hands.
   */
  #needs: number | undefined = undefined;
  /** The refs of the payload that is being made, if this is one of them, and its place there. */
  metIn: object | undefined = undefined;
  metAt = 0;
  #waiting: SettledHandler | SettledHandler[] | undefined = undefined;

  constructor(key: number, home: RecordHome) {
    this.key = key;
    this.home = home;
  }

  /** The call that makes it: the key of its first result. */
  get callId(): number {
    const { maker } = this;
    return maker === undefined ? this.key : maker.results[0]!.key;
  }

  get isPending(): boolean {
    return this.content === undefined;
  }

  get isFailed(): boolean {
    const kind = this.content?.kind;
    return kind === "failure" || kind === "error";
  }

  refTaken(): void {
    this.refs++;
    if (this.listing !== undefined) this.listing.refs = this.refs;
    this.needed();
  }

  refDisposed(): void {
    this.refs--;
    if (this.listing !== undefined) this.listing.refs = this.refs;
    this.noLongerNeeded();
  }

  get isUnneeded(): boolean {
    return this.#needs === 0 && this.content !== undefined;
  }

  needed(): void {
    this.#needs = (this.#needs ?? 0) + 1;
  }

  noLongerNeeded(): void {
    if (--this.#needs! === 0 && this.content !== undefined) this.home.unneeded(this);
  }

  /** Calls `handler` once the object is settled; at once if it is. */
  whenSettled(handler: SettledHandler): void {
    if (this.content !== undefined) {
      handler(this);
      return;
    }
    if (this.#waiting === undefined) this.#waiting = handler;
    else if (typeof this.#waiting === "function") this.#waiting = [this.#waiting, handler];
    else this.#waiting.push(handler);
    if (this.isAbsent) {
      this.isAbsent = false;
      this.home.request(this);
    }
  }

  /** The handler is not called any more. */
  forget(handler: SettledHandler): void {
    if (this.#waiting === handler) this.#waiting = undefined;
    else if (Array.isArray(this.#waiting)) {
      const index = this.#waiting.indexOf(handler);
      if (index >= 0) this.#waiting.splice(index, 1);
    }
  }

  /** The first content stays; a second one is ignored (a result that crosses a cancel). */
  settle(content: Content): boolean {
    if (this.content !== undefined) return false;
    this.content = content;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (typeof waiting === "function") waiting(this);
    // One of them may find it to be lost: the others wait on.
    else if (waiting !== undefined) for (const handler of waiting) this.whenSettled(handler);
    if (this.isUnneeded) this.home.unneeded(this);
    return true;
  }

  /** The content cannot be read any more; whoever waits for it has it asked for. */
  lose(): void {
    this.content = undefined;
    this.isAbsent = true;
  }

  fail(error: unknown): boolean {
    return this.settle({ kind: "error", error });
  }
}

/** Object ids are numbers: the process that created the object, and its count there. */
const KEYS_PER_PROCESS = 2 ** 32;

export function objectKey(processId: number, count: number): number {
  return processId * KEYS_PER_PROCESS + count;
}

/** The number of the object in the process that created it. */
export function objectCount(key: number): number {
  return key % KEYS_PER_PROCESS;
}

/** The process that created the object. */
export function processOf(key: number): number {
  return Math.floor(key / KEYS_PER_PROCESS);
}

/** For messages and `ref.id`: "3-1a" is the 26th object of process 3. */
export function objectName(key: number): string {
  return `${processOf(key)}-${objectCount(key).toString(16)}`;
}
