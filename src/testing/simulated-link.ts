/**
 * A connection between two simulated processes. What is written arrives later, in order, and not
 * always in one piece. What had left a process when it died still arrives, or the first bytes of
 * it; then the other end is told.
 */

import { wireTap } from "./wire-tap.ts";
import type { Transport, TransportEvents } from "../wire/transport.ts";
import type { SimulatedProcess } from "./simulated-process.ts";
import type { World } from "./world.ts";

/** How long bytes are on their way, and how they come. */
export interface Latency {
  /** Of the next piece. */
  delayMs(): number;
  /** Whether it comes in two parts, and how much of it is the first one, from 0 to 1. */
  splitAt(): number | undefined;
}

interface Flight {
  readonly departsMs: number;
  readonly arrivesMs: number;
  bytes: Buffer;
}

export class SimulatedLink {
  readonly ends: readonly [SimulatedEnd, SimulatedEnd];

  constructor(world: World, latency: Latency, from: SimulatedProcess, to: SimulatedProcess) {
    const near = new SimulatedEnd(world, latency, from, this);
    const far = new SimulatedEnd(world, latency, to, this);
    near.peer = far;
    far.peer = near;
    this.ends = [near, far];
    from.whenDead(() => near.processDied());
    to.whenDead(() => far.processDied());
  }

  get isOpen(): boolean {
    return this.ends.every((end) => end.isOpen);
  }

  /** Nothing gets through any more; what is on its way is lost, but for its first bytes. */
  cut(): void {
    for (const end of this.ends) end.loseLast();
    for (const end of this.ends) end.isCut();
  }
}

export class SimulatedEnd implements Transport {
  peer!: SimulatedEnd;
  readonly link: SimulatedLink;
  readonly process: SimulatedProcess;
  readonly #world: World;
  readonly #latency: Latency;
  #events: TransportEvents | undefined;
  /** Came before somebody listened, or before what did so was read. */
  readonly #early: (() => void)[] = [];
  #isClosed = false;
  /** On its way from here. */
  readonly #flights: Flight[] = [];
  #lastArrivalMs = 0;
  readonly #tap: ((bytes: Buffer) => void) | undefined;

  constructor(world: World, latency: Latency, process: SimulatedProcess, link: SimulatedLink) {
    this.#world = world;
    this.#latency = latency;
    this.process = process;
    this.link = link;
    const { transcript } = world;
    if (!transcript.isKept) return;
    this.#tap = wireTap((line) => {
      transcript.add(world.nowMs, process.name, `<- ${this.peer.process.name}: ${line}`);
    });
  }

  get isOpen(): boolean {
    return !this.#isClosed;
  }

  start(events: TransportEvents): void {
    this.#events = events;
    if (this.#early.length > 0) this.#readEarlyLater();
  }

  /** One after the other; what comes meanwhile stands behind them. */
  #readEarlyLater(): void {
    this.process.post(this.process.nowMs, () => {
      this.#early[0]!();
      this.#early.shift();
      if (this.#early.length > 0) this.#readEarlyLater();
    });
  }

  /** Nothing arrives there before: the process is starting. */
  notBefore(atMs: number): void {
    this.peer.#lastArrivalMs = Math.max(this.peer.#lastArrivalMs, atMs);
  }

  write(bytes: Buffer): boolean {
    if (this.#isClosed || this.process.isDead) return true;
    const part = this.#latency.splitAt();
    const cut = part === undefined ? 0 : Math.floor(part * bytes.length);
    if (cut > 0) this.#send(Buffer.from(bytes.subarray(0, cut)));
    this.#send(Buffer.from(bytes.subarray(cut)));
    return true;
  }

  #send(bytes: Buffer): void {
    const departsMs = this.process.nowMs;
    const flight = { departsMs, arrivesMs: this.#nextArrivalMs(), bytes };
    this.#flights.push(flight);
    this.peer.process.post(flight.arrivesMs, () => {
      this.#flights.shift();
      if (flight.bytes.length > 0) this.peer.#arrive(flight.bytes);
    });
  }

  #nextArrivalMs(): number {
    const arrivesMs = this.process.nowMs + this.#latency.delayMs();
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, arrivesMs);
    return this.#lastArrivalMs;
  }

  #arrive(bytes: Buffer): void {
    if (this.#isClosed) return;
    this.#tap?.(bytes);
    this.#inOrder(() => this.#events?.data(bytes));
  }

  #inOrder(happen: () => void): void {
    if (this.#events === undefined || this.#early.length > 0) this.#early.push(happen);
    else happen();
  }

  close(): void {
    if (this.#isClosed || this.process.isDead) return;
    this.#note("closes its link");
    this.#isClosed = true;
    this.process.post(this.process.nowMs, () => this.#events?.closed(undefined));
    this.peer.process.post(this.#nextArrivalMs(), () => this.peer.#closedByPeer(undefined));
  }

  endWriting(): void {
    if (this.#isClosed || this.process.isDead) return;
    this.peer.process.post(this.#nextArrivalMs(), () => {
      this.peer.#closedByPeer(undefined);
      this.process.post(this.peer.#nextArrivalMs(), () => this.#closedByPeer(undefined));
    });
  }

  #note(what: string): void {
    const { transcript, nowMs } = this.#world;
    transcript.add(nowMs, this.process.name, `${what} with ${this.peer.process.name}`);
  }

  setReferenced(): void {
    // A simulated process lives until it is ended.
  }

  /** The process has not come to sending what it would have sent after its death. */
  processDied(): void {
    const nowMs = this.#world.nowMs;
    for (const flight of this.#flights) {
      if (flight.departsMs > nowMs) flight.bytes = NOTHING;
    }
    if (this.#world.random.chance(PARTIAL_SHARE)) this.loseLast();
    if (this.#isClosed) return;
    this.#isClosed = true;
    const arrivesMs = Math.max(nowMs, ...this.#flights.map((flight) => flight.arrivesMs));
    this.peer.process.post(arrivesMs, () => this.peer.#closedByPeer(undefined));
  }

  /** Of the last bytes on their way only the first ones arrive. */
  loseLast(): void {
    const last = this.#flights.findLast(({ bytes }) => bytes.length > 0);
    if (last === undefined) return;
    last.bytes = last.bytes.subarray(0, this.#world.random.below(last.bytes.length));
  }

  isCut(): void {
    const nowMs = this.#world.nowMs;
    const arrivesMs = Math.max(nowMs, ...this.peer.#flights.map((flight) => flight.arrivesMs));
    this.process.post(arrivesMs, () => this.#closedByPeer(new ConnectionReset()));
  }

  #closedByPeer(cause: Error | undefined): void {
    if (this.#isClosed) return;
    this.#inOrder(() => {
      if (this.#isClosed) return;
      this.#isClosed = true;
      this.#note("sees the end of its link");
      this.#events?.closed(cause);
    });
  }
}

/** Of the ends of processes, those in the middle of a write. */
const PARTIAL_SHARE = 0.3;
const NOTHING = Buffer.alloc(0);

class ConnectionReset extends Error {
  override readonly name = "ConnectionReset";
  readonly code = "ECONNRESET";

  constructor() {
    super("Cannot read: the connection was reset");
  }
}
