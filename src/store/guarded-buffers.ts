/**
 * ArrayBuffers over mapped memory. Their memory is unmapped when they are collected, so it must
 * not pass to another ArrayBuffer: such a one would outlive it.
 */

import { markAsUntransferable } from "node:worker_threads";

const refuse = {
  value(): never {
    throw new TypeError(
      "Cannot transfer this ArrayBuffer: its memory belongs to the object store; " +
        "transfer a copy, made with slice()",
    );
  },
};
/** `markAsUntransferable` alone lets these through on Node 22. */
const REFUSED = { transfer: refuse, transferToFixedLength: refuse };
const hasTransfer = "transfer" in ArrayBuffer.prototype;

const NODE_MAJOR = Number.parseInt(process.versions.node, 10);
const guarded = new WeakSet<ArrayBufferLike>();
let areStreamsGuarded = false;

/** From 24 on Node aborts at its normal end if such a buffer is alive. */
const ABORTS_AT_END_FROM = 24;
let isEndGuarded = NODE_MAJOR < ABORTS_AT_END_FROM;

/** Precondition: the buffer is fresh, nobody else has it. */
export function guardBuffer(buffer: ArrayBuffer): ArrayBuffer {
  markAsUntransferable(buffer);
  if (hasTransfer) Object.defineProperties(buffer, REFUSED);
  guardEnd();
  if (!areStreamsGuarded) guardStreams();
  guarded.add(buffer);
  return buffer;
}

/**
 * Streams of bytes take over the memory of what they are given: whatever the mark says before Node
 * 24, and with an error from then on. Of guarded memory they get copies.
 */
function guardStreams(): void {
  areStreamsGuarded = true;
  copyFirst(ReadableByteStreamController.prototype, "enqueue");
  copyFirst(ReadableStreamBYOBReader.prototype, "read");
  copyFirst(ReadableStreamBYOBRequest.prototype, "respondWithNewView");
}

function copyFirst<K extends string>(prototype: Record<K, (view: never) => unknown>, key: K): void {
  const original = prototype[key] as (...args: unknown[]) => unknown;
  const value = function (this: unknown, view: unknown, ...rest: unknown[]): unknown {
    return original.call(this, isGuarded(view) ? copyOf(view) : view, ...rest);
  };
  Object.defineProperty(prototype, key, { value, writable: true, configurable: true });
}

function isGuarded(view: unknown): view is ArrayBufferView {
  return ArrayBuffer.isView(view) && guarded.has(view.buffer);
}

function copyOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength).slice();
}

/** An exception that nobody catches ends the process: Node prints it after all exit listeners. */
let isFailing = false;

/** To be called once memory is mapped that buffers may look at when the process ends. */
export function guardEnd(): void {
  if (isEndGuarded) return;
  isEndGuarded = true;
  process.on("exit", endAtOnce);
  process.on("uncaughtExceptionMonitor", () => {
    isFailing = true;
    // A listener of the program's may handle it; otherwise the end comes before that.
    queueMicrotask(() => (isFailing = false));
  });
}

/** Ends the process before Node takes its environment apart, but after all listeners. */
function endAtOnce(code: number): void {
  if (isFailing) return;
  const listeners = process.rawListeners("exit");
  // Those that were added later would come after this one, that is, never.
  for (const listener of listeners.slice(listeners.indexOf(endAtOnce) + 1)) {
    listener.call(process, code);
  }
  process.exit(process.exitCode ?? code);
}
