/**
 * The stored pieces of payloads: who holds them here, and who owns them. Shared between processes
 * by the same rules as objects (`core/ownership.ts`): the owner alone gives a file up, or writes
 * to it again, when nobody holds it any more.
 */

import type { CollectedRegistry } from "../base/collector.ts";
import { ObjectLostError } from "../base/errors.ts";
import type { MsgpackReader } from "../base/msgpack.ts";
import type { Handout, Ownership } from "../core/ownership.ts";
import type { FileReading } from "../store/mapped-file.ts";
import type { Allocated, ObjectStore, OwnedFile, Stored } from "../store/object-store.ts";
import type { FileName } from "../store/store-file.ts";
import { Kind } from "../wire/messages.ts";
import type { DaemonLink } from "./daemon-link.ts";
import { objectKey, objectName } from "./object-record.ts";
import { readFileName, writeFileName } from "./payload-wire.ts";
import type { KeyCounter } from "./key-counter.ts";
import type { Surroundings } from "./surroundings.ts";
import type { Payload } from "./payload.ts";
import type { Peer, Peers } from "./peers.ts";
import { SharedReadings } from "./shared-readings.ts";
import { Spilling } from "./spilling.ts";

const DRIVER_ID = 1;

/** A file with pieces of one payload. */
export class Segment {
  readonly key: number;
  file: FileName;
  /** As its owner has it; undefined in other processes. */
  owned: OwnedFile | undefined;
  /** Payloads and mapped files here that need it. */
  holds = 0;
  /** Mapped files here, which are among those. */
  mappings = 0;
  /** Its file is being moved to disk. */
  isSpilling = false;
  /** Whom to give it to as soon as that is done. */
  heir: Peer | undefined;
  /** It was let go of: its file may hold something else. */
  isReleased = false;
  /** Others hold it as well; known of owned ones only. */
  isLent = false;
  /** Why its file could not be read, once somebody has tried. */
  loss: ObjectLostError | undefined;

  constructor(key: number, file: FileName, owned: OwnedFile | undefined) {
    this.key = key;
    this.file = file;
    this.owned = owned;
  }
}

export class Segments {
  readonly #selfId: number;
  readonly #store: ObjectStore;
  readonly #keys: KeyCounter;
  #ownership!: Ownership;
  #peers!: Peers;
  #daemon!: DaemonLink;
  /** What is held here, or lent by this process. */
  readonly #segments = new Map<number, Segment>();
  /** Most payloads end where that can be told; the others when they are collected. */
  readonly #collected: CollectedRegistry<readonly Segment[]>;
  readonly #spilling: Spilling;
  /** Buffers whose memory is a segment's, as long as their holder may write to that. */
  readonly #allocated = new WeakMap<
    ArrayBufferLike,
    { segment: Segment; memory: Allocated["memory"] }
  >();
  readonly #shared: SharedReadings;
  #isEnded = false;

