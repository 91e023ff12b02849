/**
 * Who keeps which object alive, across processes. One instance per process; pure: messages that
 * arrive are method calls, messages to send go to the sink.
 *
 * The process that creates an object owns it until it gives it away. Others are borrowers. An
 * owner counts, per borrower, how often the object was handed out to it; a borrower gives back
 * the number it has received, so that a release which crosses a new hand-out takes nothing away
 * from it. Who hands on an object that it has borrowed itself holds it until the receiver says
 * that the owner knows about it: in no order of messages is an object freed while one is on its
 * way to somebody.
 *
 * Objects that only their creator knows appear in no table here.
 */

export interface OwnershipSink {
  /** Asks the owner to count `borrowerId` in. */
  borrow(ownerId: number, key: number, borrowerId: number): void;
  /** Tells the borrower that `ownerId` counts it; 0: there is no such object. */
  borrowed(borrowerId: number, key: number, ownerId: number): void;
  /** Tells the sender of a hand-out that it may let go. */
  received(senderId: number, handoutId: number): void;
  /** Gives back `grants` hand-outs of `borrowerId`. */
  release(ownerId: number, key: number, grants: number, borrowerId: number): void;
  /** Tells a borrower who owns the object now. */
  moved(borrowerId: number, key: number, ownerId: number): void;
  /** Tells the former owner that nothing more about the object will be addressed to it. */
  movedReceived(formerOwnerId: number, key: number): void;
  /** No other process holds the object any longer. */
  freed(key: number): void;
  /** The owner of a borrowed object is gone, or has no such object. */
  lost(key: number): void;
}

/** Written beside a ref that is sent. `handoutId` 0: the sender owns it or sends it home. */
export interface Handout {
  readonly ownerId: number;
  readonly handoutId: number;
}

interface Borrowed {
  ownerId: number;
  /** Hand-outs that the owner has counted and that were not given back. */
  grants: number;
  /** A borrow was sent and is not answered. */
  isRegistering: boolean;
  /** This process has the ref in its hands. */
  isHeld: boolean;
  /** Senders to be told once the owner counts this process. */
  confirmations: [senderId: number, handoutId: number][];
}

interface Forwarding {
  readonly ownerId: number;
  /** Borrowers that are told once the new owner has confirmed: before, it would not know them. */
  untold: number[];
  /** Processes that may still address this one as the owner. */
  readonly awaited: Set<number>;
}

export class Ownership {
  readonly #selfId: number;
  readonly #sink: OwnershipSink;
  /** Owned objects that others hold: borrower → hand-outs. */
  readonly #owned = new Map<number, Map<number, number>>();
  readonly #borrowed = new Map<number, Borrowed>();
  readonly #forwarded = new Map<number, Forwarding>();
  /** Hand-outs of objects owned elsewhere, on their way. */
  readonly #handouts = new Map<number, { key: number; toId: number }>();
  readonly #handoutsOf = new Map<number, number>();
  /** Former owners that wait until the hand-outs which name them have arrived. */
  readonly #movedFrom = new Map<number, number[]>();
  /** Process ids are never used again, so a late message of a dead process can be told. */
  readonly #gone = new Set<number>();
  #nextHandoutId = 1;

  constructor(selfId: number, sink: OwnershipSink) {
    this.#selfId = selfId;
    this.#sink = sink;
  }

  /** Whether others depend on this process: it must not be ended for being idle. */
  get isNeeded(): boolean {
    return this.#owned.size > 0 || this.#forwarded.size > 0 || this.#handouts.size > 0;
  }

  isBorrowed(key: number): boolean {
    return this.#borrowed.has(key);
  }

  ownerOf(key: number): number {
    return this.#borrowed.get(key)?.ownerId ?? this.#forwarded.get(key)?.ownerId ?? this.#selfId;
  }

