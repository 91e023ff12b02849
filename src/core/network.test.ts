/**
 * A few processes with their ownership tables, joined by links that keep order and take any
 * time; and beside them what is true, known to nobody inside: who holds which object, which refs
 * are on their way, whose death may excuse a loss.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Ownership, type Handout, type OwnershipSink } from "./ownership.ts";

type Message =
  | {
      readonly kind: "ref";
      readonly key: number;
      readonly handout: Handout;
      /** On whom the receiver depends until the owner has counted it. */
      readonly sources: readonly number[];
    }
  | { readonly kind: "transfer"; readonly key: number; readonly borrowers: [number, number][] }
  | { readonly kind: "borrow"; readonly key: number; readonly borrowerId: number }
  | { readonly kind: "borrowed"; readonly key: number; readonly ownerId: number }
  | { readonly kind: "received"; readonly handoutId: number }
  | {
      readonly kind: "release";
      readonly key: number;
      readonly grants: number;
      readonly borrowerId: number;
    }
  | { readonly kind: "moved"; readonly key: number; readonly ownerId: number }
  | { readonly kind: "movedReceived"; readonly key: number }
  | { readonly kind: "fetch"; readonly key: number; readonly request: Request }
  | {
      readonly kind: "value";
      readonly key: number;
      readonly isFound: boolean;
      readonly request: Request;
    }
  | { readonly kind: "gone" };

interface Request {
  readonly requesterId: number;
  /** On whom it depends that there is an answer. */
  readonly sources: readonly number[];
}

interface Link {
  readonly from: Process;
  readonly to: Process;
  readonly messages: Message[];
}

/** What the runtime does around the table of one process. */
class Process implements OwnershipSink {
  readonly id: number;
  readonly ownership: Ownership;
  readonly network: Network;
  /** Refs in the hands of the program. */
  readonly held = new Set<number>();
  /** Objects of this process that others may ask for. */
  readonly lent = new Set<number>();
  /** Objects whose value was asked for and has not come. */
  readonly awaited = new Map<number, Request>();
  readonly knownGone = new Set<number>();
  isAlive = true;

  constructor(id: number, network: Network) {
    this.id = id;
    this.network = network;
    this.ownership = new Ownership(id, this);
  }

  borrow(ownerId: number, key: number, borrowerId: number): void {
    this.#send(ownerId, { kind: "borrow", key, borrowerId });
  }

  borrowed(borrowerId: number, key: number, ownerId: number): void {
    this.#send(borrowerId, { kind: "borrowed", key, ownerId });
  }

  received(senderId: number, handoutId: number): void {
    this.#send(senderId, { kind: "received", handoutId });
  }

  release(ownerId: number, key: number, grants: number, borrowerId: number): void {
    this.#send(ownerId, { kind: "release", key, grants, borrowerId });
  }

  moved(borrowerId: number, key: number, ownerId: number): void {
    this.#send(borrowerId, { kind: "moved", key, ownerId });
  }

  movedReceived(formerOwnerId: number, key: number): void {
    this.#send(formerOwnerId, { kind: "movedReceived", key });
  }

  #send(toId: number, message: Message): void {
    assert.ok(!this.knownGone.has(toId), `${this.id} sends ${message.kind} to ${toId}: it is gone`);
    assert.notEqual(toId, this.id, `${this.id} sends ${message.kind} to itself`);
    this.network.post(this, toId, message);
  }

  freed(key: number): void {
    this.lent.delete(key);
    this.network.checkFreed(this, key);
  }

  lost(key: number): void {
    this.held.delete(key);
    this.awaited.delete(key);
    this.network.checkLost(this, key);
  }

  lend(key: number, toId: number): Handout {
    if (!this.ownership.isBorrowed(key)) this.lent.add(key);
    return this.ownership.lend(key, toId);
  }
}

export class Network {
  readonly processes: Process[] = [];
  /** What was sent and what came of it, in words. */
  readonly log: string[] = [];
  readonly #links = new Map<number, Link>();
  readonly #objects = new Map<number, ObjectTruth>();
  #objectCount = 0;

