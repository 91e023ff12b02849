/** Reads the calls that other processes send to this worker. */

import type { MsgpackReader } from "../base/msgpack.ts";
import { isPlain, type Payload } from "./payload.ts";
import { BufferCursor } from "./payload-wire.ts";
import type { Peer } from "./peers.ts";
import type { RunningTask } from "./running-task.ts";
import type { Runtime } from "./runtime.ts";
import { LinkReply } from "./task-reply.ts";

/** The value of a ref that was given as argument. */
export interface InlinedPayload {
  readonly position: number;
  readonly payload: Payload;
}

export class IncomingCalls {
  readonly #runtime: Runtime;
  readonly #replies = new WeakMap<Peer, LinkReply>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  replyTo(peer: Peer): LinkReply {
    let reply = this.#replies.get(peer);
    if (reply === undefined) {
      const { objects, packer, port } = this.#runtime;
      reply = new LinkReply(peer, objects, packer, port);
      this.#replies.set(peer, reply);
    }
    return reply;
  }

  /** The end of a call's frame: `inlined | nil, meta | nil, arguments`. */
  readArguments(
    peer: Peer,
    body: MsgpackReader,
    buffers: readonly Buffer[],
    isShared: boolean,
  ): RunningTask["args"] {
    const { port } = this.#runtime;
    const cursor = new BufferCursor(buffers);
    const inlined: InlinedPayload[] = [];
    if (!body.takeNil()) {
      for (let left = body.arrayHeader(); left > 0; left -= 3) {
        const position = body.number();
        inlined.push({ position, payload: port.read(peer, body, buffers, cursor) });
      }
    }
    const payload = port.read(peer, body, buffers, cursor);
    return this.unpacking(payload, inlined, true, isShared);
  }

  /**
   * The arguments at once where that is possible, otherwise what makes them. `isOwn`: the inlined
   * values came with the call, and are nobody else's.
   */
  unpacking(
    payload: Payload,
    inlined: readonly InlinedPayload[],
    isOwn: boolean,
    isShared: boolean,
  ): RunningTask["args"] {
    const { packer } = this.#runtime;
    const unpack = (): unknown[] => {
      const args = packer.unpack(payload, true, isShared) as unknown[];
      for (const { position, payload: value } of inlined) {
        args[position] = packer.unpack(value, isOwn, isShared);
      }
      return args;
    };
    const isReadable = isPlain(payload) && inlined.every((part) => isPlain(part.payload));
    if (isReadable) {
      try {
        return unpack();
      } catch (error) {
        // It fails the call that it belongs to, not the link.
        return () => Promise.reject(error);
      }
    }
    return async () => {
      await packer.prepare(payload);
      for (const { payload: value } of inlined) await packer.prepare(value);
      try {
        return unpack();
      } catch (error) {
        throw lostOf([payload, ...inlined.map((part) => part.payload)], error);
      }
    };
  }
}

/** Stored arguments of a call could not be read: whoever sent it may have them made again. */
export class LostArguments extends Error {
  readonly segmentKeys: readonly number[];

  constructor(segmentKeys: readonly number[], cause: unknown) {
    super(`Cannot read arguments: ${segmentKeys.length} parts of them are lost`, { cause });
    this.segmentKeys = segmentKeys;
  }
}

function lostOf(payloads: readonly Payload[], error: unknown): unknown {
  const lost = payloads.flatMap(({ segments }) => segments.filter(({ loss }) => loss));
  return lost.length === 0
    ? error
    : new LostArguments(
        lost.map(({ key }) => key),
        error,
      );
}