  /** The object goes to `toId` with the message that is being written. */
  lend(key: number, toId: number): Handout {
    const borrowed = this.#borrowed.get(key);
    if (borrowed === undefined) {
      const borrowers = this.#owned.get(key) ?? new Map<number, number>();
      this.#owned.set(key, borrowers);
      borrowers.set(toId, (borrowers.get(toId) ?? 0) + 1);
      return { ownerId: this.#selfId, handoutId: 0 };
    }
    if (borrowed.ownerId === toId) return { ownerId: toId, handoutId: 0 };
    const handoutId = this.#nextHandoutId++;
    this.#handouts.set(handoutId, { key, toId });
    this.#handoutsOf.set(key, (this.#handoutsOf.get(key) ?? 0) + 1);
    return { ownerId: borrowed.ownerId, handoutId };
  }

  /** A ref has arrived. From now on this process holds it, until `dropped`. */
  arrived(senderId: number, key: number, handout: Handout): void {
    const forwarding = this.#forwarded.get(key);
    const ownerId =
      handout.ownerId === this.#selfId && forwarding !== undefined && !this.#owned.has(key)
        ? forwarding.ownerId
        : handout.ownerId;
    if (ownerId === this.#selfId) {
      if (handout.handoutId !== 0) this.#sink.received(senderId, handout.handoutId);
      return;
    }
    if (this.#owned.has(key)) {
      // It was given to this process while the message was on its way.
      if (handout.handoutId !== 0) this.#sink.received(senderId, handout.handoutId);
      return;
    }
    const borrowed = this.#borrowed.get(key) ?? this.#newBorrowed(key, ownerId);
    borrowed.isHeld = true;
    if (handout.handoutId === 0 && senderId === ownerId) borrowed.grants++;
    else if (borrowed.grants > 0) this.#confirm(senderId, handout.handoutId);
    else {
      borrowed.confirmations.push([senderId, handout.handoutId]);
      if (!borrowed.isRegistering) {
        borrowed.isRegistering = true;
        this.#sink.borrow(borrowed.ownerId, key, this.#selfId);
      }
    }
  }

  #newBorrowed(key: number, ownerId: number): Borrowed {
    const borrowed: Borrowed = {
      ownerId,
      grants: 0,
      isRegistering: false,
      isHeld: true,
      confirmations: [],
    };
    this.#borrowed.set(key, borrowed);
    return borrowed;
  }

  #confirm(senderId: number, handoutId: number): void {
    if (handoutId !== 0 && !this.#gone.has(senderId)) this.#sink.received(senderId, handoutId);
  }

  /** This process has let go of a borrowed object. */
  dropped(key: number): void {
    const borrowed = this.#borrowed.get(key);
    if (borrowed === undefined) return;
    borrowed.isHeld = false;
    this.#releaseIfDone(key, borrowed);
  }

  #releaseIfDone(key: number, borrowed: Borrowed): void {
    if (borrowed.isHeld || borrowed.isRegistering || this.#handoutsOf.has(key)) return;
    this.#borrowed.delete(key);
    this.#sink.release(borrowed.ownerId, key, borrowed.grants, this.#selfId);
  }

  // Messages.

