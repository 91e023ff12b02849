import { init, remote } from "mobula";
import { WORKERS } from "../contenders/pool.ts";
import { seconds } from "../harness/measure.ts";
import { watchProcesses } from "../harness/process-peak.ts";
import type { Case } from "../harness/types.ts";

const N = 20;
const VALUE = 6_765;

export const nestedFib: Case = {
  name: "fib(20) as nested tasks",
  what: "21,891 tasks, each of which calls two and awaits both, down to the leaves",
  figures: [
    { name: "computed", unit: "s", better: "lower" },
    { name: "workers", unit: "at the peak", better: "lower" },
  ],
  contenders: ["mobula"],
  goals: [
    { figure: "computed", atMost: 3 },
    { figure: "workers", atMost: WORKERS + 1 },
  ],
  warmUp: true,
  async prepare() {
    const runtime = await init({ numCpus: WORKERS });
    const fib = remote(async (n: number): Promise<number> => {
      if (n < 2) return n;
      const [one, two] = [fib(n - 1), fib(n - 2)];
      return (await one) + (await two);
    });
    return {
      async run() {
        const watch = await watchProcesses();
        let value = 0;
        const computed = await seconds(async () => (value = await fib(N)));
        const workers = await watch.stop();
        if (value !== VALUE) throw new Error(`Cannot trust the round: fib(${N}) is ${value}`);
        return { computed, workers };
      },
      close: () => runtime.shutdown(),
    };
  },
};
