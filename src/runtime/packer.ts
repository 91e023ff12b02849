/**
 * Values to payloads and back: joins the value format (`values/`), functions (`closure/`), refs
 * and remote functions.
 */

import { SerializationError } from "../base/errors.ts";
import { MsgpackReader, MsgpackWriter } from "../base/msgpack.ts";
import type { Closures } from "../closure/closures.ts";
import { decodeValue } from "../values/decode.ts";
import { encodeValue, type Extended } from "../values/encode.ts";
import type { FileReading } from "../store/mapped-file.ts";
import {
  ACTOR_HANDLE,
  OBJECT_REF,
  REMOTE_CLASS,
  REMOTE_FUNCTION,
} from "../values/extension-types.ts";
import type { ActorClient, ActorTraits } from "./actor-client.ts";
import type { Actors } from "./actors.ts";
import type { FunctionRecord } from "./function-record.ts";
import type { Content, ObjectRecord } from "./object-record.ts";
import { ObjectRef, recordOf } from "./object-ref.ts";
import { isStored, makePayload, plainPayload } from "./payload.ts";
import type { Payload, Piece } from "./payload.ts";
import { copyOf, copyPieces, STORED_SKELETON_BYTES_MIN } from "./pieces.ts";
import type { Segment, Segments } from "./segments.ts";
import { isDisguisedError, sendableParts, textOf } from "./remote-error-parts.ts";

/** What the packer must know of remote functions, classes and handles, made in `api/`. */
export interface RemoteFunctions {
  /** If `value` is a remote function or class: its record and its options. */
  describe(value: object): RemoteDescription | undefined;
  /** Captures the function or class, unless that has been done or is being done. */
  define(value: object): void;
  make(record: FunctionRecord, options: object): object;
  makeClass(record: FunctionRecord, options: object): object;
  /** If `value` is a handle of an actor. */
  actorOf(value: object): ActorClient | undefined;
  makeHandle(client: ActorClient): object;
  /** Streams are read where they were asked for. */
  isStream(value: object): boolean;
}

export interface RemoteDescription {
  readonly record: FunctionRecord;
  readonly options: object;
  readonly isClass: boolean;
}

/** What is made here; the others belong to `closure/`. */
const RUNTIME_TYPES: ReadonlySet<number> = new Set([
  OBJECT_REF,
  REMOTE_FUNCTION,
  REMOTE_CLASS,
  ACTOR_HANDLE,
]);
const KEPT_WRITER_BYTES_MAX = 1024 * 1024;

export class Packer {
  readonly closures: Closures;
  readonly #remoteFunctions: RemoteFunctions;
  readonly #segments: Segments;
  #actors!: Actors;
  /** Packing a value may capture a function, which packs again. */
  readonly #freeWriters: MsgpackWriter[] = [];

  constructor(closures: Closures, remoteFunctions: RemoteFunctions, segments: Segments) {
    this.closures = closures;
    this.#segments = segments;
    this.#remoteFunctions = remoteFunctions;
  }

  /** Called once, before a handle can come. */
  connect(actors: Actors): void {
    this.#actors = actors;
  }

