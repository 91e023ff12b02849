import type { MsgpackReader } from "../base/msgpack.ts";

/** Entries of the table; a power of two. */
const ENTRIES = 1024;
const KEY_BYTES_MAX = 31;
const FIXSTR = 0xa0;

/**
 * Keys of objects come again and again. To find one by its bytes is several times faster than to
 * make a new string, and V8 need not look up which string of its own it equals.
 * Bounded and without chains: a key takes the place of the one that was there.
 */
const table: (string | undefined)[] = new Array<string | undefined>(ENTRIES).fill(undefined);

/** Reads a short ASCII key; `undefined`, and nothing is consumed, if the next item is none. */
export function takeKey(reader: MsgpackReader): string | undefined {
  const { bytes, position, end } = reader;
  const length = position < end ? bytes[position]! - FIXSTR : -1;
  if (length < 0 || length > KEY_BYTES_MAX || length >= end - position) return undefined;
  const start = position + 1;
  let hash = length;
  for (let i = start; i < start + length; i++) hash = (hash * 31 + bytes[i]!) | 0;
  const place = (hash ^ (hash >>> 15)) & (ENTRIES - 1);
  const cached = table[place];
  if (cached !== undefined && isAt(cached, bytes, start, length)) {
    reader.position = start + length;
    return cached;
  }
  const key = reader.string();
  if (key.length !== length) return key; // As many characters as bytes: ASCII.
  const unique = uniqueOf(key);
  table[place] = unique;
  return unique;
}

/** The string that V8 itself uses for the key: any other is looked up at each use. */
function uniqueOf(key: string): string {
  return Object.keys({ [key]: 0 })[0]!;
}

function isAt(key: string, bytes: Buffer, start: number, length: number): boolean {
  if (key.length !== length) return false;
  for (let i = 0; i < length; i++) if (key.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}
