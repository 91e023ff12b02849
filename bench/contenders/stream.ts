/** Numbers from 0 that are made elsewhere and arrive one after the other. */
import type { NodeName } from "../harness/types.ts";

export interface NumberStream {
  numbers(count: number): AsyncIterable<number>;
  close(): Promise<void>;
}

/** Elements that the producer may be ahead: what a stream of Mobula has unless told otherwise. */
export const AHEAD_MAX = 1_024;

export function* countTo(count: number): Generator<number> {
  for (let n = 0; n < count; n++) yield n;
}

export async function openStream(contender: NodeName): Promise<NumberStream> {
  switch (contender) {
    case "mobula":
      return (await import("./mobula-stream.ts")).open();
    case "thread messages":
    case "thread ReadableStream":
      return (await import("./thread-stream.ts")).open(contender);
    default:
      throw new Error(`Cannot open ${contender}: it has no streams; leave it out of the case`);
  }
}
