/**
 * MessagePack primitives over bytes: the alphabet of every frame and every value. What the
 * primitives mean (values, frames) is decided in `values/` and `wire/`.
 * Format: https://github.com/msgpack/msgpack/blob/master/spec.md
 */

export { MsgpackWriter } from "./msgpack-writer.ts";
export { MalformedMsgpackError, MsgpackReader } from "./msgpack-reader.ts";
