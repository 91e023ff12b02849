/** Puts the frames that arrive at a process into the transcript. */

import { MsgpackReader } from "../base/msgpack.ts";
import { FrameParser } from "../wire/frame.ts";
import { Kind } from "../wire/messages.ts";

const names = new Map<number, string>(Object.entries(Kind).map(([name, kind]) => [kind, name]));
/** Of a message's fields, the first ones that are numbers. */
const FIELDS_SHOWN = 4;

/** Give it all that arrives; `onFrame` gets a line for each frame. */
export function wireTap(onFrame: (line: string) => void): (bytes: Buffer) => void {
  const parser = new FrameParser((kind, bytes, start, end) => {
    const name = names.get(kind) ?? `kind ${kind}`;
    onFrame([name, ...firstNumbers(new MsgpackReader(bytes, start, end))].join(" "));
  });
  return (bytes) => parser.push(Buffer.from(bytes));
}

function firstNumbers(body: MsgpackReader): number[] {
  const numbers: number[] = [];
  if (body.kind() !== "array") return numbers;
  for (let left = Math.min(body.arrayHeader(), FIELDS_SHOWN); left > 0; left--) {
    if (body.kind() !== "integer") break;
    const number = body.number();
    // Keys of objects: the process and its count.
    numbers.push(number >= 2 ** 32 ? number % 2 ** 32 : number);
  }
  return numbers;
}
