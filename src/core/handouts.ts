/** Refs to objects owned elsewhere, on their way to processes that the owner may not know yet. */

interface Sent {
  readonly key: number;
  readonly toId: number;
  /** The receiver has asked this process to make it known to the owner. */
  hasAsked: boolean;
}

export class Handouts {
  readonly #sent = new Map<number, Sent>();
  readonly #idsOf = new Map<number, Set<number>>();
  #nextId = 1;

  get size(): number {
    return this.#sent.size;
  }

  /** Objects that are on their way. */
  keys(): number[] {
    return [...this.#idsOf.keys()];
  }

  has(key: number): boolean {
    return this.#idsOf.has(key);
  }

  add(key: number, toId: number): number {
    const handoutId = this.#nextId++;
    this.#sent.set(handoutId, { key, toId, hasAsked: false });
    const ids = this.#idsOf.get(key);
    if (ids === undefined) this.#idsOf.set(key, new Set([handoutId]));
    else ids.add(handoutId);
    return handoutId;
  }

  /** Returns the object's key if that was its last hand-out. */
  end(handoutId: number): number | undefined {
    const sent = this.#sent.get(handoutId);
    if (sent === undefined) return undefined;
    this.#sent.delete(handoutId);
    const ids = this.#idsOf.get(sent.key)!;
    ids.delete(handoutId);
    if (ids.size > 0) return undefined;
    this.#idsOf.delete(sent.key);
    return sent.key;
  }

  /** Hand-outs to a process. */
  idsTo(processId: number): number[] {
    return [...this.#sent].filter(([, { toId }]) => toId === processId).map(([id]) => id);
  }

  /** The process has asked about the object: returns false if it is not on its way there. */
  asked(key: number, processId: number): boolean {
    let isReceiver = false;
    for (const sent of this.#of(key)) {
      if (sent.toId !== processId) continue;
      sent.hasAsked = true;
      isReceiver = true;
    }
    return isReceiver;
  }

  /** Receivers that have asked, each once. */
  askersOf(key: number): Set<number> {
    const askers = this.#of(key).filter(({ hasAsked }) => hasAsked);
    return new Set(askers.map(({ toId }) => toId));
  }

  /** Processes to which the object is on its way, each once. */
  receiversOf(key: number): Set<number> {
    return new Set(this.#of(key).map(({ toId }) => toId));
  }

  #of(key: number): Sent[] {
    return [...(this.#idsOf.get(key) ?? [])].map((handoutId) => this.#sent.get(handoutId)!);
  }

  /** Forgets all hand-outs of the object. */
  drop(key: number): void {
    for (const handoutId of this.#idsOf.get(key) ?? []) this.#sent.delete(handoutId);
    this.#idsOf.delete(key);
  }

  /** Throws if the two tables disagree. */
  validate(): void {
    let count = 0;
    for (const [key, ids] of this.#idsOf) {
      count += ids.size;
      for (const id of ids) {
        if (this.#sent.get(id)?.key !== key)
          throw new Error(`Cannot find hand-out ${id} of ${key}`);
      }
      if (ids.size === 0) throw new Error(`Cannot keep hand-outs of ${key}: there is none`);
    }
    if (count !== this.#sent.size) {
      throw new Error(`Cannot count hand-outs: ${count} by object, ${this.#sent.size} by id`);
    }
  }
}
