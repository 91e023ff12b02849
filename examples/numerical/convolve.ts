/** The work, the same however it is run: one image, one filter. */

const FILTER_SIDE = 4;
const STEP = 5;

/**
 * Every fifth element of the full convolution of a square image with a 4 x 4 filter, like
 * `scipy.signal.convolve2d(image, filter)[::5, ::5]`: all of it is computed, some of it is kept.
 */
export function convolve(image: Float64Array, filter: Float64Array): Float64Array {
  const side = Math.sqrt(image.length);
  const fullSide = side + FILTER_SIDE - 1;
  const full = new Float64Array(fullSide * fullSide);
  for (let y = 0; y < side; y++) {
    const row = image.subarray(y * side, (y + 1) * side);
    for (let tap = 0; tap < filter.length; tap++) {
      const x = tap % FILTER_SIDE;
      const top = y + (tap - x) / FILTER_SIDE;
      addRow(full, top * fullSide + x, row, filter[tap]!);
    }
  }
  return everyFifth(full, fullSide);
}

/** Adds the row times `weight` to what is there from `at` on. */
function addRow(full: Float64Array, at: number, row: Float64Array, weight: number): void {
  for (let x = 0; x < row.length; x++) full[at + x]! += row[x]! * weight;
}

/** In both directions. */
function everyFifth(full: Float64Array, side: number): Float64Array {
  const keptSide = Math.ceil(side / STEP);
  const kept = new Float64Array(keptSide * keptSide);
  for (let y = 0; y < keptSide; y++) {
    for (let x = 0; x < keptSide; x++) kept[y * keptSide + x] = full[(y * side + x) * STEP]!;
  }
  return kept;
}