  constructor(processCount: number) {
    for (let id = 1; id <= processCount; id++) this.processes.push(new Process(id, this));
  }

  get objectKeys(): number[] {
    return [...this.#objects.keys()];
  }

  process(id: number): Process {
    return this.processes[id - 1]!;
  }

  get alive(): Process[] {
    return this.processes.filter((process) => process.isAlive);
  }

  /** Links with something on its way. */
  get busy(): Link[] {
    return [...this.#links.values()].filter(
      ({ to, messages }) => to.isAlive && messages.length > 0,
    );
  }

  // What programs do.

  create(id: number): number {
    const key = ++this.#objectCount;
    this.#objects.set(key, new ObjectTruth(id));
    this.process(id).held.add(key);
    this.#note(`${nameOf(id)} creates ${objectName(key)}`);
    return key;
  }

  canLend(id: number, key: number, toId: number): boolean {
    const from = this.process(id);
    return from.isAlive && id !== toId && from.held.has(key) && !from.knownGone.has(toId);
  }

  lend(id: number, key: number, toId: number): void {
    const from = this.process(id);
    const handout = from.lend(key, toId);
    const sources = handout.handoutId === 0 ? [] : [id, ...this.#truthOf(key).sourcesOf(id)];
    this.post(from, toId, { kind: "ref", key, handout, sources });
    this.validate();
  }

  drop(id: number, key: number): void {
    const from = this.process(id);
    this.#note(`${nameOf(id)} drops ${objectName(key)}`);
    from.held.delete(key);
    from.awaited.delete(key);
    from.ownership.dropped(key);
    this.validate();
  }

  canTransfer(id: number, key: number, toId: number): boolean {
    const from = this.process(id);
    return from.isAlive && id !== toId && from.ownership.canTransfer(key, toId);
  }

  transfer(id: number, key: number, toId: number): void {
    const from = this.process(id);
    const borrowers = from.ownership.transfer(key, toId, from.held.has(key));
    from.lent.delete(key);
    this.#truthOf(key).move(toId);
    this.post(from, toId, { kind: "transfer", key, borrowers });
    this.validate();
  }

  fetch(id: number, key: number): void {
    const from = this.process(id);
    const ownerId = from.ownership.ownerOf(key);
    if (ownerId === id) return;
    const { owners } = this.#truthOf(key);
    const sources = [...owners, ...this.#truthOf(key).sourcesOf(id)];
    const request = { requesterId: id, sources };
    from.awaited.set(key, request);
    this.post(from, ownerId, { kind: "fetch", key, request });
  }

  /**
   * The process ends. Of what it sent, each link delivers as much as `keep` says; a connection that
   * is accepted after the news of its death is refused.
   */
  kill(id: number, keep: (link: Link) => number): void {
    const process = this.process(id);
    process.isAlive = false;
    this.#note(`${nameOf(id)} dies`);
    for (const other of this.alive) {
      const link = this.#link(process, other);
      link.messages.length = Math.min(link.messages.length, keep(link));
      link.messages.push({ kind: "gone" });
    }
  }

  // Delivery.

  post(from: Process, toId: number, message: Message): void {
    this.#note(`${nameOf(from.id)} -> ${nameOf(toId)}: ${describe(message)}`);
    const to = this.process(toId);
    if (to.isAlive) this.#link(from, to).messages.push(message);
  }

  #link(from: Process, to: Process): Link {
    const linkId = from.id * 100 + to.id;
    let link = this.#links.get(linkId);
    if (link === undefined) this.#links.set(linkId, (link = { from, to, messages: [] }));
    return link;
  }

  deliver(fromId: number, toId: number): void {
    const link = this.#link(this.process(fromId), this.process(toId));
    const message = link.messages.shift();
    assert.ok(message !== undefined, `nothing is on its way from ${fromId} to ${toId}`);
    this.#note(`   ${nameOf(toId)} gets from ${nameOf(fromId)}: ${describe(message)}`);
    this.#receive(link.to, link.from.id, message);
    this.validate();
    if (this.busy.length === 0) for (const truth of this.#objects.values()) truth.settle();
  }

  #receive(to: Process, fromId: number, message: Message): void {
    const { ownership } = to;
    switch (message.kind) {
      case "ref":
        to.held.add(message.key);
        this.#truthOf(message.key).arrived(to.id, message.sources);
        return ownership.arrived(fromId, message.key, message.handout);
      case "transfer":
        to.lent.add(message.key);
        to.awaited.delete(message.key);
        return ownership.tookOver(message.key, fromId, message.borrowers);
      case "borrow":
        return ownership.borrowRequested(message.key, message.borrowerId);
      case "borrowed":
        if (message.ownerId !== 0) this.#truthOf(message.key).counted(to.id);
        return ownership.borrowAnswered(message.key, message.ownerId, fromId);
      case "received":
        return ownership.confirmed(message.handoutId);
      case "release":
        return ownership.released(message.key, message.grants, message.borrowerId);
      case "moved":
        return ownership.ownerMoved(message.key, fromId, message.ownerId);
      case "movedReceived":
        return ownership.moveConfirmed(message.key, fromId);
      case "fetch":
        return this.#fetchAsked(to, message.key, message.request);
      case "value":
        return this.#valueCame(to, message.key, message.isFound, message.request);
      case "gone":
        to.knownGone.add(fromId);
        return ownership.processGone(fromId);
    }
  }

  #fetchAsked(at: Process, key: number, request: Request): void {
    const { requesterId } = request;
    const ownerId = at.ownership.ownerOf(key);
    const isFound = at.lent.has(key);
    if (at.knownGone.has(requesterId)) return;
    if (!isFound && ownerId !== at.id) this.post(at, ownerId, { kind: "fetch", key, request });
    else if (requesterId === at.id) this.#valueCame(at, key, isFound, request);
    else this.post(at, requesterId, { kind: "value", key, isFound, request });
  }

  #valueCame(at: Process, key: number, isFound: boolean, request: Request): void {
    if (at.awaited.get(key) !== request) return;
    at.awaited.delete(key);
    const isExcused = this.#anyDead(this.#truthOf(key).owners, request.sources);
    assert.ok(isFound || isExcused, `${at.id} is told that ${key} is nowhere`);
  }