  /**
   * Takes a copy of `value` as it is now. Throws SerializationError; `root` names the value in
   * its path.
   */
  pack(value: unknown, root: string): Payload {
    const writer = this.#freeWriters.pop() ?? new MsgpackWriter();
    const buffers: Uint8Array[] = [];
    const refs: ObjectRecord[] = [];
    const functions: FunctionRecord[] = [];
    const codes = new Set<string>();
    const extend = (found: object, path: () => string): Extended | undefined => {
      const record = recordOf(found);
      if (record !== undefined) {
        record.isObserved = true;
        if (record.metIn !== refs) addRef(refs, record);
        return { type: OBJECT_REF, head: record.metAt, body: null };
      }
      const client = this.#remoteFunctions.actorOf(found);
      if (client !== undefined) {
        if (client.runtime.isEnded) throw endedActorError(path(), client);
        const actor = client.record;
        if (actor.metIn !== refs) addRef(refs, actor);
        return { type: ACTOR_HANDLE, head: [actor.metAt, client.traits], body: null };
      }
      if (this.#remoteFunctions.isStream(found)) throw streamError(path());
      const remote = this.#remoteFunctions.describe(found);
      if (remote === undefined) return this.closures.extend(found, path, codes);
      this.#remoteFunctions.define(found);
      const index = indexIn(functions, remote.record);
      const type = remote.isClass ? REMOTE_CLASS : REMOTE_FUNCTION;
      return { type, head: [index, remote.options], body: null };
    };
    try {
      encodeValue(writer, value, { root, buffers, extend });
      const bytes = writer.bytes.subarray(0, writer.position);
      const isSmall = buffers.length === 0 && bytes.length < STORED_SKELETON_BYTES_MIN;
      const isPlain = refs.length === 0 && functions.length === 0 && codes.size === 0;
      if (isSmall && isPlain) return plainPayload(Buffer.from(bytes));
      const pieces = copyPieces(bytes, buffers, root, this.#segments);
      const { bytes: skeleton, buffers: parts, segments } = pieces;
      const payload = makePayload(skeleton, parts, refs, functions, [...codes], segments);
      if (segments.length > 0) this.#segments.held(payload);
      return payload;
    } finally {
      // The note would keep all of them for as long as one is there.
      for (const record of refs) record.metIn = undefined;
      writer.position = 0;
      // A buffer that a large value has made grow is not kept.
      if (writer.bytes.length <= KEPT_WRITER_BYTES_MAX) this.#freeWriters.push(writer);
    }
  }

  handleOf(client: ActorClient): object {
    return this.#remoteFunctions.makeHandle(client);
  }

  /** Undefined if the payload is that of null. */
  unpackHandle(payload: Payload): ActorClient | undefined {
    const handle = this.unpack(payload, true) as object | null;
    return handle === null ? undefined : this.#remoteFunctions.actorOf(handle);
  }

  /** What a task threw. Parts of it that cannot be sent go as text: the error itself counts. */
  packError(thrown: unknown): Payload {
    try {
      if (!isDisguisedError(thrown)) return this.pack(thrown, "error");
      return this.pack(this.sendableThrown(thrown, undefined), "error");
    } catch (reason) {
      return this.pack(this.sendableThrown(thrown, reason), "error");
    }
  }

  /** What is left of it, given why it cannot be sent; at least a text. Always can be sent. */
  sendableThrown(thrown: unknown, reason: unknown): unknown {
    const parts = sendableParts(thrown, (value) => this.#canSend(value));
    const isText = typeof parts === "string" && typeof thrown !== "string";
    if (!isText && this.#canSend(parts)) return parts;
    const why = reason instanceof SerializationError ? reason.message : textOf(reason);
    return new Error(`Cannot say what the task failed with, ${textOf(thrown)}: ${why}`);
  }

  #canSend(value: unknown): boolean {
    try {
      this.pack(value, "error");
      return true;
    } catch {
      return false; // whatever the reason: it goes as text
    }
  }

  /** "RangeError: too large", if that can be read at once. */
  textOfFailure(content: Content): string | undefined {
    if (content.kind === "error") return textOf(content.error);
    if (content.kind !== "failure" || content.payload.codes.length > 0) return undefined;
    try {
      return textOf(this.unpack(content.payload, false));
    } catch {
      return undefined; // it is told to whoever calls the actor
    }
  }

  /** Loads what the payload's code needs. `undefined`: it can be unpacked now. */
  prepare(payload: Payload): Promise<void> | undefined {
    return payload.codes.length === 0 ? undefined : this.closures.prepare(payload.codes);
  }

  /**
   * Reads the value; `prepare` comes first. `isOwn`: nobody reads the payload again, so its
   * buffers become the value's own. `isShared`: readers here may look at the same memory.
   */
  unpack(payload: Payload, isOwn: boolean, isShared = false): unknown {
    if (payload.segments.length === 0) {
      const buffers = payload.buffers as readonly Uint8Array[];
      const bytes = payload.bytes as Uint8Array;
      return this.#decode(payload, bytes, isOwn ? buffers : buffers.map(copyOf));
    }
    const readings: FileReading[] = [];
    const readingOf = (segment: Segment): FileReading => {
      return readings[payload.segments.indexOf(segment)]!;
    };
    const load = (piece: Piece): Uint8Array => {
      if (!isStored(piece)) return isOwn ? piece : copyOf(piece);
      const { segment, offsetBytes, byteLength } = piece;
      return new Uint8Array(readingOf(segment).view(offsetBytes, byteLength));
    };
    // Of the value's own bytes nothing is left when they are decoded.
    const peek = (piece: Piece): Uint8Array => {
      if (!isStored(piece)) return piece;
      return readingOf(piece.segment).peek(piece.offsetBytes, piece.byteLength);
    };
    try {
      for (const segment of payload.segments) {
        readings.push(this.#segments.read(segment, isShared));
      }
      return this.#decode(payload, peek(payload.bytes), payload.buffers.map(load));
    } finally {
      for (const reading of readings) reading.close();
      if (isOwn) this.#segments.letGo(payload);
    }
  }

  #decode(payload: Payload, bytes: Uint8Array, buffers: readonly Uint8Array[]): unknown {
    return decodeValue(new MsgpackReader(asBuffer(bytes)), {
      buffers: buffers.map(asBuffer),
      create: (type, head) => this.#create(payload, type, head),
      fill: (type, created, body) => {
        if (!RUNTIME_TYPES.has(type)) this.closures.fill(type, created, body);
      },
    });
  }

  #create(payload: Payload, type: number, head: unknown): object {
    switch (type) {
      case OBJECT_REF:
        return new ObjectRef(payload.refs[head as number]!);
      case ACTOR_HANDLE: {
        const [index, traits] = head as [number, ActorTraits];
        return this.#remoteFunctions.makeHandle(
          this.#actors.clientOf(payload.refs[index]!, traits),
        );
      }
      case REMOTE_FUNCTION:
      case REMOTE_CLASS: {
        const [index, options] = head as [number, object];
        const record = payload.functions[index]!;
        if (type === REMOTE_CLASS) return this.#remoteFunctions.makeClass(record, options);
        return this.#remoteFunctions.make(record, options);
      }
      default:
        return this.closures.create(type, head);
    }
  }
}

function endedActorError(path: string, { className }: ActorClient): SerializationError {
  return new SerializationError(
    `Cannot send ${path}: it is a handle of an actor (${className}) that has ended with its ` +
      "runtime; create a new one",
    { path },
  );
}

function streamError(path: string): SerializationError {
  return new SerializationError(
    `Cannot send ${path}: it is a stream, which is read in the process that called the ` +
      "generator; send refs that stream.refs() gives, or call the generator there",
    { path },
  );
}

/** A note on the record is a tenth of a search: a value may hold thousands of refs. */
function addRef(refs: ObjectRecord[], record: ObjectRecord): void {
  record.metIn = refs;
  record.metAt = refs.push(record) - 1;
  // For as long as the payload is there: nobody says when that ends.
  record.needed();
}

function indexIn<T>(list: T[], item: T): number {
  const index = list.indexOf(item);
  return index >= 0 ? index : list.push(item) - 1;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
