/**
 * Any JavaScript value to bytes: structured clone and more. The format is in `extension-types.ts`.
 *
 * What arrives is what was sent, identities and circles included, but for this:
 * - Objects have their enumerable string keys; getters are read. Symbol keys are left out.
 * - Arrays have their elements and holes; of named properties only those of RegExp matches.
 * - RegExps begin at index 0; an ArrayBuffer that can grow arrives with fixed size.
 * - Views keep sharing an ArrayBuffer if they lie in it within 4 KiB of each other, but only the
 *   part that they look at travels. Buffers from Node's pool travel alone.
 * - Properties added to built-in objects that are neither arrays nor errors are left out.
 * - A proxy of a plain object or array arrives as what it looks like.
 * - An error whose class neither the format nor `extend` knows arrives as the nearest built-in
 *   class, with its name and properties. Methods that were hidden in an error are left out.
 * - Objects of another realm (a `vm` context) arrive as those of the receiver's.
 *
 * Refused, with the path to it: what is bound to its process (promises, sockets, weak collections,
 * iterators, unique symbols, SharedArrayBuffers, transferred memory), and functions and objects
 * with a prototype of their own that `extend` does not know.
 */

import type { MsgpackWriter } from "../base/msgpack.ts";
import type { EncodeContext } from "./encode-context.ts";
import { Encoder } from "./encoder.ts";
import { writePrimitive } from "./primitives.ts";

export type { EncodeContext, Extended, ReadBody, SimpleClass } from "./encode-context.ts";

/**
 * Appends `value`. On error the writer's position and the length of `context.buffers` are as
 * before. Throws SerializationError whose `path` leads to the culprit.
 */
export function encodeValue(writer: MsgpackWriter, value: unknown, context: EncodeContext): void {
  if (writePrimitive(writer, value)) return;
  const encoder = idleEncoder ?? new Encoder();
  idleEncoder = undefined; // A getter or `extend` may encode something meanwhile.
  try {
    encoder.encode(writer, value as object | symbol, context);
  } finally {
    encoder.clear();
    idleEncoder = encoder;
  }
}

let idleEncoder: Encoder | undefined;
