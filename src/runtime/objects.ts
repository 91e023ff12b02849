/** The objects that this process knows: makes, settles and reads them. */

import type { Collector } from "../base/collector.ts";
import { Ownership } from "../core/ownership.ts";
import { ListedObjects, Listing } from "./listed-objects.ts";
import type { KeyCounter } from "./key-counter.ts";
import { hasSegments, objectKey, ObjectRecord } from "./object-record.ts";
import type { Box, CallSite, Content, RecordHome } from "./object-record.ts";
import { lossOf } from "./origin.ts";
import { ObjectFetches } from "./object-fetches.ts";
import { readWhenSettled } from "./object-ref.ts";
import { ownershipMessages } from "./ownership-messages.ts";
import type { Packer } from "./packer.ts";
import { isPrimitive, type Payload } from "./payload.ts";
import type { PayloadPort } from "./payload-port.ts";
import type { Peers } from "./peers.ts";
import type { PendingCall } from "./pending-call.ts";
import { Reconstruction } from "./reconstruction.ts";
import { remoteError } from "./remote-error.ts";
import type { Segments } from "./segments.ts";
import { SharedObjects } from "./shared-objects.ts";
import type { TaskScope } from "./task-scope.ts";
import type { UnseenFailures } from "./unseen-failures.ts";

export interface ObjectsContext {
  readonly selfId: number;
  readonly keys: KeyCounter;
  readonly packer: Packer;
  readonly peers: Peers;
  readonly port: PayloadPort;
  readonly unseen: UnseenFailures;
  readonly segments: Segments;
  readonly recordsSites: boolean;
  readonly collector: Collector;
}

export class Objects implements RecordHome {
  readonly ownership: Ownership;
  readonly shared: SharedObjects;
  readonly fetches: ObjectFetches;
  readonly reconstruction: Reconstruction;
  /** Remembers where each object was made. */
  readonly recordsSites: boolean;
  readonly #selfId: number;
  readonly #keys: KeyCounter;
  readonly #packer: Packer;
  readonly #unseen: UnseenFailures;
  readonly #segments: Segments;
  readonly #listed: ListedObjects;

  constructor(context: ObjectsContext) {
    const { selfId, recordsSites, peers, segments, collector } = context;
    this.#selfId = selfId;
    this.#keys = context.keys;
    this.recordsSites = recordsSites;
    this.#listed = new ListedObjects(recordsSites, collector);
    this.#packer = context.packer;
    this.#unseen = context.unseen;
    this.#segments = segments;
    this.ownership = new Ownership(selfId, {
      ...ownershipMessages(peers),
      freed: (key) => void (segments.freed(key) || this.shared.freed(key)),
      lost: (key) => {
        if (!segments.lost(key)) this.shared.lost(key);
      },
    });
    this.shared = new SharedObjects(this, context);
    this.fetches = new ObjectFetches(this, context);
    this.reconstruction = new Reconstruction(this, segments, collector);
  }

