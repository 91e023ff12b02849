/**
 * Links to the other processes of the runtime, made when they are first needed. Both sides may
 * open one at the same time; each then sends on the link it has known first, so that what it
 * sends stays in order.
 */

import type { Clock } from "../base/clock.ts";
import { FRAME_BYTES_MAX, HELLO_FRAME_BYTES_MAX, HELLO_TIMEOUT_MS } from "../base/limits.ts";
import { MsgpackReader } from "../base/msgpack.ts";
import { Link } from "../wire/link.ts";
import type { Transport } from "../wire/transport.ts";
import { readHello, sayHello } from "./hello.ts";
import type { Identity } from "./identity.ts";

export interface PeerEvents {
  /** A frame from the peer; `body` is to be read during the call. */
  frame(peer: Peer, kind: number, body: MsgpackReader, buffers: readonly Buffer[]): void;
  /** Whether its end is known and settled: a link that it has made before comes too late. */
  isGone(processId: number): boolean;
  /** The link is over. All that the peer sent before has been handled. */
  gone(peer: Peer, cause: Error | undefined): void;
}

export class Peer {
  readonly processId: number;
  /** The one on which this process sends. */
  readonly link: Link;
  /** All on which the peer sends, or did. */
  readonly links: Link[];
  /** Why the first of them has ended. */
  cause: Error | undefined = undefined;
  /** What was sent once and need not be sent again. */
  readonly sentCodes = new Set<string>();
  readonly sentFunctions = new Set<number>();

  constructor(processId: number, link: Link) {
    this.processId = processId;
    this.link = link;
    this.links = [link];
  }

  /** With one link of a peer all are over. */
  get isEnding(): boolean {
    return this.links.some(({ isOpen }) => !isOpen);
  }
}

/** Sends a message that is nothing but numbers. */
export function sendNumbers({ link }: Peer, kind: number, ...numbers: number[]): void {
  const body = link.begin(kind);
  body.arrayHeader(numbers.length);
  for (const number of numbers) body.integer(number);
  link.end();
}

export class Peers {
  readonly #self: Identity;
  readonly #open: (processId: number) => Transport;
  readonly #clock: Clock;
  readonly #events: PeerEvents;
  readonly #peers = new Map<number, Peer>();
  #finished: (() => void) | undefined;
  /** One reader for all frames: each is handled before the next one is read. */
  readonly #reader = new MsgpackReader(Buffer.alloc(0));

  constructor(
    self: Identity,
    open: (processId: number) => Transport,
    clock: Clock,
    events: PeerEvents,
  ) {
    this.#self = self;
    this.#open = open;
    this.#clock = clock;
    this.#events = events;
  }

  /** The peer, to send to. Connects if need be: what is sent meanwhile waits. */
  get(processId: number): Peer {
    const known = this.#peers.get(processId);
    if (known !== undefined) return known;
    const link = new Link(
      this.#open(processId),
      (kind, bytes, start, end, buffers) => this.#frame(peer, kind, bytes, start, end, buffers),
      (cause) => this.#ended(peer, cause),
    );
    const peer = new Peer(processId, link);
    this.#peers.set(processId, peer);
    sayHello(link, this.#self);
    link.setReferenced(false);
    return peer;
  }

  find(processId: number): Peer | undefined {
    return this.#peers.get(processId);
  }

  all(): Iterable<Peer> {
    return this.#peers.values();
  }

  /** A connection from outside: it must say hello, rightly and soon. */
  accept(transport: Transport): void {
    let peer: Peer | undefined;
    const link: Link = new Link(
      transport,
      (kind, bytes, start, end, buffers) => {
        if (peer !== undefined) this.#frame(peer, kind, bytes, start, end, buffers);
        else peer = this.#welcome(link, kind, new MsgpackReader(bytes, start, end));
        if (peer !== undefined) this.#clock.clearTimeout(deadline);
      },
      (cause) => {
        this.#clock.clearTimeout(deadline);
        if (peer !== undefined) this.#ended(peer, cause);
      },
    );
    const deadline = this.#clock.setTimeout(() => link.close(), HELLO_TIMEOUT_MS);
    deadline.unref();
    link.setReferenced(false);
    link.limitFrames(HELLO_FRAME_BYTES_MAX);
  }

  #welcome(link: Link, kind: number, body: MsgpackReader): Peer {
    const processId = readHello(kind, body, this.#self);
    if (this.#events.isGone(processId)) {
      throw new Error(`Cannot accept link: process ${processId} has ended`);
    }
    link.limitFrames(FRAME_BYTES_MAX);
    const known = this.#peers.get(processId);
    if (known !== undefined) {
      if (known.isEnding) throw new Error(`Cannot accept link: process ${processId} is ending`);
      known.links.push(link);
      return known;
    }
    const peer = new Peer(processId, link);
    this.#peers.set(processId, peer);
    return peer;
  }

  #frame(
    peer: Peer,
    kind: number,
    bytes: Buffer,
    start: number,
    end: number,
    buffers: readonly Buffer[],
  ): void {
    const reader = this.#reader;
    reader.reset(bytes, start, end);
    this.#events.frame(peer, kind, reader, buffers);
  }

  /** What the peer has sent on another link is read before it counts as gone. */
  #ended(peer: Peer, cause: Error | undefined): void {
    peer.cause ??= cause;
    const others = peer.links.filter(({ isOpen }) => isOpen);
    if (others.length === 0) this.#gone(peer);
    else for (const other of others) other.endWriting();
  }

  #gone(peer: Peer): void {
    this.#peers.delete(peer.processId);
    this.#events.gone(peer, peer.cause);
    if (this.#peers.size === 0) this.#finished?.();
  }

  flush(): void {
    for (const peer of this.#peers.values()) peer.link.flush();
  }

  /** Resolves when all that was sent has left, and every link is closed. */
  finish(): Promise<void> {
    if (this.#peers.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#finished = resolve;
      this.close();
    });
  }

  /** The process is held for dead: should it have come back meanwhile, it hears no more. */
  part(processId: number): void {
    for (const link of this.#peers.get(processId)?.links ?? []) link.close();
  }

  close(): void {
    for (const processId of [...this.#peers.keys()]) this.part(processId);
  }
}