  // What must hold.

  validate(): void {
    for (const process of this.alive) process.ownership.validate();
  }

  /** Whether a death that concerns this process's hold on the object explains its loss. */
  #isExcused(key: number, holderId: number): boolean {
    return this.#anyDead(this.#truthOf(key).owners, this.#truthOf(key).sourcesOf(holderId));
  }

  #anyDead(...groups: Iterable<number>[]): boolean {
    return groups.some((ids) => [...ids].some((id) => !this.process(id).isAlive));
  }

  checkLost(at: Process, key: number): void {
    this.#note(`   ${nameOf(at.id)} loses ${objectName(key)}`);
    assert.ok(this.#isExcused(key, at.id), `${at.id} loses ${key} and nobody died`);
  }

  checkFreed(at: Process, key: number): void {
    this.#note(`   ${nameOf(at.id)} frees ${objectName(key)}`);
    for (const process of this.alive) {
      if (process === at || !process.held.has(key) || this.#isExcused(key, process.id)) continue;
      assert.fail(`${at.id} frees ${key}, which ${process.id} holds`);
    }
    const { owners } = this.#truthOf(key);
    for (const { from, to, messages } of this.#links.values()) {
      if (!from.isAlive || !to.isAlive || to === at) continue;
      for (const message of messages) {
        if (message.kind !== "ref" || message.key !== key) continue;
        const isExcused = this.#anyDead(owners, message.sources);
        assert.ok(isExcused, `${at.id} frees ${key}, on its way from ${from.id} to ${to.id}`);
      }
    }
  }

  /** After everything was delivered: who holds an object can have its value. */
  checkReachable(deliverAll: () => void): void {
    for (const { id, held } of this.alive) for (const key of held) this.fetch(id, key);
    deliverAll();
    for (const { id, awaited } of this.alive) {
      assert.deepEqual([...awaited.keys()], [], `${id} waits for a value for ever`);
    }
  }

  /** After everything was dropped and delivered. */
  checkEmpty(): void {
    for (const { id, ownership, lent } of this.alive) {
      const nothing = { owned: 0, inherited: 0, borrowed: 0, forwarded: 0, handouts: 0 };
      assert.deepEqual(ownership.counts(), nothing, `${id} has something left`);
      assert.deepEqual([...lent], [], `${id} keeps objects that nobody holds`);
      assert.equal(ownership.isNeeded, false);
    }
  }

  #truthOf(key: number): ObjectTruth {
    return this.#objects.get(key)!;
  }

  #note(line: string): void {
    this.log.push(line);
  }
}

