/** What the kit needs of the package, as one file that plain Node can run: see `run.ts`. */

export { MsgpackReader, MsgpackWriter } from "../../../src/base/msgpack.ts";
export { Closures } from "../../../src/closure/closures.ts";
export { decodeValue } from "../../../src/values/decode.ts";
export { encodeValue } from "../../../src/values/encode.ts";
