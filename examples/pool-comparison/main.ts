/** ../primes.ts with a pool of worker threads (Piscina). */
import { Piscina } from "piscina";
import type { Range } from "./count-primes.ts";

const pool = new Piscina<Range, number>({
  filename: new URL("./count-primes.ts", import.meta.url).href,
});

const starts = Array.from({ length: 20 }, (_, index) => index * 500_000);

console.time("all cores");
const calls = starts.map((start) => pool.run({ from: start, to: start + 500_000 }));
const counts = await Promise.all(calls);
console.timeEnd("all cores");

console.log(`${counts.reduce((sum, count) => sum + count, 0)} primes on all cores`);
await pool.destroy();
