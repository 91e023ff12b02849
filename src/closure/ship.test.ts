/** Ships values between two runtimes of this process; for the tests of this folder. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { MsgpackReader, MsgpackWriter } from "../base/msgpack.ts";
import { decodeValue } from "../values/decode.ts";
import { encodeValue } from "../values/encode.ts";
import { Closures, type CodeObject } from "./closures.ts";

export interface Message {
  readonly bytes: Buffer;
  readonly buffers: readonly Buffer[];
  readonly codes: readonly CodeObject[];
}

/** A runtime whose program begins at the test file `entryUrl`. */
export function runtimeOf(entryUrl: string | undefined): Closures {
  return new Closures({ entryUrl });
}

export function pack(from: Closures, value: unknown): Message {
  const writer = new MsgpackWriter();
  const buffers: Uint8Array[] = [];
  const codes = new Set<string>();
  const extend = (object: object, path: () => string) => from.extend(object, path, codes);
  encodeValue(writer, value, { root: "value", buffers, extend });
  return {
    bytes: Buffer.from(writer.bytes.subarray(0, writer.position)),
    buffers: buffers.map((part) => Buffer.from(part)),
    codes: Array.from(codes, (hash) => structuredClone(from.getCode(hash))),
  };
}

export async function unpack(to: Closures, { bytes, buffers, codes }: Message): Promise<unknown> {
  for (const code of codes) if (!to.hasCode(code.hash)) to.addCode(code);
  await to.prepare(codes.map(({ hash }) => hash));
  return decodeValue(new MsgpackReader(bytes), {
    buffers,
    create: (type, head) => to.create(type, head),
    fill: (type, created, body) => to.fill(type, created, body),
  });
}

export async function ship<Value>(value: Value, from: Closures, to: Closures): Promise<Value> {
  return (await unpack(to, pack(from, value))) as Value;
}

test("ships data that has no functions in it", async () => {
  const value = { list: [1, "two", new Map([[3n, null]])] };
  const shipped = await ship(value, runtimeOf(undefined), runtimeOf(undefined));
  assert.deepEqual(shipped, value);
});

// What an ordinary module exports, for tests of references: nothing of it is copied.

export function twice(x: number): number {
  return x * 2;
}

export class Tally {
  #names: string[] = [];
  static made = 0;

  constructor(...names: string[]) {
    Tally.made++;
    for (const name of names) this.#names.push(name);
  }

  get names(): readonly string[] {
    return this.#names;
  }
}
