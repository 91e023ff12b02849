/**
 * A call of a function that is over, kept so that it can run again. It keeps no stored value in
 * memory: of arguments that are stored it knows how they were made, and finds them as long as
 * somebody else holds them.
 */

import type { Collector, Weak } from "../base/collector.ts";
import { LINEAGE_CALL_BYTES } from "../base/limits.ts";
import type { LineageEntry } from "../core/lineage.ts";
import type { FunctionRecord } from "./function-record.ts";
import type { ObjectRecord } from "./object-record.ts";
import type { Origin } from "./origin.ts";
import { makePayload, NO_SEGMENTS, PRIMITIVE_BYTES, sizeOf, type Payload } from "./payload.ts";
import type { Arguments } from "./pending-call.ts";
import type { CallOptions, RemoteTask } from "./remote-task.ts";

/** An object that the call takes. */
type Source = KeptRecord | Makings;

/** Its value is small, or how it was made is not known here. */
interface KeptRecord {
  readonly record: ObjectRecord;
}

/** What is known of an object that is not kept in memory. */
export interface Makings {
  readonly record: undefined;
  readonly key: number;
  readonly origin: Origin;
  /** The object as this process knew it last. */
  last: Weak<ObjectRecord>;
}

export class KeptCall {
  readonly number: number;
  readonly record: FunctionRecord;
  readonly options: CallOptions;
  /** Why each of its runs but the last one was not enough; those to come add to it. */
  readonly failures: string[];
  readonly results: readonly Makings[];
  /** Without the refs in them. */
  readonly #args: Arguments;
  readonly #inlined: readonly { readonly position: number; readonly source: Source }[];
  readonly #nested: readonly Source[];

  /** Precondition: what is stored among the arguments are refs. */
  constructor(task: RemoteTask, origin: Origin, collector: Collector) {
    const { args, options, results } = task;
    this.number = task.number;
    this.record = task.record;
    // That somebody wanted the first run to end says nothing about another one.
    this.options = options.signal === undefined ? options : { ...options, signal: undefined };
    this.failures = task.failures;
    this.results = results.map((record) => makingsOf(record, origin, collector));
    this.#inlined = args.inlined.map(({ position, record }) => {
      return { position, source: sourceOf(record, collector) };
    });
    const nested = args.kind === "payload" ? args.payload.refs : [];
    this.#nested = nested.map((record) => sourceOf(record, collector));
    this.#args =
      args.kind === "primitives"
        ? { kind: "primitives", values: args.values, inlined: [] }
        : { kind: "payload", payload: withRefs(args.payload, []), inlined: [] };
  }

  get runsLeft(): number {
    return this.options.maxRetries - this.failures.length;
  }

  get sizeBytes(): number {
    let sizeBytes = LINEAGE_CALL_BYTES;
    if (this.#args.kind === "payload") sizeBytes += sizeOf(this.#args.payload);
    for (const { record } of this.#sources) {
      if (record !== undefined) sizeBytes += keptBytes(record);
    }
    return sizeBytes;
  }

  /** The calls that made its arguments. */
  get inputs(): LineageEntry<KeptCall>[] {
    return this.#sources.flatMap((source) => {
      return source.record === undefined ? (source.origin.entry ?? []) : [];
    });
  }

  get #sources(): readonly Source[] {
    return [...this.#inlined.map(({ source }) => source), ...this.#nested];
  }

  /** `recordOf`: the object, whether its value is there or not. */
  arguments(recordOf: (makings: Makings) => ObjectRecord): Arguments {
    const find = (source: Source): ObjectRecord => source.record ?? recordOf(source);
    const args = this.#args;
    const inlined = this.#inlined.map(({ position, source }) => {
      return { position, record: find(source) };
    });
    if (args.kind === "primitives") return { ...args, inlined };
    const refs = this.#nested.map(find);
    // For as long as the payload is there: nobody says when that ends.
    for (const record of refs) record.needed();
    return { ...args, inlined, payload: withRefs(args.payload, refs) };
  }
}

function sourceOf(record: ObjectRecord, collector: Collector): Source {
  const { key, origin } = record;
  if (origin === undefined) return { record };
  // All who know of an object share what they know, so that there is one record of it.
  const shared = origin.entry?.call?.results.find((makings) => makings.key === key);
  return shared ?? makingsOf(record, origin, collector);
}

function makingsOf(record: ObjectRecord, origin: Origin, collector: Collector): Makings {
  return { record: undefined, key: record.key, origin, last: collector.weakly(record) };
}

function withRefs(payload: Payload, refs: readonly ObjectRecord[]): Payload {
  const { bytes, buffers, functions, codes } = payload;
  return makePayload(bytes, buffers, refs, functions, codes, NO_SEGMENTS);
}

function keptBytes({ content }: ObjectRecord): number {
  return content?.kind === "payload" ? sizeOf(content.payload) : PRIMITIVE_BYTES;
}
