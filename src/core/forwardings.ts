/**
 * Objects that this process has given away, for as long as somebody may take it for the owner.
 * Meanwhile it hands on what it is asked, and tells its former borrowers who owns the object; when
 * all have answered, it reports to the new owner.
 */

import type { OwnershipSink } from "./ownership-sink.ts";

interface Forwarding {
  /** The new owner; this process itself if the object has come back meanwhile. */
  ownerId: number;
  /** Those to tell once the new owner has confirmed: before, it would not know them. */
  untold: number[];
  /** Processes that have to answer `transfer` or `moved`. */
  readonly awaited: Set<number>;
  /** The new owner waits to hear that everybody knows it. */
  isReportAwaited: boolean;
}

export class Forwardings {
  readonly #selfId: number;
  readonly #gone: ReadonlySet<number>;
  readonly #sink: Pick<OwnershipSink, "borrow" | "moved">;
  readonly #forwardings = new Map<number, Forwarding>();

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
    return this.#forwardings.size;
  }

  has(key: number): boolean {
    return this.#forwardings.has(key);
  }

  /** The living process to which the object was given. */
  ownerOf(key: number): number | undefined {
    const ownerId = this.#forwardings.get(key)?.ownerId;
    return ownerId === this.#selfId || this.#gone.has(ownerId ?? 0) ? undefined : ownerId;
  }

  begin(key: number, ownerId: number, borrowerIds: readonly number[]): void {
    this.#forwardings.set(key, {
      ownerId,
      untold: [...borrowerIds],
      awaited: new Set([ownerId]),
      isReportAwaited: borrowerIds.length > 0,
    });
  }

  /** This process owns the object again. What it has sent will still be answered. */
  cameBack(key: number): void {
    const forwarding = this.#forwardings.get(key);
    if (forwarding === undefined) return;
    forwarding.ownerId = this.#selfId;
    forwarding.untold = [];
  }

  /**
   * Hands on the question, and tells the asker like the former borrowers: it must not wait for
   * ever if the new owner dies. `isReceiver`: it has a hand-out of this process, whose own loss
   * would be told to it. Precondition: `ownerOf(key)` is defined.
   */
  ask(key: number, askerId: number, isReceiver: boolean): void {
    const forwarding = this.#forwardings.get(key)!;
    const { ownerId, untold, awaited } = forwarding;
    if (askerId === ownerId) {
      forwarding.isReportAwaited = true;
      return;
    }
    this.#sink.borrow(ownerId, key, askerId);
    const isKnown = untold.includes(askerId) || awaited.has(askerId);
    if (isKnown || isReceiver || askerId === this.#selfId) return;
    forwarding.isReportAwaited = true;
    if (awaited.has(ownerId)) untold.push(askerId);
    else this.#tell(key, forwarding, askerId);
  }

  #tell(key: number, { ownerId, awaited }: Forwarding, borrowerId: number): void {
    if (this.#gone.has(borrowerId)) return;
    awaited.add(borrowerId);
    this.#sink.moved(borrowerId, key, ownerId);
  }

  /** Returns whether an answer of this process was awaited. */
  confirmed(key: number, fromId: number): boolean {
    const forwarding = this.#forwardings.get(key);
    if (forwarding === undefined || !forwarding.awaited.delete(fromId)) return false;
    if (fromId === forwarding.ownerId) {
      for (const untoldId of forwarding.untold) this.#tell(key, forwarding, untoldId);
      forwarding.untold = [];
    }
    if (forwarding.awaited.size === 0) this.#end(key, forwarding);
    return true;
  }

  #end(key: number, { ownerId, isReportAwaited }: Forwarding): void {
    const isReported = isReportAwaited && this.ownerOf(key) !== undefined;
    this.#forwardings.delete(key);
    if (isReported) this.#sink.moved(ownerId, key, ownerId);
  }

  processGone(processId: number): void {
    for (const key of [...this.#forwardings.keys()]) this.confirmed(key, processId);
  }

  /** Throws if a forwarding waits for nothing. */
  validate(): void {
    for (const [key, { ownerId, untold, awaited }] of this.#forwardings) {
      if (awaited.size > 0 && (untold.length === 0 || awaited.has(ownerId))) continue;
      throw new Error(`Cannot forward ${key} to ${ownerId}: nobody has to answer`);
    }
  }
}
