/**
 * Objects that were given to this process, for as long as not everybody knows. Borrowers of the
 * former owner are taken to hold the object until they have registered here, which the former
 * owner reports. If it dies before, this process asks them itself.
 */

import type { OwnershipSink } from "./ownership-sink.ts";

interface Inheritance {
  readonly formerOwnerId: number;
  /** Borrowers of the former owner that may not have registered here. */
  readonly borrowers: Set<number>;
}

export class Inheritances {
  readonly #selfId: number;
  readonly #gone: ReadonlySet<number>;
  readonly #sink: Pick<OwnershipSink, "borrow" | "moved">;
  readonly #inheritances = new Map<number, Inheritance>();

  constructor(
    selfId: number,
    gone: ReadonlySet<number>,
    sink: Pick<OwnershipSink, "borrow" | "moved">,
  ) {
    this.#selfId = selfId;
    this.#gone = gone;
    this.#sink = sink;
  }

  get size(): number {
    return this.#inheritances.size;
  }

  has(key: number): boolean {
    return this.#inheritances.has(key);
  }

  /** Whether the object stays for somebody who has not registered here. */
  isAwaited(key: number): boolean {
    return (this.#inheritances.get(key)?.borrowers.size ?? 0) > 0;
  }

  begin(key: number, formerOwnerId: number, borrowerIds: readonly number[]): void {
    const alive = borrowerIds.filter((borrowerId) => !this.#gone.has(borrowerId));
    const inheritance = { formerOwnerId, borrowers: new Set(alive) };
    this.#inheritances.set(key, inheritance);
    if (this.#gone.has(formerOwnerId)) this.#askBorrowers(key, inheritance);
    // Of receivers of this process's own hand-outs, who may ask it, the former owner does not know.
    else if (borrowerIds.length === 0) this.#sink.borrow(formerOwnerId, key, this.#selfId);
  }

  /** Nobody knows whom the former owner has told. */
  #askBorrowers(key: number, inheritance: Inheritance): void {
    for (const borrowerId of inheritance.borrowers) this.#sink.moved(borrowerId, key, this.#selfId);
    this.#endIfOrphaned(key, inheritance);
  }

  #endIfOrphaned(key: number, { formerOwnerId, borrowers }: Inheritance): void {
    if (borrowers.size === 0 && this.#gone.has(formerOwnerId)) this.#inheritances.delete(key);
  }

  /** The former owner reports that everybody knows. */
  reported(key: number, formerOwnerId: number): void {
    if (this.#inheritances.get(key)?.formerOwnerId === formerOwnerId)
      this.#inheritances.delete(key);
  }

  /** The borrower has answered the question of this process. */
  confirmed(key: number, borrowerId: number): void {
    const inheritance = this.#inheritances.get(key);
    if (inheritance === undefined) return;
    inheritance.borrowers.delete(borrowerId);
    this.#endIfOrphaned(key, inheritance);
  }

  processGone(processId: number): void {
    for (const [key, inheritance] of [...this.#inheritances]) {
      inheritance.borrowers.delete(processId);
      if (inheritance.formerOwnerId === processId) this.#askBorrowers(key, inheritance);
      else this.#endIfOrphaned(key, inheritance);
    }
  }
}
