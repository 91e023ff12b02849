import { openPool, WORKERS } from "../contenders/pool.ts";
import { cpuMs, descendants, isWorker, residentBytes } from "../harness/processes.ts";
import type { Case } from "../harness/types.ts";

const IDLE_MS = 5_000;
const MIB = 2 ** 20;
/** One clock tick in that time: less cannot be told from nothing. */
const TICK_PERCENT = (10 / IDLE_MS) * 100;

/** Pools of threads are left out: a thread has no resident memory of its own. */
export const idle: Case = {
  name: "idle program",
  what: `after some tasks nothing is called for ${IDLE_MS / 1_000} s; CPU of all processes`,
  figures: [
    { name: "largest worker", unit: "MiB RSS", better: "lower" },
    { name: "CPU", unit: "% of a core", better: "lower" },
    { name: "processes", unit: "with the driver", better: "lower" },
  ],
  contenders: ["mobula", "tinypool processes", "workerpool processes"],
  goals: [
    { figure: "CPU", atMost: TICK_PERCENT },
    { figure: "largest worker", atMost: 60 },
  ],
  warmUp: false,
  async prepare(contender) {
    const pool = await openPool(contender, "echo");
    await Promise.all(Array.from({ length: 100 * WORKERS }, (_, index) => pool.run(index)));
    return { run: () => rest(), close: () => pool.close() };
  },
};

async function rest(): Promise<Record<string, number>> {
  await pause(1_000);
  const children = descendants(process.pid);
  const all = [process.pid, ...children];
  const startMs = performance.now();
  const beforeMs = cpuMs(all);
  await pause(IDLE_MS);
  const usedMs = cpuMs(all) - beforeMs;
  const elapsedMs = performance.now() - startMs;
  const workersBytes = children.filter(isWorker).map(residentBytes);
  if (workersBytes.length === 0) throw new Error("Cannot find the workers: none is a child");
  return {
    CPU: (usedMs / elapsedMs) * 100,
    "largest worker": Math.max(...workersBytes) / MIB,
    processes: all.length,
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
