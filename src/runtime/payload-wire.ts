/**
 * Payloads in frames: `meta, value`. Meta is nil for a value that is nothing but bytes; otherwise
 * `[bufferCount, refs [[key, ownerId, handoutId]], functionIds, codes]`. The definitions that the
 * receiver lacks go ahead in frames of their own.
 */

import type { MsgpackReader, MsgpackWriter } from "../base/msgpack.ts";
import type { Handout } from "../core/ownership.ts";
import type { FunctionRecord } from "./function-record.ts";
import type { ObjectRecord } from "./object-record.ts";
import { isPlain, type Payload } from "./payload.ts";
import type { Peer } from "./peers.ts";

export interface Lender {
  /** The ref goes to `toId` with the frame that is being written. */
  lend(record: ObjectRecord, toId: number): Handout;
}

/** Writes the items after which a reader continues with the next element of the body. */
export function writePayload(
  body: MsgpackWriter,
  payload: Payload,
  peer: Peer,
  lender: Lender,
): void {
  if (isPlain(payload)) body.nil();
  else {
    body.arrayHeader(4);
    body.integer(payload.buffers.length);
    body.arrayHeader(payload.refs.length);
    for (const record of payload.refs) {
      const { ownerId, handoutId } = lender.lend(record, peer.processId);
      body.arrayHeader(3);
      body.integer(record.key);
      body.integer(ownerId);
      body.integer(handoutId);
    }
    body.arrayHeader(payload.functions.length);
    for (const { functionId } of payload.functions) body.integer(functionId);
    body.arrayHeader(payload.codes.length);
    for (const hash of payload.codes) body.string(hash);
  }
  body.raw(payload.bytes);
}

/** What a payload's meta is resolved against in this process. */
export interface PayloadReader {
  /** The ref has arrived from `peer`; the record stays alive with the payload. */
  arrived(peer: Peer, key: number, ownerId: number, handoutId: number): ObjectRecord;
  functionOf(functionId: number): FunctionRecord;
}

/** Takes a frame's buffers in order, one payload after the other. */
export class BufferCursor {
  readonly #buffers: readonly Buffer[];
  #next = 0;

  constructor(buffers: readonly Buffer[]) {
    this.#buffers = buffers;
  }

  take(count: number): readonly Buffer[] {
    const end = this.#next + count;
    if (end > this.#buffers.length) throw new Error("Cannot read payload: buffers are missing");
    const taken = this.#buffers.slice(this.#next, end);
    this.#next = end;
    return taken;
  }
}

/** Reads a payload whose value ends the body or is followed by others. */
export function readPayload(
  body: MsgpackReader,
  peer: Peer,
  cursor: BufferCursor,
  reader: PayloadReader,
): Payload {
  if (body.takeNil()) {
    return { bytes: takeValue(body), buffers: [], refs: [], functions: [], codes: [] };
  }
  body.arrayHeader();
  const buffers = cursor.take(body.number());
  const refs = readList(body, () => {
    body.arrayHeader();
    return reader.arrived(peer, body.number(), body.number(), body.number());
  });
  const functions = readList(body, () => reader.functionOf(body.number()));
  const codes = readList(body, () => body.string());
  return { bytes: takeValue(body), buffers, refs, functions, codes };
}

function readList<T>(body: MsgpackReader, read: () => T): T[] {
  const count = body.arrayHeader();
  const list: T[] = [];
  for (let i = 0; i < count; i++) list.push(read());
  return list;
}

/** The bytes of the next value, copied: the frame's bytes are used again. */
function takeValue(body: MsgpackReader): Buffer {
  const start = body.position;
  body.skip();
  return Buffer.from(body.bytes.subarray(start, body.position));
}
