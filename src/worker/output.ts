/**
 * What tasks write goes to their submitter over the link of their result, so that it is printed
 * before the result is seen. Everything else (native code, child processes, a crash) reaches the
 * daemon through the pipes.
 */

import { currentScope } from "../runtime/task-scope.ts";
import { RunningTask } from "../runtime/running-task.ts";

type Write = NodeJS.WriteStream["write"];

export function redirectOutput(): void {
  redirect(process.stdout, 1);
  redirect(process.stderr, 2);
}

function redirect(stream: NodeJS.WriteStream, number: 1 | 2): void {
  const original: Write = stream.write.bind(stream);
  const write = (
    chunk: string | Uint8Array,
    encodingOrDone?: BufferEncoding | ((error?: Error | null) => void),
    done?: (error?: Error | null) => void,
  ): boolean => {
    const task = currentScope();
    if (!(task instanceof RunningTask) || task.state === "over") {
      return typeof encodingOrDone === "function"
        ? original(chunk, encodingOrDone)
        : original(chunk, encodingOrDone, done);
    }
    const encoding = typeof encodingOrDone === "string" ? encodingOrDone : "utf8";
    const text = typeof chunk === "string" ? decode(chunk, encoding) : textOf(chunk);
    task.write(number, text);
    const callback = typeof encodingOrDone === "function" ? encodingOrDone : done;
    if (callback !== undefined) process.nextTick(callback);
    return true;
  };
  stream.write = write;
}

/** `write(text, "hex")` means the bytes that the text stands for. */
function decode(text: string, encoding: BufferEncoding): string {
  const isText = /^(utf-?8|ascii|latin1|binary|utf-?16le|ucs-?2)$/i.test(encoding);
  return isText ? text : Buffer.from(text, encoding).toString();
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}