  constructor(selfId: number, store: ObjectStore, surroundings: Surroundings) {
    const { clock, collector, keys } = surroundings;
    this.#selfId = selfId;
    this.#store = store;
    this.#keys = keys;
    this.#collected = collector.registry((held) => this.#release(held));
    this.#shared = new SharedReadings(clock);
    this.#spilling = new Spilling({
      store,
      segments: () => this.#segments.values(),
      settled: (segment) => this.#spilled(segment),
      clock,
      collector,
      askOthers: () => this.#daemon.storeIsFull(),
    });
  }

  /** Called once, before anything is stored. */
  connect(ownership: Ownership, peers: Peers, daemon: DaemonLink): void {
    this.#ownership = ownership;
    this.#peers = peers;
    this.#daemon = daemon;
    this.#store.onRemoved = ({ name }) => daemon.fileRemoved(name);
  }

  get storedBytesMin(): number {
    return this.#store.storedBytesMin;
  }

  has(key: number): boolean {
    return this.#segments.has(key);
  }

  all(): Iterable<Segment> {
    return this.#segments.values();
  }

  /** Files of this process that are kept to be written again. */
  get freeBytes(): number {
    return this.#store.freeBytes;
  }

  /** Stores the pieces; a payload is to hold the segment. Throws ObjectStoreFullError. */
  create(pieces: readonly Uint8Array[]): { segment: Segment; layout: Stored["layout"] } {
    const { file, layout } = this.#store.write(pieces);
    const segment = this.#own(file);
    this.#spilling.made(file.sizeBytes);
    return { segment, layout };
  }

  #own(file: OwnedFile): Segment {
    const segment = new Segment(objectKey(this.#selfId, this.#keys.next()), file, file);
    this.#segments.set(segment.key, segment);
    return segment;
  }

  /** Memory to write to, until a payload takes it up. `undefined`: there is none of that kind. */
  allocate(sizeBytes: number): ArrayBuffer | undefined {
    const allocated = this.#store.allocate(sizeBytes, () => this.#unmapped(segment));
    if (allocated === undefined) return undefined;
    const segment = this.#own(allocated.file);
    segment.holds++;
    segment.mappings++;
    this.#allocated.set(allocated.buffer, { segment, memory: allocated.memory });
    this.#spilling.made(sizeBytes);
    return allocated.buffer;
  }

  /**
   * The segment behind an allocated buffer that no payload has taken up yet. From now on it
   * stays as it is; what is written to the buffer is seen by its holder alone.
   */
  seal(buffer: ArrayBufferLike): Segment | undefined {
    const allocated = this.#allocated.get(buffer);
    if (allocated === undefined) return undefined;
    this.#allocated.delete(buffer);
    allocated.memory.makePrivate(allocated.segment.owned!.path);
    return allocated.segment;
  }

  /** The payload keeps its segments until `letGo`, or until it is collected. */
  held(payload: Payload): void {
    for (const segment of payload.segments) segment.holds++;
    this.#collected.register(payload, payload.segments, payload);
  }

  /** The payload is not read any more. */
  letGo(payload: Payload): void {
    if (payload.segments.length === 0) return;
    if (this.#collected.unregister(payload)) this.#release(payload.segments);
  }

  #release(segments: readonly Segment[]): void {
    if (this.#isEnded) return;
    for (const segment of segments) {
      segment.holds--;
      this.#checkUse(segment);
    }
  }

  /**
   * `isShared`: its views may be those that others have; otherwise writing to them is seen by
   * nobody else. Throws ObjectLostError.
   */
  read(segment: Segment, isShared: boolean): FileReading {
    if (isShared) return this.#shared.get(segment.key, () => this.read(segment, false));
    if (segment.isReleased) throw released(segment.key);
    const reading = this.#open(segment);
    segment.holds++;
    segment.mappings++;
    this.#spilling.looked(segment.file.sizeBytes);
    this.#used(segment);
    return reading;
  }

  #open(segment: Segment): FileReading {
    try {
      return this.#store.read(segment.file, () => this.#unmapped(segment));
    } catch (error) {
      if (error instanceof ObjectLostError) segment.loss = error;
      throw error;
    }
  }

  /** A fault point: the payload cannot be read any more. */
  lose({ segments }: Payload): void {
    for (const { file } of segments) this.#store.lose(file);
  }

  /** Whether the payload can be read, as far as can be told without reading it. */
  isThere({ segments }: Payload): boolean {
    return segments.every((segment) => !segment.isReleased && this.#store.has(segment.file));
  }

  #unmapped(segment: Segment): void {
    segment.mappings--;
    this.#release([segment]);
  }

  /** Of all segments it is the one used last. */
  #used(segment: Segment): void {
    if (this.#segments.delete(segment.key)) this.#segments.set(segment.key, segment);
  }

  #checkUse(segment: Segment): void {
    const { key, owned } = segment;
    if (segment.holds > 0 || segment.isLent || segment.isSpilling) return;
    if (this.#segments.get(key) !== segment) return;
    this.#segments.delete(key);
    segment.isReleased = true;
    if (owned !== undefined) this.#spilling.freed(owned.sizeBytes);
    if (owned === undefined) this.#ownership.dropped(key);
    else if (segment.loss !== undefined) this.#store.discard(owned);
    else if (!this.#returnToMaker(owned)) this.#store.free(owned);
  }

  /** Who makes one large result makes others: it can write over this one. */
  #returnToMaker(file: OwnedFile): boolean {
    const maker = this.#peers.find(file.makerId);
    if (maker?.link.isOpen !== true || file.place !== "memory") return false;
    this.#store.disown(file);
    const next = { ...file.fileName, moves: file.moves + 1 };
    this.#daemon.fileTaken(next, maker.processId);
    const body = maker.link.begin(Kind.returnFile);
    body.arrayHeader(1);
    writeFileName(body, next);
    maker.link.end();
    return true;
  }

  /** A file that this process has made has come back, to be written again. */
  returnCame(body: MsgpackReader): void {
    this.#store.free(this.#store.adopt(readFileName(body)));
  }

  // Segments that come and go with payloads.

  lend(segment: Segment, toId: number): Handout {
    if (segment.isReleased) throw released(segment.key);
    this.#used(segment);
    // To a process that is gone nothing is lent: it never gives it back.
    if (segment.owned !== undefined && !this.#ownership.isGone(toId)) segment.isLent = true;
    return this.#ownership.lend(segment.key, toId);
  }

  arrived(peer: Peer, key: number, handout: Handout, file: FileName): Segment {
    this.#ownership.arrived(peer.processId, key, handout);
    const known = this.#segments.get(key);
    if (known !== undefined) return known;
    const segment = new Segment(key, file, undefined);
    this.#segments.set(key, segment);
    return segment;
  }

  /** Nobody else holds it. Returns false if the key is that of something else. */
  freed(key: number): boolean {
    const segment = this.#segments.get(key);
    if (segment === undefined) return false;
    segment.isLent = false;
    this.#checkUse(segment);
    return true;
  }

  /** The owner is gone. What is mapped can be read on; what is not may be gone as well. */
  lost(key: number): boolean {
    return this.#segments.delete(key);
  }

  /** What a result holds goes to the caller, so that it does not depend on a worker's life. */
  giveAway(payload: Payload, peer: Peer): void {
    for (const segment of payload.segments) {
      if (segment.isSpilling) segment.heir = peer;
      else this.#giveSegment(segment, peer);
    }
  }

  #giveSegment(segment: Segment, peer: Peer): void {
    const { owned, key } = segment;
    if (owned === undefined || !peer.link.isOpen) return;
    if (this.#ownership.canTransfer(key, peer.processId)) this.#transfer(segment, owned, peer);
  }

  #spilled(segment: Segment): void {
    const { heir } = segment;
    segment.heir = undefined;
    if (heir !== undefined) this.#giveSegment(segment, heir);
    this.#checkUse(segment);
  }

  /** Another process has no room. */
  spillAsked(): void {
    this.#spilling.run(false);
  }

  #transfer(segment: Segment, file: OwnedFile, peer: Peer): void {
    const isHeld = segment.holds > 0;
    const borrowers = this.#ownership.transfer(segment.key, peer.processId, isHeld);
    const body = peer.link.begin(Kind.transferSegment);
    body.arrayHeader(3);
    body.integer(segment.key);
    writeFileName(body, file);
    body.arrayHeader(2 * borrowers.length);
    for (const [borrowerId, grants] of borrowers) {
      body.integer(borrowerId);
      body.integer(grants);
    }
    peer.link.end();
    // It says so itself, unless it ends before; with the driver, everything ends.
    if (peer.processId !== DRIVER_ID) {
      this.#daemon.fileTaken({ ...file.fileName, moves: file.moves + 1 }, peer.processId);
    }
    this.#store.disown(file);
    segment.owned = undefined;
    segment.isLent = false;
    if (isHeld) return;
    segment.isReleased = true;
    this.#segments.delete(segment.key);
  }

  transferCame(peer: Peer, body: MsgpackReader): void {
    const key = body.number();
    const { name, sizeBytes, moves } = readFileName(body);
    const file = this.#store.adopt({ name, sizeBytes, moves: moves + 1 });
    this.#daemon.fileTaken(file, this.#selfId);
    this.#spilling.made(sizeBytes);
    const borrowers: [number, number][] = [];
    for (let left = body.arrayHeader(); left > 0; left -= 2) {
      borrowers.push([body.number(), body.number()]);
    }
    const segment = this.#segments.get(key) ?? new Segment(key, file, file);
    segment.file = file;
    segment.owned = file;
    segment.isLent = true;
    this.#segments.set(key, segment);
    this.#ownership.tookOver(key, peer.processId, borrowers);
  }

  /** The runtime is over; its files go with its directory. */
  end(): void {
    this.#isEnded = true;
    this.#spilling.end();
    this.#shared.clear();
    this.#store.close();
  }
}

/** Its file may hold something else by now. */
function released(key: number): ObjectLostError {
  const objectId = objectName(key);
  const reason = "its last ref was disposed";
  return new ObjectLostError(
    `Cannot read stored object ${objectId}: ${reason}; keep one until it is read`,
    { objectId, reason },
  );
}
