/** Sends and reads frames that end with a payload; definitions go ahead, once per peer. */

import type { MsgpackReader, MsgpackWriter } from "../base/msgpack.ts";
import { Kind } from "../wire/messages.ts";
import type { FunctionRecord } from "./function-record.ts";
import type { Functions } from "./functions.ts";
import type { Packer } from "./packer.ts";
import { sentBuffers, type Payload } from "./payload.ts";
import { BufferCursor, readPayload, writePayload } from "./payload-wire.ts";
import type { Lender, PayloadReader } from "./payload-wire.ts";
import type { Peer } from "./peers.ts";
import type { Segments } from "./segments.ts";

/** The refs of this process, which come and go with payloads. */
type Refs = Pick<Lender, "lend"> & Pick<PayloadReader, "arrived">;

export class PayloadPort {
  readonly #packer: Packer;
  readonly #functions: Functions;
  #refs!: Refs;
  readonly #segments: Segments;
  readonly #lender: Lender;
  readonly #reader: PayloadReader;

  constructor(packer: Packer, functions: Functions, segments: Segments) {
    this.#packer = packer;
    this.#functions = functions;
    this.#segments = segments;
    this.#lender = {
      lend: (record, toId) => this.#refs.lend(record, toId),
      lendSegment: (segment, toId) => segments.lend(segment, toId),
    };
    this.#reader = {
      arrived: (...ref) => this.#refs.arrived(...ref),
      functionOf: (functionId) => functions.get(functionId),
      segmentArrived: (...segment) => segments.arrived(...segment),
      held: (payload) => segments.held(payload),
    };
  }

  /** Called once, before anything is sent. */
  connect(refs: Refs): void {
    this.#refs = refs;
  }

  /** Sends `[...items, meta, value]`, `itemCount` elements in all. */
  send(
    peer: Peer,
    kind: number,
    itemCount: number,
    payload: Payload,
    writeItems: (body: MsgpackWriter) => void,
  ): void {
    this.define(peer, payload);
    const buffers = sentBuffers(payload);
    const body = peer.link.begin(kind, buffers.length);
    body.arrayHeader(itemCount);
    writeItems(body);
    this.write(body, peer, payload);
    peer.link.end(buffers);
  }

  /** Writes `meta, value` into a frame that the caller has begun, after `define`. */
  write(body: MsgpackWriter, peer: Peer, payload: Payload): void {
    writePayload(body, payload, peer, this.#lender);
  }

  /** Reads a payload and, with `cursor`, leaves the reader at what follows it. */
  read(
    peer: Peer,
    body: MsgpackReader,
    buffers: readonly Buffer[],
    cursor = new BufferCursor(buffers),
  ): Payload {
    return readPayload(body, peer, cursor, this.#reader);
  }

  /** Sends what the peer needs to read the payload and does not have. */
  define(peer: Peer, payload: Payload): void {
    for (const hash of payload.codes) this.#defineCode(peer, hash);
    for (const record of payload.functions) this.defineFunction(peer, record);
  }

  #defineCode(peer: Peer, hash: string): void {
    if (peer.sentCodes.has(hash)) return;
    // There may be no room for long code: then it is not sent.
    const code = this.#packer.pack(this.#packer.closures.getCode(hash), "code");
    peer.sentCodes.add(hash);
    this.send(peer, Kind.defineCode, 3, code, (body) => body.string(hash));
    this.#segments.letGo(code);
  }

  defineFunction(peer: Peer, record: FunctionRecord): void {
    if (peer.sentFunctions.has(record.functionId)) return;
    // Marked first: a recursive function refers to itself.
    peer.sentFunctions.add(record.functionId);
    this.#functions.keep(record);
    const definition = record.definition;
    if (definition === undefined) {
      throw new Error(`Cannot send function ${record.name}: it was not captured`);
    }
    try {
      this.send(peer, Kind.defineFunction, 6, definition, (body) => {
        body.integer(record.functionId);
        body.string(record.name);
        body.number(record.parameterCount);
        body.boolean(record.isGenerator);
      });
    } catch (error) {
      // There was no room for long code: the next call tries again.
      peer.sentFunctions.delete(record.functionId);
      throw error;
    }
  }
}
