/** Compares results element by element. */

/** SciPy adds in another order. */
const ROUNDING = 1e-12;

/** The same function on the same numbers: the results are the same to the last bit. */
export function checkSame(
  name: string,
  results: readonly Float64Array[],
  expected: readonly Float64Array[],
): void {
  check(name, join(results), join(expected), (a, b) => Object.is(a, b));
}

export function checkClose(
  name: string,
  results: Float64Array,
  expected: readonly Float64Array[],
): void {
  check(name, results, join(expected), (a, b) => Math.abs(a - b) <= ROUNDING);
}

function check(
  name: string,
  results: Float64Array,
  expected: Float64Array,
  isSame: (a: number, b: number) => boolean,
): void {
  if (results.length !== expected.length) {
    throw new Error(`Cannot trust ${name}: ${results.length} of ${expected.length} elements`);
  }
  for (let index = 0; index < results.length; index++) {
    const [result, wanted] = [results[index]!, expected[index]!];
    if (isSame(result, wanted)) continue;
    throw new Error(`Cannot trust ${name}: element ${index} is ${result}, not ${wanted}`);
  }
}

function join(parts: readonly Float64Array[]): Float64Array {
  return Float64Array.from(parts.flatMap((part) => [...part]));
}
