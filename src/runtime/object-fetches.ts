/** Moves the values of objects from their owners to other processes that wait for them. */

import { ObjectLostError } from "../base/errors.ts";
import type { MsgpackReader } from "../base/msgpack.ts";
import { Kind } from "../wire/messages.ts";
import { contentFrom, objectName, ObjectRecord } from "./object-record.ts";
import type { Objects, ObjectsContext } from "./objects.ts";
import type { PayloadPort } from "./payload-port.ts";
import type { Peer, Peers } from "./peers.ts";

export class ObjectFetches {
  readonly #objects: Objects;
  readonly #selfId: number;
  readonly #peers: Peers;
  readonly #port: PayloadPort;
  /** Borrowed objects whose value is awaited: they stay, whoever holds a ref. */
  readonly #fetching = new Set<ObjectRecord>();
  /** Told when the first value of another process is awaited, and when none is. */
  onFetching: ((isFetching: boolean) => void) | undefined;

  constructor(objects: Objects, { selfId, peers, port }: ObjectsContext) {
    this.#objects = objects;
    this.#selfId = selfId;
    this.#peers = peers;
    this.#port = port;
  }

  /** Somebody here needs the value of a borrowed object. */
  fetch(record: ObjectRecord): void {
    if (this.#fetching.size === 0) this.onFetching?.(true);
    this.#fetching.add(record);
    record.whenSettled(() => {
      if (this.#fetching.delete(record) && this.#fetching.size === 0) this.onFetching?.(false);
    });
    const { ownership, reconstruction } = this.#objects;
    const lostKeys = reconstruction.lossOf(record)?.segmentKeys ?? [];
    this.#sendFetch(ownership.ownerOf(record.key), record.key, this.#selfId, lostKeys);
  }

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
    const { ownership, reconstruction, shared } = this.#objects;
    const record = shared.findLent(key);
    if (record !== undefined) {
      reconstruction.loseSegments(record, lostKeys);
      record.isObserved = true;
      record.whenSettled(() => this.#sendValue(record, this.#peers.get(requesterId)));
      return;
    }
    const ownerId = ownership.ownerOf(key);
    if (ownerId !== this.#selfId) this.#sendFetch(ownerId, key, requesterId, lostKeys);
    else this.#sendValue(this.#unknown(key), this.#peers.get(requesterId));
  }

  #unknown(key: number): ObjectRecord {
    const record = new ObjectRecord(key, this.#objects);
    record.fail(
      new ObjectLostError(
        `Cannot get object ${objectName(key)}: its owner no longer has it; ` +
          "keep a ref to it for as long as it is needed",
        { objectId: objectName(key), reason: "its owner no longer has it" },
      ),
    );
    return record;
  }

  #sendValue(record: ObjectRecord, peer: Peer): void {
    this.#port.send(peer, Kind.value, 4, this.#objects.toPayload(record), (body) => {
      body.integer(record.key);
      body.boolean(record.isFailed);
    });
  }

  valueCame(peer: Peer, body: MsgpackReader, buffers: readonly Buffer[]): void {
    const key = body.number();
    const isFailure = body.boolean();
    const payload = this.#port.read(peer, body, buffers);
    const record = this.#objects.shared.findBorrowed(key);
    if (record !== undefined) this.#objects.settle(record, contentFrom(payload, isFailure));
  }

  /** The runtime is over: what is awaited will not come. */
  end(error: Error): void {
    for (const record of [...this.#fetching]) this.#objects.fail(record, error);
  }
}
