/** What a process knows of an object that it has borrowed: who counts it there, or will. */

/** Who has handed the object on, and is to be told once this process is counted. */
export type Sender = readonly [senderId: number, handoutId: number];

const NO_SENDERS: readonly Sender[] = [];

export class BorrowedObject {
  /** Who counts this process, or will when it is asked; 0: not known for certain. */
  ownerId: number;
  /** Hand-outs that the owner has counted and that were not given back. */
  grants: number;
  /** Who was asked to count this process, or to have it counted; 0: no answer is awaited. */
  askedId: number;
  /** This process has the ref in its hands. */
  isHeld = true;
  senders: readonly Sender[];

  constructor(ownerId: number, grants: number, askedId: number, senders: readonly Sender[]) {
    this.ownerId = ownerId;
    this.grants = grants;
    this.askedId = askedId;
    this.senders = senders;
  }

  static countedBy(ownerId: number): BorrowedObject {
    return new BorrowedObject(ownerId, 1, 0, NO_SENDERS);
  }

  /** `askedId` is being asked about it. */
  static unknown(askedId: number, senders: readonly Sender[]): BorrowedObject {
    return new BorrowedObject(0, 0, askedId, senders);
  }

  isCountedBy(ownerId: number): boolean {
    return this.grants > 0 && this.ownerId === ownerId;
  }

  get isAwaitingAnswer(): boolean {
    return this.askedId !== 0;
  }

  /** The process to ask about the object. */
  get contactId(): number {
    return this.grants > 0 ? this.ownerId : this.askedId;
  }

  counted(ownerId: number): void {
    this.ownerId = ownerId;
    this.grants++;
  }

  /** Whoever counted this process does so no more; `ownerId` will when it is asked. */
  uncounted(ownerId: number): void {
    this.ownerId = ownerId;
    this.grants = 0;
  }

  takeSenders(): readonly Sender[] {
    const { senders } = this;
    this.senders = NO_SENDERS;
    return senders;
  }

  forgetSender(processId: number): void {
    this.senders = this.senders.filter(([senderId]) => senderId !== processId);
  }
}
