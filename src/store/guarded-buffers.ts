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

/** From 24 on Node aborts at its normal end if such a buffer is alive. */
const ABORTS_AT_END_FROM = 24;
let isEndGuarded = Number(process.versions.node.split(".")[0]) < ABORTS_AT_END_FROM;

/** Precondition: the buffer is fresh, nobody else has it. */
export function guardBuffer(buffer: ArrayBuffer): ArrayBuffer {
  markAsUntransferable(buffer);
  if (hasTransfer) Object.defineProperties(buffer, REFUSED);
  if (!isEndGuarded) guardEnd();
  return buffer;
}

/** An exception that nobody catches ends the process: Node prints it after all exit listeners. */
let isFailing = false;

function guardEnd(): void {
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
