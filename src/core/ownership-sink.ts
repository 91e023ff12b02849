/** What ownership tables tell each other; see `ownership.ts`. */

export interface OwnershipSink {
  /** Asks the owner to count `borrowerId` in; the new owner asks the former one for a report. */
  borrow(ownerId: number, key: number, borrowerId: number): void;
  /** Tells the borrower that `ownerId` counts it; 0: there is no such object. */
  borrowed(borrowerId: number, key: number, ownerId: number): void;
  /** Tells the sender of a hand-out that it may let go. */
  received(senderId: number, handoutId: number): void;
  /** Gives back `grants` hand-outs of `borrowerId`. */
  release(ownerId: number, key: number, grants: number, borrowerId: number): void;
  /** Tells a borrower who owns the object now; the new owner itself, that everybody knows. */
  moved(borrowerId: number, key: number, ownerId: number): void;
  /** Tells who said `moved` or gave the object away: it will not be taken for the owner again. */
  movedReceived(formerOwnerId: number, key: number): void;
  /** No other process holds the object any longer. */
  freed(key: number): void;
  /** A borrowed object is gone with its owner, or with whom it was to be counted through. */
  lost(key: number): void;
}

/** What is written beside a ref that is sent. */
export interface Handout {
  /** Who is to be asked: the owner, or the sender while it does not know the owner for certain. */
  readonly ownerId: number;
  /** 0: the sender owns the object and has counted the receiver. */
  readonly handoutId: number;
}
