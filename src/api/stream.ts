/** Streams: what the call of a remote generator gives. */

import { InvalidOptionError, MobulaError } from "../base/errors.ts";
import { STREAM_AHEAD_MAX } from "../base/limits.ts";
import { ObjectRef as Handle } from "../runtime/object-ref.ts";
import type { Box, ObjectRecord } from "../runtime/object-record.ts";
import type { PendingCall } from "../runtime/pending-call.ts";
import type { StreamInbox } from "../runtime/stream-inbox.ts";
import type { ObjectRef, RefIterable, RefStream, TaskOptions } from "./types.ts";

const END: IteratorResult<never, void> = { done: true, value: undefined };

class Stream<T> implements RefStream<T> {
  readonly #inbox: StreamInbox;
  readonly #name: string;
  /** Goes with the stream. The call, while it is pending, may hold this but not the stream. */
  readonly #lastChance: object = {};
  /** Elements are consumed once: as values or as refs. */
  #isIterated = false;

  constructor({ stream, name, results }: PendingCall) {
    this.#inbox = stream!;
    this.#name = name;
    this.#inbox.readThrough(this);
    // Should it fail, the end of the stream is the last chance to look.
    results[0]!.firstRef ??= this.#lastChance;
  }

  [Symbol.asyncIterator](): AsyncIterator<T, void> & {
    return(): Promise<IteratorResult<T, void>>;
  } {
    return new Values<T>(this, this.#begin());
  }

  refs(): RefIterable<T> {
    return { [Symbol.asyncIterator]: () => new Refs<T>(this, this.#begin()) };
  }

  #begin(): StreamInbox {
    if (this.#isIterated) {
      throw new MobulaError(
        `Cannot iterate the stream of ${this.#name} again: its elements are consumed as they ` +
          "are read; collect them into an array, or call the generator again",
      );
    }
    this.#isIterated = true;
    return this.#inbox;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#inbox.close();
    return Promise.resolve();
  }

  get [Symbol.toStringTag](): string {
    return "RefStream";
  }

  /** What its call results in: that there are no more elements. Undefined for what is no stream. */
  static endOf(value: object): ObjectRecord | undefined {
    return #inbox in value ? value.#inbox.end : undefined;
  }
}

export function endOfStream(value: unknown): ObjectRecord | undefined {
  return typeof value === "object" && value !== null ? Stream.endOf(value) : undefined;
}

/** Iterators are written by hand: a generator would unwrap what it yields. */
class Values<T> {
  /** Kept: with it the stream would be closed. */
  readonly stream: object;
  readonly #inbox: StreamInbox;
  #isOver = false;

  constructor(stream: object, inbox: StreamInbox) {
    this.stream = stream;
    this.#inbox = inbox;
  }

  async next(): Promise<IteratorResult<T, void>> {
    if (this.#isOver) return END;
    try {
      const arrival = await this.#inbox.next();
      if (arrival !== "end") return { done: false, value: (await this.#take(arrival)) as T };
    } catch (error) {
      // Loops do not call `return` of an iterator that has failed.
      await this.return();
      throw error;
    }
    // Of several that wait for the end, one gets the error.
    if (this.#isOver) return END;
    this.#isOver = true;
    await outcomeOf(this.#inbox);
    return END;
  }

  async #take(arrival: ObjectRecord): Promise<unknown> {
    try {
      return (await read(arrival)).value;
    } finally {
      this.#inbox.ports.discard(arrival);
    }
  }

  return(): Promise<IteratorResult<T, void>> {
    this.#isOver = true;
    this.#inbox.close();
    return Promise.resolve(END);
  }
}

class Refs<T> {
  readonly stream: object;
  readonly #inbox: StreamInbox;
  #isOver = false;

  constructor(stream: object, inbox: StreamInbox) {
    this.stream = stream;
    this.#inbox = inbox;
  }

  /** A failure is the last ref, which rejects. */
  async next(): Promise<IteratorResult<ObjectRef<T>, void>> {
    if (this.#isOver) return END;
    const arrival = await this.#inbox.next().catch(async (error: unknown) => {
      await this.return();
      throw error;
    });
    if (arrival !== "end") return { done: false, value: refOf(arrival) };
    if (this.#isOver) return END;
    this.#isOver = true;
    const { end } = this.#inbox;
    return end.isFailed && !this.#inbox.isClosed ? { done: false, value: refOf(end) } : END;
  }

  return(): Promise<IteratorResult<ObjectRef<T>, void>> {
    this.#isOver = true;
    this.#inbox.close();
    return Promise.resolve(END);
  }
}

function refOf<T>(record: ObjectRecord): ObjectRef<T> {
  return new Handle(record) as unknown as ObjectRef<T>;
}

function read(record: ObjectRecord): Promise<Box> {
  return new Promise((resolve, reject) => record.home.read(record, resolve, reject));
}

/** Rejects with what the generator threw. */
async function outcomeOf({ end, isClosed }: StreamInbox): Promise<void> {
  end.isObserved = true;
  if (end.isFailed && !isClosed) await read(end);
}

export function makeStream(call: PendingCall): RefStream<unknown> {
  return new Stream(call);
}

/** Undefined for what is no generator. */
export function streamBufferOf(
  isGenerator: boolean,
  { streamBuffer, numReturns }: Pick<TaskOptions, "streamBuffer" | "numReturns">,
  name: string,
): number | undefined {
  if (!isGenerator) return undefined;
  if (numReturns === undefined) return streamBuffer ?? STREAM_AHEAD_MAX;
  throw new InvalidOptionError(
    `Cannot call generator ${name} with numReturns: it gives a stream; leave numReturns out`,
    { option: "numReturns", value: numReturns },
  );
}

/** Whether the value is a stream, which cannot be sent. */
export function isStream(value: object): boolean {
  return value instanceof Stream;
}
