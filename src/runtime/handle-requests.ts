/** Asks the owners of actors for handles: who knows an actor by name only does not hold it yet. */

import type { MsgpackReader } from "../base/msgpack.ts";
import { Kind } from "../wire/messages.ts";
import type { ActorClient } from "./actor-client.ts";
import type { ActorContext } from "./actors.ts";
import type { Peer } from "./peers.ts";

interface Request {
  readonly ownerId: number;
  readonly resolve: (client: ActorClient | undefined) => void;
}

export class HandleRequests {
  readonly #context: ActorContext;
  readonly #requests = new Map<number, Request>();
  #count = 0;

  constructor(context: ActorContext) {
    this.#context = context;
  }

  /** Undefined: the actor is no more, or its owner is not. */
  ask(ownerId: number, key: number): Promise<ActorClient | undefined> {
    const { actors, selfId, objects, peers } = this.#context;
    if (ownerId === selfId) return Promise.resolve(actors.ownClient(key));
    if (objects.ownership.isGone(ownerId)) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const requestId = ++this.#count;
      this.#requests.set(requestId, { ownerId, resolve });
      const { link } = peers.get(ownerId);
      const body = link.begin(Kind.askHandle);
      body.arrayHeader(2);
      body.integer(requestId);
      body.integer(key);
      link.end();
    });
  }

  asked(peer: Peer, requestId: number, key: number): void {
    const { actors, packer, port } = this.#context;
    const client = actors.ownClient(key);
    const payload = packer.pack(client === undefined ? null : packer.handleOf(client), "handle");
    port.send(peer, Kind.handleAnswer, 3, payload, (body) => body.integer(requestId));
  }

  answered(peer: Peer, body: MsgpackReader, buffers: readonly Buffer[]): void {
    const requestId = body.number();
    const payload = this.#context.port.read(peer, body, buffers);
    const request = this.#requests.get(requestId);
    this.#requests.delete(requestId);
    request?.resolve(this.#context.packer.unpackHandle(payload));
  }

  processGone(processId: number): void {
    for (const [requestId, { ownerId, resolve }] of [...this.#requests]) {
      if (ownerId !== processId) continue;
      this.#requests.delete(requestId);
      resolve(undefined);
    }
  }

  /** The runtime is over: who asks for actors learns it from what is awaited next. */
  end(): void {
    for (const { resolve } of this.#requests.values()) resolve(undefined);
    this.#requests.clear();
  }
}
