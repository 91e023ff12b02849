const MIB = 2 ** 20;
/** V8 keeps up to three of them for young objects, beside the old ones. */
const SEMI_SPACES = 3;
const SEMI_SPACE_MIB_MAX = 16;
const OLD_SPACE_MIB_MIN = 16;

/** Options of Node: a heap of at most `memoryBytes`, young objects included. */
export function heapOptions(memoryBytes: number): string {
  const memoryMib = Math.floor(memoryBytes / MIB);
  // An eighth for young objects: V8's own share is larger than some limits.
  const semiSpaceMib = Math.floor(memoryMib / 8 / SEMI_SPACES);
  const semiMib = Math.min(Math.max(semiSpaceMib, 1), SEMI_SPACE_MIB_MAX);
  const oldMib = Math.max(memoryMib - SEMI_SPACES * semiMib, OLD_SPACE_MIB_MIN);
  return `--max-old-space-size=${oldMib} --max-semi-space-size=${semiMib}`;
}