/** What nobody inside knows of one object. */
class ObjectTruth {
  /** The owner, and former ones that somebody may not know to be so. */
  readonly owners: Set<number>;
  #ownerId: number;
  /** Holder → those on whom its hold depends until the owner has counted it. */
  readonly #sources = new Map<number, Set<number>>();

  constructor(creatorId: number) {
    this.owners = new Set([creatorId]);
    this.#ownerId = creatorId;
  }

  sourcesOf(id: number): ReadonlySet<number> {
    return this.#sources.get(id) ?? new Set();
  }

  move(toId: number): void {
    this.owners.add(toId);
    this.#ownerId = toId;
  }

  arrived(id: number, newSources: readonly number[]): void {
    const known = newSources.length === 0 ? [] : this.sourcesOf(id);
    this.#sources.set(id, new Set([...known, ...newSources]));
  }

  counted(id: number): void {
    this.#sources.delete(id);
  }

  /** Nothing is on its way: everybody knows the owner. */
  settle(): void {
    this.owners.clear();
    this.owners.add(this.#ownerId);
    this.#sources.clear();
  }
}

export function nameOf(id: number): string {
  return String.fromCharCode(64 + id);
}

export function objectName(key: number): string {
  return String.fromCharCode(119 + key);
}

function describe(message: Message): string {
  if (message.kind === "gone") return "gone";
  if (message.kind === "received") return `received #${message.handoutId}`;
  const about = `${message.kind} ${objectName(message.key)}`;
  switch (message.kind) {
    case "ref": {
      const { ownerId, handoutId } = message.handout;
      return `${about}, owner ${nameOf(ownerId)}${handoutId === 0 ? "" : `, #${handoutId}`}`;
    }
    case "transfer":
      return `${about}, borrowers [${message.borrowers.map(([id]) => nameOf(id)).join(", ")}]`;
    case "borrow":
      return `${about} for ${nameOf(message.borrowerId)}`;
    case "borrowed":
      return message.ownerId === 0 ? `${about}: no such object` : `${about} of this process`;
    case "release":
      return `${about}, ${message.grants} of ${nameOf(message.borrowerId)}`;
    case "moved":
      return `${about} to ${nameOf(message.ownerId)}`;
    case "fetch":
      return `${about} for ${nameOf(message.request.requesterId)}`;
    case "value":
      return message.isFound ? about : `${about}: no such object`;
    case "movedReceived":
      return about;
  }
}

test("links keep their order, and the dead send nothing more", () => {
  const network = new Network(3);
  const x = network.create(1);
  network.lend(1, x, 2);
  network.drop(1, x);
  network.lend(1, network.create(1), 3);
  network.deliver(1, 2);
  network.drop(2, x);
  network.kill(1, () => 0);
  network.deliver(1, 3);
  assert.deepEqual(network.log, [
    "A creates x",
    "A -> B: ref x, owner A",
    "A drops x",
    "A creates y",
    "A -> C: ref y, owner A",
    "   B gets from A: ref x, owner A",
    "B drops x",
    "B -> A: release x, 1 of B",
    "A dies",
    "   C gets from A: gone",
  ]);
});
