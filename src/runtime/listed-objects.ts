/**
 * The objects of this process that can be listed: what is known of each, without keeping it. Small
 * results, and small values of which very many were put, are left out unless all are asked for:
 * remembering one costs as much as making it.
 */

import { LISTED_BYTES_MIN, LISTED_SMALL_MAX } from "../base/limits.ts";
import type { CollectedRegistry, Collector } from "../base/collector.ts";
import type { CallSite, ObjectRecord } from "./object-record.ts";
import { sizeOf, type Primitive } from "./payload.ts";

/** What is known of one object. */
export class Listing {
  readonly key: number;
  readonly site: CallSite | undefined;
  /** Refs in this process that were not disposed, or collected with the object. */
  refs: number;
  state: "pending" | "ready" | "failed" = "pending";
  sizeBytes = 0;
  segmentKeys: readonly number[] = NO_KEYS;
  /** Objects whose refs are inside. */
  nestedKeys: readonly number[] = NO_KEYS;

  constructor(record: ObjectRecord) {
    this.key = record.key;
    this.site = record.site;
    this.refs = record.refs;
    this.look(record);
  }

  look({ content, isFailed }: ObjectRecord): void {
    if (content === undefined) return;
    this.state = isFailed ? "failed" : "ready";
    if (content.kind === "primitive") this.sizeBytes = bytesOf(content.value);
    if (content.kind === "primitive" || content.kind === "error") return;
    const { payload } = content;
    this.sizeBytes = sizeOf(payload);
    if (payload.segments.length > 0) this.segmentKeys = payload.segments.map(({ key }) => key);
    if (payload.refs.length > 0) this.nestedKeys = payload.refs.map(({ key }) => key);
  }
}

const NO_KEYS: readonly number[] = [];

export class ListedObjects {
  readonly #isComplete: boolean;
  readonly #listings = new Map<number, Listing>();
  readonly #collected: CollectedRegistry<Listing>;

  /** `isComplete`: small objects as well. */
  constructor(isComplete: boolean, collector: Collector) {
    this.#isComplete = isComplete;
    this.#collected = collector.registry((listing) => {
      // A new record of the same object may have come.
      if (this.#listings.get(listing.key) === listing) this.#listings.delete(listing.key);
    });
  }

  created(record: ObjectRecord): void {
    if (this.#isComplete) this.#add(record);
  }

  /** Called before it is settled. */
  wasPut(record: ObjectRecord): void {
    const isListed = record.listing !== undefined;
    if (!isListed && this.#listings.size < LISTED_SMALL_MAX) this.#add(record);
  }

  settled(record: ObjectRecord): void {
    if (record.listing !== undefined) record.listing.look(record);
    else if (isLarge(record)) this.#add(record);
  }

  #add(record: ObjectRecord): void {
    const listing = new Listing(record);
    record.listing = listing;
    this.#listings.set(record.key, listing);
    this.#collected.register(record, listing);
  }

  all(): Iterable<Listing> {
    return this.#listings.values();
  }
}

/** About what it takes beyond the record itself. */
function bytesOf(value: Primitive): number {
  return typeof value === "string" ? value.length : 8;
}

function isLarge({ content }: ObjectRecord): boolean {
  if (content?.kind !== "payload" && content?.kind !== "failure") return false;
  return sizeOf(content.payload) >= LISTED_BYTES_MIN;
}
