/** What the accumulators count, the same in every way to count it. */
import { seededBytes } from "../support/random.ts";

/**
 * A word is a string with a character from 0 to 255 for each of its bytes. V8 keeps such strings
 * with one byte a character, cuts a prefix off without a detour and finds it in a Map by its
 * characters; a Map finds Buffers by their identity alone.
 */
export type Document = readonly string[];

const WORDS = 10_000;
const WORD_BYTES = 20;

export function makeDocument(index: number): Document {
  const bytes = seededBytes(1 + index, WORDS * WORD_BYTES);
  return Array.from({ length: WORDS }, (_, word) => {
    return bytes.toString("latin1", word * WORD_BYTES, (word + 1) * WORD_BYTES);
  });
}
