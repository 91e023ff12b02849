/**
 * Who keeps which object alive, across processes. One instance per process; pure: messages that
 * arrive are method calls, messages to send go to the sink. Messages between two processes keep
 * their order, those of different pairs do not.
 *
 * The process that creates an object owns it until it gives it away. Others are borrowers. An
 * owner counts, per borrower, how often the object was handed out to it; a borrower gives back
 * the number it has received, so that a release which crosses a new hand-out takes nothing away
 * from it. A borrower is counted by one process only: what another one counts is given back.
 *
 * Who hands on an object that it does not own holds it until the receiver says that the owner
 * knows about it. Who is not counted itself yet names itself as the one to ask, and passes the
 * question on as soon as it can.
 *
 * When an object is given away, its former borrowers stay with the new owner as they are until
 * all of them have registered there; only then it can be given away again.
 *
 * Objects that only their creator knows appear in no table here.
 */

import { BorrowedObject, type Sender } from "./borrowed-object.ts";
import { BorrowerCounts } from "./borrower-counts.ts";
import { Forwardings } from "./forwardings.ts";
import { Handouts } from "./handouts.ts";
import { Inheritances } from "./inheritances.ts";
import type { Handout, OwnershipSink } from "./ownership-sink.ts";

export type { Handout, OwnershipSink };

/** Sizes of the tables. */
export interface OwnershipCounts {
  readonly owned: number;
  readonly inherited: number;
  readonly borrowed: number;
  readonly forwarded: number;
  readonly handouts: number;
}

export class Ownership {
  readonly #selfId: number;
  readonly #sink: OwnershipSink;
  /** Owned objects that others hold. */
  readonly #owned = new BorrowerCounts();
  readonly #borrowed = new Map<number, BorrowedObject>();
  readonly #handouts = new Handouts();
  /** Former owners that wait until hand-outs which name them have arrived. */
  readonly #movedFrom = new Map<number, number[]>();
  /** Process ids are never used again, so a late message of a dead process can be told. */
  readonly #gone = new Set<number>();
  readonly #forwarded: Forwardings;
  readonly #inherited: Inheritances;

  constructor(selfId: number, sink: OwnershipSink) {
    this.#selfId = selfId;
    this.#sink = sink;
    this.#forwarded = new Forwardings(selfId, this.#gone, sink);
    this.#inherited = new Inheritances(selfId, this.#gone, sink);
  }

  /** Whether others depend on this process: it must not be ended for being idle. */
  get isNeeded(): boolean {
    return this.#owned.size > 0 || this.#forwarded.size > 0 || this.#handouts.size > 0;
  }

  isBorrowed(key: number): boolean {
    return this.#borrowed.has(key);
  }

  /** Objects of this process that others hold. */
  ownedKeys(): number[] {
    return this.#owned.keys();
  }

  /** Processes that hold an object of this one, as far as they have been counted. */
  borrowersOf(key: number): number[] {
    return this.#owned.borrowersOf(key);
  }

  /** The process to ask about the object: its owner, or one that passes the question on. */
  ownerOf(key: number): number {
    const borrowed = this.#borrowed.get(key);
    if (borrowed !== undefined) return borrowed.contactId;
    return this.#forwarded.ownerOf(key) ?? this.#selfId;
  }

