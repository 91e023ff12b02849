/**
 * Payloads in frames: `meta, value`. Meta is nil for a value that is nothing but bytes; otherwise
 * `[bufferCount, refs [[key, ownerId, handoutId]], functionIds, codes, stored]`. The definitions
 * that the receiver lacks go ahead in frames of their own.
 *
 * Stored is left out if all travels in the frame; otherwise `[segments [[key, ownerId, handoutId,
 * file]], pieces [index, segment, offset, size …]]`: which pieces lie where, the value's own bytes
 * being piece 0 and its buffers 1 and on. The frame holds nil for the former, nothing for the
 * latter.
 */

import type { MsgpackReader, MsgpackWriter } from "../base/msgpack.ts";
import type { Handout } from "../core/ownership.ts";
import type { FileName } from "../store/store-file.ts";
import type { FunctionRecord } from "./function-record.ts";
import type { ObjectRecord } from "./object-record.ts";
import { isPlain, isStored, makePayload, NO_SEGMENTS, plainPayload } from "./payload.ts";
import type { Payload, StoredPiece } from "./payload.ts";
import type { Peer } from "./peers.ts";
import type { Segment } from "./segments.ts";

export interface Lender {
  /** The ref goes to `toId` with the frame that is being written. */
  lend(record: ObjectRecord, toId: number): Handout;
  lendSegment(segment: Segment, toId: number): Handout;
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
    const hasStored = payload.segments.length > 0;
    body.arrayHeader(hasStored ? 5 : 4);
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
    if (hasStored) writeStored(body, payload, peer, lender);
  }
  if (isStored(payload.bytes)) body.nil();
  else body.raw(payload.bytes);
}

function writeStored(body: MsgpackWriter, payload: Payload, peer: Peer, lender: Lender): void {
  const { segments } = payload;
  body.arrayHeader(2);
  body.arrayHeader(segments.length);
  for (const segment of segments) {
    const { ownerId, handoutId } = lender.lendSegment(segment, peer.processId);
    body.arrayHeader(4);
    body.integer(segment.key);
    body.integer(ownerId);
    body.integer(handoutId);
    writeFileName(body, segment.file);
  }
  const pieces = [payload.bytes, ...payload.buffers];
  body.arrayHeader(4 * pieces.filter(isStored).length);
  pieces.forEach((piece, index) => {
    if (!isStored(piece)) return;
    body.integer(index);
    body.integer(segments.indexOf(piece.segment));
    body.integer(piece.offsetBytes);
    body.integer(piece.byteLength);
  });
}

export function writeFileName(body: MsgpackWriter, { name, sizeBytes, moves }: FileName): void {
  body.arrayHeader(3);
  body.string(name);
  body.integer(sizeBytes);
  body.integer(moves);
}

export function readFileName(body: MsgpackReader): FileName {
  body.arrayHeader();
  return { name: body.string(), sizeBytes: body.number(), moves: body.number() };
}

/** What a payload's meta is resolved against in this process. */
export interface PayloadReader {
  /** The ref has arrived from `peer`; the record stays alive with the payload. */
  arrived(peer: Peer, key: number, ownerId: number, handoutId: number): ObjectRecord;
  functionOf(functionId: number): FunctionRecord;
  segmentArrived(peer: Peer, key: number, handout: Handout, file: FileName): Segment;
  /** The payload keeps its segments from now on. */
  held(payload: Payload): void;
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
  if (body.takeNil()) return plainPayload(takeValue(body));
  const itemCount = body.arrayHeader();
  const bufferCount = body.number();
  const refs = readList(body, () => {
    body.arrayHeader();
    const record = reader.arrived(peer, body.number(), body.number(), body.number());
    // For as long as the payload is there: nobody says when that ends.
    record.needed();
    return record;
  });
  const functions = readList(body, () => reader.functionOf(body.number()));
  const codes = readList(body, () => body.string());
  if (itemCount < 5) {
    const buffers = cursor.take(bufferCount);
    return makePayload(takeValue(body), buffers, refs, functions, codes, NO_SEGMENTS);
  }
  const { segments, pieces } = readStored(body, peer, reader);
  const sent = cursor.take(bufferCount - pieces.size + (pieces.has(0) ? 1 : 0));
  let next = 0;
  const buffers = Array.from({ length: bufferCount }, (_, index) => {
    return pieces.get(index + 1) ?? sent[next++]!;
  });
  const bytes = pieces.get(0);
  if (bytes !== undefined) body.takeNil();
  const skeleton = bytes ?? takeValue(body);
  const payload = makePayload(skeleton, buffers, refs, functions, codes, segments);
  reader.held(payload);
  return payload;
}

function readStored(
  body: MsgpackReader,
  peer: Peer,
  reader: PayloadReader,
): { segments: Segment[]; pieces: Map<number, StoredPiece> } {
  body.arrayHeader();
  const segments = readList(body, () => {
    body.arrayHeader();
    const key = body.number();
    const handout = { ownerId: body.number(), handoutId: body.number() };
    return reader.segmentArrived(peer, key, handout, readFileName(body));
  });
  const pieces = new Map<number, StoredPiece>();
  for (let left = body.arrayHeader(); left > 0; left -= 4) {
    const index = body.number();
    const segment = segments[body.number()]!;
    pieces.set(index, { segment, offsetBytes: body.number(), byteLength: body.number() });
  }
  return { segments, pieces };
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
