export interface Part {
  readonly numbers: Float64Array;
  readonly from: number;
  readonly to: number;
}

export function sumPart(numbers: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let index = from; index < to; index++) sum += numbers[index]!;
  return sum;
}

/** For pools, whose functions have one parameter. */
export default function run({ numbers, from, to }: Part): number {
  return sumPart(numbers, from, to);
}
