/**
 * Who holds the objects of this process: how often each was handed out to each borrower, less
 * what the borrower has given back. An object that nobody else knows is not in here.
 */

export class BorrowerCounts {
  readonly #counts = new Map<number, Map<number, number>>();

  get size(): number {
    return this.#counts.size;
  }

  keys(): number[] {
    return [...this.#counts.keys()];
  }

  has(key: number): boolean {
    return this.#counts.has(key);
  }

  /** Whether the object was lent and nobody holds it any more. */
  isReturned(key: number): boolean {
    return this.#counts.get(key)?.size === 0;
  }

  borrowersOf(key: number): number[] {
    return [...(this.#counts.get(key)?.keys() ?? [])];
  }

  isBorrower(key: number, borrowerId: number): boolean {
    return this.#counts.get(key)?.has(borrowerId) === true;
  }

  handedOut(key: number, borrowerId: number): void {
    const borrowers = this.#counts.get(key) ?? new Map<number, number>();
    this.#counts.set(key, borrowers);
    borrowers.set(borrowerId, (borrowers.get(borrowerId) ?? 0) + 1);
  }

  /** A borrower gives hand-outs back. */
  released(key: number, grants: number, borrowerId: number): void {
    const borrowers = this.#counts.get(key);
    const count = borrowers?.get(borrowerId);
    if (borrowers === undefined || count === undefined) return;
    if (count > grants) borrowers.set(borrowerId, count - grants);
    else borrowers.delete(borrowerId);
  }

  /** The process holds nothing any more. */
  forget(key: number, borrowerId: number): void {
    this.#counts.get(key)?.delete(borrowerId);
  }

  /** From now on the object belongs to this process. */
  tookOver(key: number, borrowers: Map<number, number>): void {
    this.#counts.set(key, borrowers);
  }

  /** The object is given away, or nobody else knows it. Precondition: `has`. */
  drop(key: number): Map<number, number> {
    const borrowers = this.#counts.get(key)!;
    this.#counts.delete(key);
    return borrowers;
  }

  /** Throws if a count cannot be. */
  validate(selfId: number): void {
    for (const [key, borrowers] of this.#counts) {
      for (const [borrowerId, grants] of borrowers) {
        if (grants <= 0 || borrowerId === selfId) {
          throw new Error(`Cannot have ${grants} hand-outs of ${key} to ${borrowerId}`);
        }
      }
    }
  }
}
