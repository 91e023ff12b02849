/** The messages by which ownership tables of different processes talk; all are small. */

import type { MsgpackReader } from "../base/msgpack.ts";
import type { Ownership, OwnershipSink } from "../core/ownership.ts";
import { Kind } from "../wire/messages.ts";
import { sendNumbers, type Peer, type Peers } from "./peers.ts";

/** Sends each decision to the process that it concerns. */
export function ownershipMessages(peers: Peers): Omit<OwnershipSink, "freed" | "lost"> {
  const send = (processId: number, kind: number, ...numbers: number[]): void => {
    sendNumbers(peers.get(processId), kind, ...numbers);
  };
  return {
    borrow: (ownerId, key, borrowerId) => send(ownerId, Kind.borrow, key, borrowerId),
    borrowed: (borrowerId, key, ownerId) => send(borrowerId, Kind.borrowed, key, ownerId),
    received: (senderId, handoutId) => send(senderId, Kind.received, handoutId),
    release: (ownerId, key, grants, borrowerId) =>
      send(ownerId, Kind.release, key, grants, borrowerId),
    moved: (borrowerId, key, ownerId) => send(borrowerId, Kind.moved, key, ownerId),
    movedReceived: (formerOwnerId, key) => send(formerOwnerId, Kind.movedReceived, key),
  };
}

/** Hands a message to the table. Returns false if it is of another kind. */
export function receiveOwnershipMessage(
  ownership: Ownership,
  peer: Peer,
  kind: number,
  body: MsgpackReader,
): boolean {
  switch (kind) {
    case Kind.borrow:
      ownership.borrowRequested(body.number(), body.number());
      return true;
    case Kind.borrowed:
      ownership.borrowAnswered(body.number(), body.number());
      return true;
    case Kind.received:
      ownership.confirmed(body.number());
      return true;
    case Kind.release:
      ownership.released(body.number(), body.number(), body.number());
      return true;
    case Kind.moved:
      ownership.ownerMoved(body.number(), peer.processId, body.number());
      return true;
    case Kind.movedReceived:
      ownership.moveConfirmed(body.number(), peer.processId);
      return true;
    default:
      return false;
  }
}
