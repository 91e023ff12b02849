/**
 * The objects that this process shares with others: those that it has lent, and those that it has
 * borrowed. Carries out what `core/ownership.ts` decides.
 */

import type { CollectedRegistry, Collector, Weak } from "../base/collector.ts";
import type { MsgpackReader } from "../base/msgpack.ts";
import type { Handout, Ownership } from "../core/ownership.ts";
import { Kind } from "../wire/messages.ts";
import { contentFrom, ObjectRecord } from "./object-record.ts";
import type { Objects, ObjectsContext } from "./objects.ts";
import { ownerDied } from "./origin.ts";
import type { Payload } from "./payload.ts";
import type { PayloadPort } from "./payload-port.ts";
import type { Peer, Peers } from "./peers.ts";
import type { Cancellation } from "./pending-call.ts";
import type { Segments } from "./segments.ts";

export class SharedObjects {
  readonly #objects: Objects;
  readonly #ownership: Ownership;
  readonly #peers: Peers;
  readonly #port: PayloadPort;
  readonly #segments: Segments;
  readonly #collector: Collector;
  readonly #collected: CollectedRegistry<number>;
  /** Owned objects that others hold: they stay although no ref is left here. */
  readonly #lent = new Map<number, ObjectRecord>();
  /** Borrowed objects: when the record goes, its owner is told. */
  readonly #borrowed = new Map<number, Weak<ObjectRecord>>();

  constructor(objects: Objects, { peers, port, segments, collector }: ObjectsContext) {
    this.#objects = objects;
    this.#ownership = objects.ownership;
    this.#peers = peers;
    this.#port = port;
    this.#segments = segments;
    this.#collector = collector;
    this.#collected = collector.registry((key) => this.#recordCollected(key));
  }

  isLent(key: number): boolean {
    return this.#lent.has(key);
  }

  findLent(key: number): ObjectRecord | undefined {
    return this.#lent.get(key);
  }

  findBorrowed(key: number): ObjectRecord | undefined {
    return this.#borrowed.get(key)?.deref();
  }

  lent(): Iterable<ObjectRecord> {
    return this.#lent.values();
  }

  all(): ObjectRecord[] {
    const borrowed = [...this.#borrowed.values()].flatMap((record) => record.deref() ?? []);
    return [...this.#lent.values(), ...borrowed];
  }

  // Refs that come and go with payloads.

  lend(record: ObjectRecord, toId: number): Handout {
    // To a process that is gone nothing is lent: it never gives it back.
    const isOwned = !this.#ownership.isBorrowed(record.key);
    if (isOwned && !this.#ownership.isGone(toId)) this.#lent.set(record.key, record);
    return this.#ownership.lend(record.key, toId);
  }

  arrived(peer: Peer, key: number, ownerId: number, handoutId: number): ObjectRecord {
    const known = this.#lent.get(key) ?? this.#borrowed.get(key)?.deref();
    this.#ownership.arrived(peer.processId, key, { ownerId, handoutId });
    if (known !== undefined) return known;
    const record = new ObjectRecord(key, this.#objects);
    record.isAbsent = true;
    this.#borrow(record);
    return record;
  }

  #borrow(record: ObjectRecord): void {
    this.#borrowed.set(record.key, this.#collector.weakly(record));
    this.#collected.register(record, record.key, record);
  }

  #recordCollected(key: number): void {
    const borrowed = this.#borrowed.get(key);
    // A new record may have come in the place of the one that was collected.
    if (borrowed === undefined || borrowed.deref() !== undefined) return;
    this.#borrowed.delete(key);
    this.#ownership.dropped(key);
  }

  // What ownership decides.

  /** Nobody else holds the object any more. Returns whether it was one that was lent. */
  freed(key: number): boolean {
    const record = this.#lent.get(key);
    const wasLent = this.#lent.delete(key);
    if (record?.isUnneeded === true) this.#objects.unneeded(record);
    return wasLent;
  }

  /** A borrowed object is gone with its owner. */
  lost(key: number): void {
    const record = this.#borrowed.get(key)?.deref();
    this.#borrowed.delete(key);
    if (record === undefined || !record.isPending) return;
    this.#collected.unregister(record);
    record.isAbsent = false;
    this.#objects.fail(record, ownerDied(key));
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
      if (record.isActor || this.#ownership.isBorrowed(record.key)) continue;
      record.whenSettled(() => {
        if (this.#ownership.canTransfer(record.key, peer.processId) && peer.link.isOpen) {
          this.#transfer(record, peer);
        }
      });
    }
  }

  #transfer(record: ObjectRecord, peer: Peer): void {
    const payload = this.#objects.toPayload(record);
    this.#port.send(peer, Kind.transfer, 5, payload, (body) => {
      const borrowers = this.#ownership.transfer(record.key, peer.processId, true);
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
    const record = borrowed ?? new ObjectRecord(key, this.#objects);
    record.isAbsent = false;
    this.#lent.set(key, record);
    this.#ownership.tookOver(key, peer.processId, borrowers);
    this.#objects.settle(record, contentFrom(payload, isFailure));
  }

  /** Asks the owner to end the task that makes a borrowed object. */
  cancelElsewhere(record: ObjectRecord, how: Omit<Cancellation, "reason">): void {
    if (!this.#ownership.isBorrowed(record.key)) return;
    record.isObserved = true;
    const { link } = this.#peers.get(this.#ownership.ownerOf(record.key));
    const body = link.begin(Kind.cancelObject);
    body.arrayHeader(3);
    body.integer(record.key);
    body.boolean(how.isForced);
    body.boolean(how.isRecursive);
    link.end();
  }
}