  borrowRequested(key: number, borrowerId: number): void {
    if (this.#gone.has(borrowerId)) return;
    const forwarding = this.#forwarded.get(key);
    const borrowers = this.#owned.get(key);
    if (borrowers !== undefined) {
      // The borrower may have become the owner while its request was on its way.
      if (borrowerId === this.#selfId) return;
      borrowers.set(borrowerId, (borrowers.get(borrowerId) ?? 0) + 1);
      this.#sink.borrowed(borrowerId, key, this.#selfId);
    } else if (forwarding !== undefined) this.#sink.borrow(forwarding.ownerId, key, borrowerId);
    else if (borrowerId !== this.#selfId) this.#sink.borrowed(borrowerId, key, 0);
  }

  borrowAnswered(key: number, ownerId: number): void {
    const borrowed = this.#borrowed.get(key);
    if (borrowed === undefined) return;
    borrowed.isRegistering = false;
    for (const [senderId, handoutId] of borrowed.confirmations) this.#confirm(senderId, handoutId);
    borrowed.confirmations = [];
    if (ownerId === 0) {
      this.#borrowed.delete(key);
      this.#sink.lost(key);
      return;
    }
    borrowed.ownerId = ownerId;
    borrowed.grants++;
    this.#releaseIfDone(key, borrowed);
  }

  /** The receiver of a hand-out is counted by the owner. */
  confirmed(handoutId: number): void {
    const handout = this.#handouts.get(handoutId);
    if (handout === undefined) return;
    this.#handouts.delete(handoutId);
    const left = this.#handoutsOf.get(handout.key)! - 1;
    if (left > 0) {
      this.#handoutsOf.set(handout.key, left);
      return;
    }
    this.#handoutsOf.delete(handout.key);
    for (const formerOwnerId of this.#movedFrom.get(handout.key) ?? []) {
      this.#sink.movedReceived(formerOwnerId, handout.key);
    }
    this.#movedFrom.delete(handout.key);
    const borrowed = this.#borrowed.get(handout.key);
    if (borrowed !== undefined) this.#releaseIfDone(handout.key, borrowed);
  }

  released(key: number, grants: number, borrowerId: number): void {
    const borrowers = this.#owned.get(key);
    if (borrowers === undefined) {
      const forwarding = this.#forwarded.get(key);
      if (forwarding !== undefined && forwarding.ownerId !== borrowerId) {
        this.#sink.release(forwarding.ownerId, key, grants, borrowerId);
      }
      return;
    }
    const count = borrowers.get(borrowerId);
    if (count === undefined) return;
    if (count > grants) borrowers.set(borrowerId, count - grants);
    else borrowers.delete(borrowerId);
    this.#freeIfUnused(key, borrowers);
  }

  #freeIfUnused(key: number, borrowers: ReadonlyMap<number, number>): void {
    if (borrowers.size > 0) return;
    this.#owned.delete(key);
    this.#sink.freed(key);
  }

  // Giving an object away.

  /** Whether others hold an object of this process, so that it can be given to one of them. */
  canTransfer(key: number, toId: number): boolean {
    return this.#owned.get(key)?.has(toId) === true;
  }

  /**
   * Makes `toId` the owner, with the message that is being written. `isHeld`: this process keeps
   * the ref. Returns the borrowers for that message. Precondition: `canTransfer`.
   */
  transfer(key: number, toId: number, isHeld: boolean): [borrowerId: number, grants: number][] {
    const borrowers = this.#owned.get(key)!;
    this.#owned.delete(key);
    borrowers.delete(toId);
    const untold = [...borrowers.keys()];
    this.#forwarded.set(key, { ownerId: toId, untold, awaited: new Set([toId]) });
    if (isHeld) {
      borrowers.set(this.#selfId, 1);
      this.#newBorrowed(key, toId).grants = 1;
    }
    return [...borrowers];
  }

  /** The object was given to this process. `freed` follows when nobody else holds it. */
  tookOver(
    key: number,
    formerOwnerId: number,
    borrowerGrants: readonly (readonly [number, number])[],
  ): void {
    const borrowed = this.#borrowed.get(key);
    this.#borrowed.delete(key);
    this.#forwarded.delete(key);
    const borrowers = new Map(
      borrowerGrants.filter(([id]) => id !== this.#selfId && !this.#gone.has(id)),
    );
    this.#owned.set(key, borrowers);
    for (const [senderId, handoutId] of borrowed?.confirmations ?? []) {
      this.#confirm(senderId, handoutId);
    }
    this.#movedAway(key, formerOwnerId);
    this.#freeIfUnused(key, borrowers);
  }

  ownerMoved(key: number, formerOwnerId: number, ownerId: number): void {
    const borrowed = this.#borrowed.get(key);
    if (borrowed !== undefined && borrowed.ownerId === formerOwnerId) borrowed.ownerId = ownerId;
    this.#movedAway(key, formerOwnerId);
  }

  /** Tells the former owner, as soon as no hand-out is on its way that names it. */
  #movedAway(key: number, formerOwnerId: number): void {
    if (this.#handoutsOf.has(key)) {
      const waiting = this.#movedFrom.get(key) ?? [];
      this.#movedFrom.set(key, [...waiting, formerOwnerId]);
    } else if (!this.#gone.has(formerOwnerId)) this.#sink.movedReceived(formerOwnerId, key);
  }

  moveConfirmed(key: number, borrowerId: number): void {
    const forwarding = this.#forwarded.get(key);
    if (forwarding === undefined) return;
    forwarding.awaited.delete(borrowerId);
    for (const untoldId of forwarding.untold) {
      if (this.#gone.has(untoldId)) continue;
      forwarding.awaited.add(untoldId);
      this.#sink.moved(untoldId, key, forwarding.ownerId);
    }
    forwarding.untold = [];
    if (forwarding.awaited.size === 0) this.#forwarded.delete(key);
  }

  /** Everything that the process held, owned or was sent is settled without it. */
  processGone(processId: number): void {
    this.#gone.add(processId);
    for (const [key, borrowers] of [...this.#owned]) {
      if (borrowers.delete(processId)) this.#freeIfUnused(key, borrowers);
    }
    for (const [handoutId, handout] of [...this.#handouts]) {
      if (handout.toId === processId) this.confirmed(handoutId);
    }
    for (const [key, borrowed] of [...this.#borrowed]) {
      if (borrowed.ownerId !== processId) continue;
      this.#borrowed.delete(key);
      for (const [senderId, id] of borrowed.confirmations) this.#confirm(senderId, id);
      this.#sink.lost(key);
    }
    for (const [key, forwarding] of [...this.#forwarded]) {
      if (forwarding.ownerId === processId) {
        this.#forwarded.delete(key);
        for (const untoldId of forwarding.untold) this.#sink.borrowed(untoldId, key, 0);
      } else if (forwarding.awaited.has(processId)) this.moveConfirmed(key, processId);
    }
  }

  /** What is left, for leak checks and error messages. */
  counts(): { owned: number; borrowed: number; forwarded: number; handouts: number } {
    return {
      owned: this.#owned.size,
      borrowed: this.#borrowed.size,
      forwarded: this.#forwarded.size,
      handouts: this.#handouts.size,
    };
  }

  /** Throws if two tables disagree. */
  validate(): void {
    const counted = new Map<number, number>();
    for (const { key } of this.#handouts.values()) counted.set(key, (counted.get(key) ?? 0) + 1);
    for (const [key, count] of this.#handoutsOf) {
      if (counted.get(key) !== count) throw new Error(`Cannot count ${count} hand-outs of ${key}`);
    }
    for (const [key, borrowers] of this.#owned) {
      if (borrowers.size === 0) throw new Error(`Cannot keep ${key}: nobody borrows it`);
      if (this.#borrowed.has(key)) throw new Error(`Cannot own and borrow ${key}`);
      for (const [borrowerId, grants] of borrowers) {
        if (grants <= 0 || borrowerId === this.#selfId) {
          throw new Error(`Cannot have ${grants} hand-outs of ${key} to ${borrowerId}`);
        }
      }
    }
    for (const [key, borrowed] of this.#borrowed) {
      const isIdle = !borrowed.isHeld && !borrowed.isRegistering && !this.#handoutsOf.has(key);
      if (isIdle || borrowed.ownerId === this.#selfId) {
        throw new Error(`Cannot borrow ${key} of ${borrowed.ownerId}: it is not in use`);
      }
    }
  }
}