  /** A pending object of this process; `site`: where it is made. */
  create(site?: CallSite): ObjectRecord {
    const record = new ObjectRecord(objectKey(this.#selfId, this.#keys.next()), this);
    record.site = site;
    this.#listed.created(record);
    return record;
  }

  /** An object of this process whose value is there. */
  put(content: Content, site: CallSite | undefined): ObjectRecord {
    const record = this.create(site);
    this.#listed.wasPut(record);
    if (hasSegments(content)) this.reconstruction.wasPut(record);
    this.settle(record, content);
    return record;
  }

  /** What is behind the failure of a call that was made at `site`. */
  thrownBy(failure: Content, site: CallSite | undefined): Promise<unknown> {
    const record = this.create(site);
    record.isObserved = true;
    this.settle(record, failure);
    return new Promise((resolve) => this.read(record, resolve, resolve));
  }

  /** An object of this process whose value has come, from a stream. */
  received(content: Content, call?: PendingCall): ObjectRecord {
    const record = this.create();
    if (call !== undefined && hasSegments(content)) this.reconstruction.wasElement(record, call);
    this.settle(record, content);
    return record;
  }

  /** Nobody will read the object any more. */
  discard(record: ObjectRecord): void {
    const { content } = record;
    if (content?.kind === "payload") this.#segments.letGo(content.payload);
  }

  settle(record: ObjectRecord, content: Content): void {
    const firstRef = record.firstRef;
    record.firstRef = undefined;
    if (!record.settle(content)) {
      if (content.kind === "payload") this.#segments.letGo(content.payload);
      return;
    }
    this.#listed.settled(record);
    if (!record.isFailed) return;
    if (!record.isObserved && firstRef !== undefined) this.#unseen.watch(record, firstRef);
  }

  fail(record: ObjectRecord, error: unknown): void {
    this.settle(record, { kind: "error", error });
  }

  /** Content of a value as it is now. Throws SerializationError. */
  contentOf(value: unknown, root: string): Content {
    if (isPrimitive(value)) return { kind: "primitive", value };
    return { kind: "payload", payload: this.#packer.pack(value, root) };
  }

  // RecordHome.

  read(
    record: ObjectRecord,
    resolve: (box: Box) => void,
    reject: (reason: unknown) => void,
    scope?: TaskScope,
  ): void {
    const content = record.content!;
    if (content.kind === "primitive") resolve({ value: content.value });
    else if (content.kind === "error") reject(content.error);
    else if (content.kind === "payload") {
      this.#unpack(record, content.payload, resolve, reject, scope);
    } else {
      const keep = (box: Box): void => reject(this.#keepError(record, box.value));
      this.#unpack(record, content.payload, keep, reject);
    }
  }

  /** An error is read once: it stays the same for everybody who awaits. */
  #keepError(record: ObjectRecord, thrown: unknown): unknown {
    const content = record.content!;
    if (content.kind === "error") return content.error;
    const error = remoteError(thrown, record.site);
    record.content = { kind: "error", error };
    return error;
  }

  #unpack(
    record: ObjectRecord,
    payload: Payload,
    resolve: (box: Box) => void,
    reject: (reason: unknown) => void,
    scope?: TaskScope,
  ): void {
    const read = (): void => {
      try {
        resolve({ value: this.#packer.unpack(payload, false) });
      } catch (error) {
        if (record.isFailed || !isLost(payload)) reject(error);
        else {
          this.#lose(record, payload);
          readWhenSettled(record, scope, resolve, reject);
        }
      }
    };
    const preparing = this.#packer.prepare(payload);
    if (preparing === undefined) {
      read();
      return;
    }
    record.needed();
    preparing.then(read, reject).finally(() => record.noLongerNeeded());
  }

  /** Others may have found it before, and it may be there again. */
  #lose(record: ObjectRecord, payload: Payload): void {
    const { content } = record;
    if (content?.kind !== "payload" || content.payload !== payload) return;
    this.reconstruction.lose(record, lossOf(payload.segments));
  }

  unneeded(record: ObjectRecord): void {
    const content = record.content!;
    if (content.kind !== "payload" || this.shared.isLent(record.key)) return;
    this.#segments.letGo(content.payload);
    this.reconstruction.released(record);
  }

  request(record: ObjectRecord): void {
    if (this.ownership.isBorrowed(record.key)) this.fetches.fetch(record);
    else this.reconstruction.remake(record);
  }

  /** The runtime is over: what is awaited will not come. */
  end(error: Error): void {
    this.reconstruction.end(error);
    this.fetches.end(error);
  }

  /** The settled content as bytes. */
  toPayload(record: ObjectRecord): Payload {
    const content = record.content!;
    switch (content.kind) {
      case "primitive":
        return this.#packer.pack(content.value, "value");
      case "error":
        return this.#packer.packError(content.error);
      default:
        return content.payload;
    }
  }

  /** What can be listed of the objects here: the large ones, and all that others share. */
  listings(): Listing[] {
    const found = new Map([...this.#listed.all()].map((listing) => [listing.key, listing]));
    for (const record of this.shared.all()) {
      if (!found.has(record.key)) found.set(record.key, new Listing(record));
    }
    return [...found.values()];
  }
}

/** Not because it was let go of: then its memory is somebody else's. */
function isLost({ segments }: Payload): boolean {
  return segments.some(({ loss }) => loss !== undefined);
}
