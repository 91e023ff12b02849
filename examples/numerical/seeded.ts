/** Numbers from a seed, so that every run has the same image and results can be compared. */

const FILTER_ELEMENTS = 16;

export function seededImage(side: number): Float64Array {
  return seededNumbers(1, side * side);
}

export function seededFilters(count: number): Float64Array[] {
  return Array.from({ length: count }, (_, index) => seededNumbers(2 + index, FILTER_ELEMENTS));
}

/** From -1 to 1. */
function seededNumbers(seed: number, count: number): Float64Array {
  let state = seed;
  return Float64Array.from({ length: count }, () => {
    // Mulberry32.
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 31 - 1;
  });
}
