import type { MsgpackReader } from "../base/msgpack.ts";
import type { DecodeContext } from "./decode-context.ts";
import { Decoder } from "./decoder.ts";

export type { DecodeContext } from "./decode-context.ts";

/**
 * Reads one value. The bytes may come from anyone: what does not follow the format gives
 * MalformedMsgpackError. Nothing of the result points into the reader's bytes; typed arrays may
 * look at `context.buffers` in place.
 */
export function decodeValue(reader: MsgpackReader, context: DecodeContext): unknown {
  const decoder = idleDecoder ?? new Decoder();
  idleDecoder = undefined; // `create` and `fill` may decode something meanwhile.
  try {
    return decoder.decode(reader, context);
  } finally {
    decoder.clear();
    idleDecoder = decoder;
  }
}

let idleDecoder: Decoder | undefined;
