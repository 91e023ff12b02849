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

const endAtOnce = (code: number): void => process.exit(process.exitCode ?? code);

/** Ends the process before Node takes its environment apart; always the last exit listener. */
function guardEnd(): void {
  isEndGuarded = true;
  process.on("exit", endAtOnce);
  process.on("newListener", (event, listener) => {
    if (event !== "exit" || listener === endAtOnce) return;
    queueMicrotask(() => {
      process.removeListener("exit", endAtOnce);
      process.on("exit", endAtOnce);
    });
  });
}