  /** The object goes to `toId` with the message that is being written. */
  lend(key: number, toId: number): Handout {
    const borrowed = this.#borrowed.get(key);
    if (borrowed === undefined) {
      if (!this.#gone.has(toId)) this.#owned.handedOut(key, toId);
      return { ownerId: this.#selfId, handoutId: 0 };
    }
    // A new owner that has not confirmed could be asked before it knows that it is the owner.
    const isCertain = borrowed.grants > 0 && !this.#forwarded.has(key);
    return {
      ownerId: isCertain ? borrowed.ownerId : this.#selfId,
      handoutId: this.#gone.has(toId) ? 0 : this.#handouts.add(key, toId),
    };
  }

  /** A ref has arrived. From now on this process holds it, until `dropped`. */
  arrived(senderId: number, key: number, handout: Handout): void {
    const { handoutId } = handout;
    const borrowed = this.#borrowed.get(key);
    if (borrowed !== undefined) borrowed.isHeld = true;
    if (handoutId === 0) this.#arrivedFromOwner(senderId, key, borrowed);
    else if (this.#owned.has(key)) this.#confirm([senderId, handoutId]);
    else if (borrowed === undefined) this.#arrivedFromBorrower(senderId, key, handout);
    else if (!borrowed.isAwaitingAnswer) this.#confirm([senderId, handoutId]);
    else borrowed.senders = [...borrowed.senders, [senderId, handoutId]];
  }

  #arrivedFromOwner(ownerId: number, key: number, borrowed: BorrowedObject | undefined): void {
    if (borrowed !== undefined || this.#owned.has(key)) this.#counted(key, ownerId, borrowed);
    else if (this.#gone.has(ownerId)) this.#sink.lost(key);
    else this.#borrowed.set(key, BorrowedObject.countedBy(ownerId));
  }

  /** `ownerId` has counted this process once more. */
  #counted(key: number, ownerId: number, borrowed: BorrowedObject | undefined): void {
    if (this.#gone.has(ownerId)) return;
    if (borrowed === undefined || (borrowed.grants > 0 && borrowed.ownerId !== ownerId)) {
      this.#sink.release(ownerId, key, 1, this.#selfId);
    } else {
      const isNew = borrowed.ownerId === 0;
      borrowed.counted(ownerId);
      if (isNew) this.#passOnQuestions(key);
    }
  }

  /** Answers those, or has them answered, who have asked while this process knew no owner. */
  #passOnQuestions(key: number): void {
    for (const askerId of this.#handouts.askersOf(key)) this.borrowRequested(key, askerId);
  }

  #arrivedFromBorrower(senderId: number, key: number, { ownerId, handoutId }: Handout): void {
    const sender: Sender = [senderId, handoutId];
    let askedId = ownerId === this.#selfId ? this.ownerOf(key) : ownerId;
    if (this.#gone.has(askedId)) askedId = senderId;
    if (this.#gone.has(askedId) || askedId === this.#selfId) {
      this.#confirm(sender);
      this.#sink.lost(key);
      return;
    }
    const borrowed = BorrowedObject.unknown(askedId, this.#gone.has(senderId) ? [] : [sender]);
    this.#borrowed.set(key, borrowed);
    this.#ask(key, borrowed, askedId);
  }

  #ask(key: number, borrowed: BorrowedObject, askedId: number): void {
    borrowed.askedId = askedId;
    this.#sink.borrow(askedId, key, this.#selfId);
  }

  #confirm([senderId, handoutId]: Sender): void {
    if (!this.#gone.has(senderId)) this.#sink.received(senderId, handoutId);
  }

  /** This process has let go of a borrowed object. */
  dropped(key: number): void {
    const borrowed = this.#borrowed.get(key);
    if (borrowed === undefined) return;
    borrowed.isHeld = false;
    this.#settle(key);
  }

  /** Does what was put off until the object's hand-outs are confirmed or its owner has answered. */
  #settle(key: number): void {
    const borrowed = this.#borrowed.get(key);
    if (this.#handouts.has(key) || borrowed?.isAwaitingAnswer === true) return;
    for (const formerOwnerId of this.#movedFrom.get(key) ?? []) {
      if (!this.#gone.has(formerOwnerId)) this.#sink.movedReceived(formerOwnerId, key);
    }
    this.#movedFrom.delete(key);
    if (borrowed?.isHeld === false) {
      this.#borrowed.delete(key);
      this.#sink.release(borrowed.ownerId, key, borrowed.grants, this.#selfId);
    }
    this.#freeIfUnused(key);
  }

  #freeIfUnused(key: number): void {
    if (!this.#owned.isReturned(key)) return;
    if (this.#inherited.isAwaited(key) || this.#handouts.has(key)) return;
    this.#owned.drop(key);
    this.#sink.freed(key);
  }

  // Messages.

  borrowRequested(key: number, borrowerId: number): void {
    if (this.#gone.has(borrowerId)) return;
    const isReceiver = this.#handouts.asked(key, borrowerId);
    const borrowed = this.#borrowed.get(key);
    if (this.#owned.has(key)) {
      // The borrower may have become the owner while its request was on its way.
      if (borrowerId === this.#selfId) return;
      this.#owned.handedOut(key, borrowerId);
      this.#sink.borrowed(borrowerId, key, this.#selfId);
    } else if (this.#forwarded.ownerOf(key) !== undefined) {
      this.#forwarded.ask(key, borrowerId, isReceiver);
    } else if (borrowed !== undefined && isReceiver) {
      // It is told should the object be lost.
      if (borrowed.ownerId !== 0) this.#sink.borrow(borrowed.ownerId, key, borrowerId);
    } else if (borrowerId !== this.#selfId) this.#sink.borrowed(borrowerId, key, 0);
  }

  /** `senderId`: who says so; a process that loses an object tells all that it has sent it to. */
  borrowAnswered(key: number, ownerId: number, senderId?: number): void {
    const borrowed = this.#borrowed.get(key);
    if (ownerId !== 0) this.#counted(key, ownerId, borrowed);
    else if (borrowed === undefined || borrowed.askedId !== (senderId ?? borrowed.askedId)) return;
    if (borrowed !== undefined) this.#answered(key, borrowed);
  }

  /** No answer is awaited any more: what was put off is done, or all is lost. */
  #answered(key: number, borrowed: BorrowedObject): void {
    borrowed.askedId = 0;
    for (const sender of borrowed.takeSenders()) this.#confirm(sender);
    if (borrowed.grants === 0) this.#lose(key);
    else this.#settle(key);
  }

  #lose(key: number): void {
    this.#borrowed.delete(key);
    for (const receiverId of this.#handouts.receiversOf(key)) {
      if (!this.#gone.has(receiverId)) this.#sink.borrowed(receiverId, key, 0);
    }
    this.#handouts.drop(key);
    this.#settle(key);
    this.#sink.lost(key);
  }

  /** The receiver of a hand-out is counted by the owner. */
  confirmed(handoutId: number): void {
    const key = this.#handouts.end(handoutId);
    if (key !== undefined) this.#settle(key);
  }

  /** Of an object that was given away nothing is released: the new owner asks its borrowers. */
  released(key: number, grants: number, borrowerId: number): void {
    this.#owned.released(key, grants, borrowerId);
    this.#freeIfUnused(key);
  }

  // Giving an object away.

  /** Whether others hold an object of this process, so that it can be given to one of them. */
  canTransfer(key: number, toId: number): boolean {
    const isMoving = this.#inherited.has(key) || this.#forwarded.has(key);
    if (isMoving || this.#handouts.has(key)) return false;
    return this.#owned.isBorrower(key, toId);
  }

  /**
   * Makes `toId` the owner, with the message that is being written. `isHeld`: this process keeps
   * the ref. Returns the borrowers for that message. Precondition: `canTransfer`.
   */
  transfer(key: number, toId: number, isHeld: boolean): [borrowerId: number, grants: number][] {
    const borrowers = this.#owned.drop(key);
    borrowers.delete(toId);
    this.#forwarded.begin(key, toId, [...borrowers.keys()]);
    if (isHeld) {
      borrowers.set(this.#selfId, 1);
      this.#borrowed.set(key, BorrowedObject.countedBy(toId));
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
    this.#forwarded.cameBack(key);
    const counts = new Map<number, number>(borrowerGrants);
    counts.delete(this.#selfId);
    const borrowers = new Map<number, number>();
    const formerGrants = counts.get(formerOwnerId);
    if (formerGrants !== undefined && !this.#gone.has(formerOwnerId)) {
      borrowers.set(formerOwnerId, formerGrants);
    }
    this.#owned.tookOver(key, borrowers);
    counts.delete(formerOwnerId);
    if (counts.size > 0 || this.#handouts.has(key)) {
      this.#inherited.begin(key, formerOwnerId, [...counts.keys()]);
    }
    for (const sender of borrowed?.senders ?? []) this.#confirm(sender);
    if (borrowed?.ownerId === 0) this.#passOnQuestions(key);
    this.#confirmMove(key, formerOwnerId);
  }

  /**
   * The owner is another one, as the former owner says; or as the new owner says, if the former
   * one died before it could.
   */
  ownerMoved(key: number, formerOwnerId: number, ownerId: number): void {
    if (ownerId === this.#selfId) {
      this.#inherited.reported(key, formerOwnerId);
      this.#freeIfUnused(key);
      return;
    }
    const borrowed = this.#borrowed.get(key);
    if (borrowed !== undefined) this.#follow(key, borrowed, formerOwnerId, ownerId);
    this.#confirmMove(key, formerOwnerId);
  }

  #follow(key: number, borrowed: BorrowedObject, formerOwnerId: number, ownerId: number): void {
    const isSuccessor = formerOwnerId === ownerId;
    if (isSuccessor && borrowed.isCountedBy(ownerId)) return;
    if (isSuccessor || borrowed.isCountedBy(formerOwnerId)) {
      // What a successor was asked before, it may not know.
      borrowed.uncounted(isSuccessor ? 0 : ownerId);
    } else if (borrowed.askedId !== formerOwnerId) return;
    if (this.#gone.has(ownerId)) this.#answered(key, borrowed);
    else this.#ask(key, borrowed, ownerId);
  }

  /** Tells the former owner, as soon as nothing on its way names it. */
  #confirmMove(key: number, formerOwnerId: number): void {
    this.#movedFrom.set(key, [...(this.#movedFrom.get(key) ?? []), formerOwnerId]);
    this.#settle(key);
  }

  moveConfirmed(key: number, fromId: number): void {
    if (this.#forwarded.confirmed(key, fromId)) return;
    this.#inherited.confirmed(key, fromId);
    this.#freeIfUnused(key);
  }

  /** Whether the end of the process is known: nothing that it sent counts any more. */
  isGone(processId: number): boolean {
    return this.#gone.has(processId);
  }

  /** Everything that the process held, owned or was sent is settled without it. */
  processGone(processId: number): void {
    this.#gone.add(processId);
    this.#inherited.processGone(processId);
    for (const key of this.#owned.keys()) {
      this.#owned.forget(key, processId);
      this.#freeIfUnused(key);
    }
    for (const [key, borrowed] of [...this.#borrowed]) this.#ownerGone(key, borrowed, processId);
    this.#forwarded.processGone(processId);
    for (const handoutId of this.#handouts.idsTo(processId)) this.confirmed(handoutId);
    // What was passed on to it may be lost.
    for (const key of this.#handouts.keys()) this.#passOnQuestions(key);
  }

  #ownerGone(key: number, borrowed: BorrowedObject, processId: number): void {
    borrowed.forgetSender(processId);
    const isAsked = borrowed.askedId === processId;
    if (borrowed.isCountedBy(processId)) borrowed.uncounted(0);
    else if (!isAsked) return;
    if (isAsked || !borrowed.isAwaitingAnswer) this.#answered(key, borrowed);
  }

  /** What is left, for leak checks and error messages. */
  counts(): OwnershipCounts {
    return {
      owned: this.#owned.size,
      inherited: this.#inherited.size,
      borrowed: this.#borrowed.size,
      forwarded: this.#forwarded.size,
      handouts: this.#handouts.size,
    };
  }

  /** Throws if two tables disagree. */
  validate(): void {
    this.#handouts.validate();
    this.#forwarded.validate();
    this.#owned.validate(this.#selfId);
    for (const key of this.#owned.keys()) {
      const isAwaited = this.#inherited.isAwaited(key) || this.#handouts.has(key);
      if (this.#owned.isReturned(key) && !isAwaited) {
        throw new Error(`Cannot keep ${key}: nobody borrows it`);
      }
      if (this.#borrowed.has(key)) throw new Error(`Cannot own and borrow ${key}`);
    }
    for (const [key, borrowed] of this.#borrowed) {
      const { ownerId, grants, askedId, isHeld } = borrowed;
      const isUsed = isHeld || askedId !== 0 || this.#handouts.has(key);
      if (!isUsed || ownerId === this.#selfId || (grants === 0 && askedId === 0)) {
        throw new Error(`Cannot borrow ${key} of ${ownerId}: ${grants} grants, asked ${askedId}`);
      }
    }
    for (const key of this.#movedFrom.keys()) {
      const askedId = this.#borrowed.get(key)?.askedId ?? 0;
      if (askedId === 0 && !this.#handouts.has(key))
        throw new Error(`Cannot put off moving ${key}`);
    }
  }
}
