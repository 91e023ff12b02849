/** Counts the primes below ten million: first on one core, then on all of them. */
import { init, remote } from "mobula";

function countPrimes(from: number, to: number): number {
  let count = 0;
  search: for (let n = Math.max(from, 2); n < to; n++) {
    for (let divisor = 2; divisor * divisor <= n; divisor++) {
      if (n % divisor === 0) continue search;
    }
    count++;
  }
  return count;
}

await init(); // Starts the workers; without it, the first remote call does.
const starts = Array.from({ length: 20 }, (_, index) => index * 500_000);

console.time("one core");
const serial = starts.map((start) => countPrimes(start, start + 500_000));
console.timeEnd("one core");

console.time("all cores");
const countPrimesRemotely = remote(countPrimes);
const calls = starts.map((start) => countPrimesRemotely(start, start + 500_000));
const parallel = await Promise.all(calls);
console.timeEnd("all cores");

const total = (counts: number[]): number => counts.reduce((sum, count) => sum + count, 0);
console.log(`${total(serial)} primes on one core, ${total(parallel)} on all cores`);
