/**
 * `ObjectRef`: a promise-like handle of an object. Its methods read the record; nothing here
 * sends or decides.
 *
 * No promise is ever resolved with a ref or with a user's value, only with a box: JavaScript
 * would unwrap a value that has a `then`.
 */

import { inspect, type InspectOptions } from "node:util";
import { MobulaError, TaskCancelledError } from "../base/errors.ts";
import { objectName, type Box, type ObjectRecord } from "./object-record.ts";
import { sizeOf } from "./payload.ts";
import { currentScope, type TaskScope } from "./task-scope.ts";

declare const refBrand: unique symbol;

export class ObjectRef<out T> implements Promise<T>, Disposable {
  /** Keeps `ObjectRef<string>` from being taken for `ObjectRef<number>`. */
  declare readonly [refBrand]: T;
  readonly #key: number;
  /** Undefined once the ref is disposed. */
  #record: ObjectRecord | undefined;

  constructor(record: ObjectRecord) {
    this.#key = record.key;
    this.#record = record;
    record.refTaken();
    if (record.isPending && record.firstRef === undefined) record.firstRef = this;
  }

  static recordOf(value: object): ObjectRecord | undefined {
    if (!(#record in value)) return undefined;
    return value.#getRecord();
  }

  /** Names the object in messages: `"3-1a"` is the 26th object of process 3. */
  get id(): string {
    return objectName(this.#key);
  }

  /** Fetches the value; what the task threw rejects. */
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    const unboxed = onFulfilled
      ? (box: Box): A | PromiseLike<A> => onFulfilled(box.value as T)
      : (box: Box): A => box.value as A;
    return this.#wait().then(unboxed, onRejected);
  }

  catch<B = never>(onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.then(null, onRejected);
  }

  finally(onFinally?: (() => void) | null): Promise<T> {
    return this.then().finally(onFinally);
  }

  #wait(): Promise<Box> {
    return waitFor(this.#getRecord());
  }

  #getRecord(): ObjectRecord {
    if (this.#record !== undefined) return this.#record;
    throw new MobulaError(`Cannot use ref ${this.id}: it is disposed; keep it until it is read`);
  }

  /** Lets go of the object. Its task, if it has not finished, goes on. */
  [Symbol.dispose](): void {
    const record = this.#record;
    this.#record = undefined;
    record?.refDisposed();
  }

  get [Symbol.toStringTag](): string {
    return "ObjectRef";
  }

  toJSON(): never {
    throw notAValue(this.id, "write it as JSON");
  }

  [Symbol.toPrimitive](): never {
    throw notAValue(this.id, "convert it to a string or number");
  }

  [inspect.custom](_depth: number, options: InspectOptions): string {
    const content = this.#record === undefined ? "<disposed>" : describe(this.#record, options);
    return `ObjectRef(${this.id}) { ${content} }`;
  }
}

/** The record behind a ref; undefined for everything else. Throws if the ref is disposed. */
export function recordOf(value: object): ObjectRecord | undefined {
  return ObjectRef.recordOf(value);
}

/** Waits for the value, in the name of the task that the running code belongs to. */
export function waitFor(record: ObjectRecord): Promise<Box> {
  record.isObserved = true;
  const scope = currentScope();
  return new Promise((resolve, reject) => readWhenSettled(record, scope, resolve, reject));
}

/** `scope`: the task that waits. */
export function readWhenSettled(
  record: ObjectRecord,
  scope: TaskScope | undefined,
  resolve: (box: Box) => void,
  reject: (reason: unknown) => void,
): void {
  if (scope === undefined || !record.isPending) {
    record.whenSettled((settled) => settled.home.read(settled, resolve, reject, scope));
    return;
  }
  const handler = (settled: ObjectRecord): void => {
    scope.waitEnds(stop);
    settled.home.read(settled, resolve, reject, scope);
  };
  const stop = (reason: unknown): void => {
    record.forget(handler);
    reject(reason);
  };
  scope.waitBegins(stop, [record.callId]);
  record.whenSettled(handler);
}

function notAValue(id: string, act: string): TypeError {
  return new TypeError(`Cannot use ref ${id} as a value: it is a handle; await it first to ${act}`);
}

function describe(record: ObjectRecord, options: InspectOptions): string {
  const content = record.content;
  if (content === undefined) return "<pending>";
  if (content.kind === "primitive") return inspect(content.value, options);
  if (content.kind === "payload") return `<${sizeOf(content.payload)} bytes>`;
  const isCancelled = content.kind === "error" && content.error instanceof TaskCancelledError;
  return isCancelled ? "<cancelled>" : "<failed>";
}
