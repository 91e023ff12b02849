/** The worker file: a pool needs the function in a file of its own. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export default function countPrimes({ from, to }: Range): number {
  let count = 0;
  search: for (let n = Math.max(from, 2); n < to; n++) {
    for (let divisor = 2; divisor * divisor <= n; divisor++) {
      if (n % divisor === 0) continue search;
    }
    count++;
  }
  return count;
}
