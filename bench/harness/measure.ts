/** Ways to measure that several cases share. */

/** Units of work per second: repeats `batch`, which says how many it did, for `minMs` at least. */
export async function perSecond(batch: () => Promise<number>, minMs = 1_000): Promise<number> {
  const startMs = performance.now();
  let done = 0;
  let elapsedMs = 0;
  while (elapsedMs < minMs) {
    done += await batch();
    elapsedMs = performance.now() - startMs;
  }
  return (done / elapsedMs) * 1_000;
}

/** Seconds that `work` takes. */
export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return (performance.now() - startMs) / 1_000;
}

export const MIB = 2 ** 20;
export const GIB = 2 ** 30;
