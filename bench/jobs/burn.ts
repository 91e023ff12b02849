/** A fixed amount of arithmetic in which each step needs the one before. */
export default function burn(steps: number): number {
  let state = 1;
  for (let step = 0; step < steps; step++) state = (Math.imul(state, 48_271) + step) | 0;
  return state;
}
