import type { MsgpackWriter } from "../base/msgpack.ts";
import type { EncodeContext } from "./encode-context.ts";
import { Encoder } from "./encoder.ts";
import { writePrimitive } from "./primitives.ts";

export type { EncodeContext, Extended } from "./encode-context.ts";

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
