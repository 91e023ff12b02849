/** Streams of Node from a thread, with back-pressure. */
import type { ReadableStream } from "node:stream/web";
import { MessageChannel, Worker } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import type { ThreadStream } from "../harness/types.ts";
import type { NumberStream } from "./stream.ts";

export interface Request {
  readonly count: number;
  readonly way: ThreadStream;
  readonly port: MessagePort;
}

export function open(way: ThreadStream): NumberStream {
  const thread = new Worker(new URL("./thread-stream-worker.js", import.meta.url));
  const numbers = (count: number): AsyncIterable<number> => {
    const { port1, port2 } = new MessageChannel();
    thread.postMessage({ count, way, port: port2 } satisfies Request, [port2]);
    return way === "thread messages" ? messages(port1, count) : transferred(port1);
  };
  return { numbers, close: async () => void (await thread.terminate()) };
}

/** Each answer allows as many elements more as were consumed. */
async function* messages(port: MessagePort, count: number): AsyncGenerator<number> {
  let arrived: number[] = [];
  let wake = (): void => undefined;
  port.on("message", (n: number) => {
    arrived.push(n);
    wake();
  });
  for (let left = count; left > 0;) {
    if (arrived.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    const batch = arrived;
    arrived = [];
    for (const n of batch) yield n;
    left -= batch.length;
    port.postMessage(batch.length);
  }
  port.close();
}

async function* transferred(port: MessagePort): AsyncGenerator<number> {
  const stream = await new Promise<ReadableStream<number>>((resolve) => {
    port.once("message", resolve);
  });
  for await (const n of stream) yield n;
  port.close();
}
