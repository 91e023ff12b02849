/** The worker file: a pool needs the function in a file of its own. */
import { move } from "piscina";
import { convolve } from "./convolve.ts";

export interface Job {
  readonly image: Float64Array;
  readonly filter: Float64Array;
  /** The result's memory goes to the program, instead of a copy. */
  readonly isMoved: boolean;
}

export default function run({ image, filter, isMoved }: Job): unknown {
  const result = convolve(image, filter);
  return isMoved ? move(result) : result;
}
