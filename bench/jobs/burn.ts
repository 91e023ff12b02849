/** A fixed amount of arithmetic in which each step needs the one before; returns its time, ms. */
export default function burn(steps: number): number {
  const startMs = performance.now();
  let state = 1;
  for (let step = 0; step < steps; step++) state = (Math.imul(state, 48_271) + step) | 0;
  const elapsedMs = performance.now() - startMs;
  // The state must count for something, or the loop might be optimized away.
  return state === steps ? elapsedMs + 1e-9 : elapsedMs;
}
