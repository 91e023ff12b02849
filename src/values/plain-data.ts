/** Data of the runtime's own in messages: objects, arrays and primitives, nothing of users. */

import type { MsgpackReader, MsgpackWriter } from "../base/msgpack.ts";
import { decodeValue } from "./decode.ts";
import { encodeValue } from "./encode.ts";

/** `root` names the data in errors. */
export function writePlain(body: MsgpackWriter, data: unknown, root: string): void {
  encodeValue(body, data, { root, extend: () => undefined, buffers: [] });
}

export function readPlain<Data>(body: MsgpackReader, root: string): Data {
  const refuse = (): never => {
    throw new Error(`Cannot read ${root}: they hold more than plain data`);
  };
  return decodeValue(body, { buffers: [], create: refuse, fill: refuse }) as Data;
}
