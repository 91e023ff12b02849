/**
 * The objects that this process shares with others: carries out what `core/ownership.ts` decides,
 * and moves the values.
 */

import type { CollectedRegistry, Collector, Weak } from "../base/collector.ts";
import { ObjectLostError } from "../base/errors.ts";
import type { MsgpackReader } from "../base/msgpack.ts";
import { Ownership, type Handout } from "../core/ownership.ts";
import { Kind } from "../wire/messages.ts";
import { ListedObjects, Listing } from "./listed-objects.ts";
import type { KeyCounter } from "./key-counter.ts";
import { hasSegments, objectKey, objectName, ObjectRecord } from "./object-record.ts";
import type { Box, CallSite, Content, RecordHome } from "./object-record.ts";
import { lossOf, ownerDied } from "./origin.ts";
import { readWhenSettled } from "./object-ref.ts";
import { ownershipMessages } from "./ownership-messages.ts";
import type { Packer } from "./packer.ts";
import { isPrimitive, type Payload } from "./payload.ts";
import type { PayloadPort } from "./payload-port.ts";
import type { Peer, Peers } from "./peers.ts";
import type { Cancellation, PendingCall } from "./pending-call.ts";
import { Reconstruction } from "./reconstruction.ts";
import { remoteError } from "./remote-error.ts";
import type { Segments } from "./segments.ts";
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
  readonly reconstruction: Reconstruction;
  /** Remembers where each object was made. */
  readonly recordsSites: boolean;
  readonly #selfId: number;
  readonly #keys: KeyCounter;
  readonly #packer: Packer;
  readonly #peers: Peers;
  readonly #port: PayloadPort;
  readonly #unseen: UnseenFailures;
  readonly #segments: Segments;
  /** Owned objects that others hold: they stay although no ref is left here. */
  readonly #lent = new Map<number, ObjectRecord>();
  /** Borrowed objects: when the record goes, its owner is told. */
  readonly #borrowed = new Map<number, Weak<ObjectRecord>>();
  readonly #listed: ListedObjects;
  readonly #collector: Collector;
  readonly #collected: CollectedRegistry<number>;
  /** Borrowed objects whose value is awaited: they stay, whoever holds a ref. */
  readonly #fetching = new Set<ObjectRecord>();
  /** Told when the first value of another process is awaited, and when none is. */
  onFetching: ((isFetching: boolean) => void) | undefined;

  constructor(context: ObjectsContext) {
    const { selfId, recordsSites, peers, segments, collector } = context;
    this.#selfId = selfId;
    this.#keys = context.keys;
    this.recordsSites = recordsSites;
    this.#listed = new ListedObjects(recordsSites, collector);
    this.#collector = collector;
    this.#collected = collector.registry((key) => this.#recordCollected(key));
    this.#packer = context.packer;
    this.#peers = peers;
    this.#port = context.port;
    this.#unseen = context.unseen;
    this.#segments = segments;
    this.reconstruction = new Reconstruction(this, segments, collector);
    this.ownership = new Ownership(selfId, {
      ...ownershipMessages(peers),
      freed: (key) => void (segments.freed(key) || this.#freed(key)),
      lost: (key) => {
        if (!segments.lost(key)) this.#lost(key);
      },
    });
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

  #freed(key: number): boolean {
    const record = this.#lent.get(key);
    const wasLent = this.#lent.delete(key);
    if (record?.isUnneeded === true) this.unneeded(record);
    return wasLent;
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
    if (content.kind !== "payload" || this.#lent.has(record.key)) return;
    this.#segments.letGo(content.payload);
    this.reconstruction.released(record);
  }

  request(record: ObjectRecord): void {
    if (!this.ownership.isBorrowed(record.key)) {
      this.reconstruction.remake(record);
      return;
    }
    if (this.#fetching.size === 0) this.onFetching?.(true);
    this.#fetching.add(record);
    record.whenSettled(() => {
      if (this.#fetching.delete(record) && this.#fetching.size === 0) this.onFetching?.(false);
    });
    const lostKeys = this.reconstruction.lossOf(record)?.segmentKeys ?? [];
    this.#sendFetch(this.ownership.ownerOf(record.key), record.key, this.#selfId, lostKeys);
  }

  /** The runtime is over: what is awaited will not come. */
  end(error: Error): void {
    this.reconstruction.end(error);
    for (const record of [...this.#fetching]) this.fail(record, error);
  }

  #recordCollected(key: number): void {
    const borrowed = this.#borrowed.get(key);
    // A new record may have come in the place of the one that was collected.
    if (borrowed === undefined || borrowed.deref() !== undefined) return;
    this.#borrowed.delete(key);
    this.ownership.dropped(key);
  }

  // Refs that come and go with payloads.

  lend(record: ObjectRecord, toId: number): Handout {
    // To a process that is gone nothing is lent: it never gives it back.
    const isOwned = !this.ownership.isBorrowed(record.key);
    if (isOwned && !this.ownership.isGone(toId)) this.#lent.set(record.key, record);
    return this.ownership.lend(record.key, toId);
  }

  arrived(peer: Peer, key: number, ownerId: number, handoutId: number): ObjectRecord {
    const known = this.#lent.get(key) ?? this.#borrowed.get(key)?.deref();
    this.ownership.arrived(peer.processId, key, { ownerId, handoutId });
    if (known !== undefined) return known;
    const record = new ObjectRecord(key, this);
    record.isAbsent = true;
    this.#borrow(record);
    return record;
  }

  #borrow(record: ObjectRecord): void {
    this.#borrowed.set(record.key, this.#collector.weakly(record));
    this.#collected.register(record, record.key, record);
  }

  // Messages about values.

  #sendFetch(ownerId: number, key: number, requesterId: number, lostKeys: readonly number[]): void {
    const { link } = this.#peers.get(ownerId);
    const body = link.begin(Kind.fetch);
    body.arrayHeader(3);
    body.integer(key);
    body.integer(requesterId);
    body.arrayHeader(lostKeys.length);
    for (const lostKey of lostKeys) body.integer(lostKey);
    link.end();
  }

  fetchCame(body: MsgpackReader): void {
    const key = body.number();
    const requesterId = body.number();
    const lostKeys: number[] = [];
    for (let left = body.arrayHeader(); left > 0; left--) lostKeys.push(body.number());
    const record = this.#lent.get(key);
    if (record !== undefined) {
      this.reconstruction.loseSegments(record, lostKeys);
      record.isObserved = true;
      record.whenSettled(() => this.#sendValue(record, this.#peers.get(requesterId)));
      return;
    }
    const ownerId = this.ownership.ownerOf(key);
    if (ownerId !== this.#selfId) {
      this.#sendFetch(ownerId, key, requesterId, lostKeys);
      return;
    }
    const lost = new ObjectRecord(key, this);
    lost.fail(
      new ObjectLostError(
        `Cannot get object ${objectName(key)}: its owner no longer has it; ` +
          "keep a ref to it for as long as it is needed",
        { objectId: objectName(key), reason: "its owner no longer has it" },
      ),
    );
    this.#sendValue(lost, this.#peers.get(requesterId));
  }

  #sendValue(record: ObjectRecord, peer: Peer): void {
    this.#port.send(peer, Kind.value, 4, this.toPayload(record), (body) => {
      body.integer(record.key);
      body.boolean(record.isFailed);
    });
  }

  valueCame(peer: Peer, body: MsgpackReader, buffers: readonly Buffer[]): void {
    const key = body.number();
    const isFailure = body.boolean();
    const payload = this.#port.read(peer, body, buffers);
    const record = this.#borrowed.get(key)?.deref();
    if (record !== undefined) this.settle(record, contentFrom(payload, isFailure));
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

  /** Asks the owner to end the task that makes a borrowed object. */
  cancelElsewhere(record: ObjectRecord, how: Omit<Cancellation, "reason">): void {
    if (!this.ownership.isBorrowed(record.key)) return;
    record.isObserved = true;
    const { link } = this.#peers.get(this.ownership.ownerOf(record.key));
    const body = link.begin(Kind.cancelObject);
    body.arrayHeader(3);
    body.integer(record.key);
    body.boolean(how.isForced);
    body.boolean(how.isRecursive);
    link.end();
  }

  /** Owned objects that others hold. */
  lent(): Iterable<ObjectRecord> {
    return this.#lent.values();
  }

  /** An owned object that others hold. */
  findLent(key: number): ObjectRecord | undefined {
    return this.#lent.get(key);
  }

  /** What can be listed of the objects here: the large ones, and all that others share. */
  listings(): Listing[] {
    const found = new Map([...this.#listed.all()].map((listing) => [listing.key, listing]));
    const borrowed = [...this.#borrowed.values()].map((record) => record.deref());
    for (const record of [...this.#lent.values(), ...borrowed]) {
      if (record === undefined || found.has(record.key)) continue;
      found.set(record.key, new Listing(record));
    }
    return [...found.values()];
  }

  // Giving objects away with a result.

  /**
   * Refs of this process inside a result pass to the caller, so that they do not depend on a
   * worker's life. Called after the result was written.
   */
  giveAway(payload: Payload, peer: Peer): void {
    this.#segments.letGo(payload);
    this.#segments.giveAway(payload, peer);
    for (const record of payload.refs) {
      if (record.isActor || this.ownership.isBorrowed(record.key)) continue;
      record.whenSettled(() => {
        if (this.ownership.canTransfer(record.key, peer.processId) && peer.link.isOpen) {
          this.#transfer(record, peer);
        }
      });
    }
  }

  #transfer(record: ObjectRecord, peer: Peer): void {
    const payload = this.toPayload(record);
    this.#port.send(peer, Kind.transfer, 5, payload, (body) => {
      const borrowers = this.ownership.transfer(record.key, peer.processId, true);
      body.integer(record.key);
      body.arrayHeader(borrowers.length);
      for (const [borrowerId, grants] of borrowers) {
        body.arrayHeader(2);
        body.integer(borrowerId);
        body.integer(grants);
      }
      body.boolean(record.isFailed);
    });
    this.#segments.giveAway(payload, peer);
    this.#lent.delete(record.key);
    this.#borrow(record);
  }

  transferCame(peer: Peer, body: MsgpackReader, buffers: readonly Buffer[]): void {
    const key = body.number();
    const borrowers: [number, number][] = [];
    for (let left = body.arrayHeader(); left > 0; left--) {
      body.arrayHeader();
      borrowers.push([body.number(), body.number()]);
    }
    const isFailure = body.boolean();
    const payload = this.#port.read(peer, body, buffers);
    const borrowed = this.#borrowed.get(key)?.deref();
    if (borrowed !== undefined) this.#collected.unregister(borrowed);
    this.#borrowed.delete(key);
    const record = borrowed ?? new ObjectRecord(key, this);
    record.isAbsent = false;
    this.#lent.set(key, record);
    this.ownership.tookOver(key, peer.processId, borrowers);
    this.settle(record, contentFrom(payload, isFailure));
  }

  #lost(key: number): void {
    const record = this.#borrowed.get(key)?.deref();
    this.#borrowed.delete(key);
    if (record === undefined || !record.isPending) return;
    this.#collected.unregister(record);
    record.isAbsent = false;
    this.fail(record, ownerDied(key));
  }
}

/** Not because it was let go of: then its memory is somebody else's. */
function isLost({ segments }: Payload): boolean {
  return segments.some(({ loss }) => loss !== undefined);
}

function contentFrom(payload: Payload, isFailure: boolean): Content {
  return { kind: isFailure ? "failure" : "payload", payload };
}
