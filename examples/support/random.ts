/** Bytes from a seed, so that every run has the same input and results can be compared. */
export function seededBytes(seed: number, count: number): Buffer {
  const words = new Uint32Array(Math.ceil(count / Uint32Array.BYTES_PER_ELEMENT));
  let state = seed;
  for (let index = 0; index < words.length; index++) {
    // Mulberry32.
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    words[index] = bits ^ (bits >>> 14);
  }
  return Buffer.from(words.buffer, 0, count);
}
