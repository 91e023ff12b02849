/** A shingle is five words in a row; texts are compared as sets of shingles. */

const SHINGLE_WORDS = 5;

/** One hash per shingle. A text of fewer words is one shingle, a text without words has none. */
export function hashShingles(text: Uint8Array): Uint32Array {
  const words = hashWords(text);
  if (words.length === 0) return words;
  const shingles = new Uint32Array(Math.max(1, words.length - SHINGLE_WORDS + 1));
  for (let first = 0; first < shingles.length; first++) {
    shingles[first] = hashRange(words, first, Math.min(first + SHINGLE_WORDS, words.length));
  }
  return shingles;
}

/** One hash for the numbers from index `from` to before `to`. */
export function hashRange(numbers: Uint32Array, from: number, to: number): number {
  let hash = 0;
  for (let i = from; i < to; i++) hash = scramble(hash + numbers[i]!);
  return hash;
}

/** One hash per word (FNV-1a over its bytes), in the order of the text. */
function hashWords(text: Uint8Array): Uint32Array {
  const words = new Uint32Array(Math.ceil(text.length / 2));
  let count = 0;
  let hash = 0; // 0 between words
  for (const byte of text) {
    if (isWordByte(byte)) hash = Math.imul((hash || 0x811c_9dc5) ^ byte, 0x0100_0193);
    else if (hash !== 0) [words[count++], hash] = [hash, 0];
  }
  if (hash !== 0) words[count++] = hash;
  return words.subarray(0, count);
}

/** Letters, digits and underscores; every byte of a letter beyond ASCII counts as well. */
function isWordByte(byte: number): boolean {
  const isLetter = (byte | 32) >= 97 && (byte | 32) <= 122;
  return isLetter || (byte >= 48 && byte <= 57) || byte === 95 || byte >= 128;
}

/** Spreads the bits of a number, so that similar numbers get very different hashes (murmur3). */
export function scramble(number: number): number {
  let hash = number;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
