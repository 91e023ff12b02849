/** Binary parts of this size and more travel beside the skeleton, uncopied. */
export const OUT_OF_BAND_BYTES_MIN = 4096;

/** Levels encoded and decoded by recursion; deeper ones go by a stack on the heap. */
export const RECURSION_DEPTH_MAX = 200;

/** Levels a value may have. One byte of input can open a level, so it must not be unbounded. */
export const DEPTH_MAX = 1_000_000;

/** V8's own limit for a BigInt: 2^30 bits. */
export const BIGINT_BYTES_MAX = 2 ** 27;

/** Node 20 can look at no more bytes of a buffer at once. */
export const REGION_BYTES_MAX =
  Number.parseInt(process.versions.node, 10) < 22 ? 2 ** 32 - 1 : Infinity;

/** VIEW names its region in 3 bytes. */
export const REGIONS_MAX = 2 ** 24;

/** V8's own limit for a Set or Map. */
export const OBJECTS_MAX = 2 ** 24 - 1;
