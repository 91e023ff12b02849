import { CountQueuingStrategy, ReadableStream } from "node:stream/web";
import { parentPort } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { AHEAD_MAX, countTo } from "./stream.ts";
import type { Request } from "./thread-stream.ts";

parentPort!.on("message", ({ count, way, port }: Request) => {
  const source = countTo(count);
  if (way === "thread messages") sendMessages(source, port);
  else sendStream(source, port);
});

function sendMessages(source: Generator<number>, port: MessagePort): void {
  const send = (credit: number): void => {
    for (let left = credit; left > 0; left--) {
      const next = source.next();
      if (next.done === true) return;
      port.postMessage(next.value);
    }
  };
  port.on("message", send);
  send(AHEAD_MAX);
}

function sendStream(source: Generator<number>, port: MessagePort): void {
  const pull = (controller: ReadableStreamDefaultController<number>): void => {
    const next = source.next();
    if (next.done === true) controller.close();
    else controller.enqueue(next.value);
  };
  const strategy = new CountQueuingStrategy({ highWaterMark: AHEAD_MAX });
  const stream = new ReadableStream<number>({ pull }, strategy);
  port.postMessage(stream, [stream]);
}
