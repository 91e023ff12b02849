import { init, remote } from "mobula";
import { descendants, isAlive, isWorker } from "../harness/processes.ts";
import { scaled } from "../harness/scale.ts";
import type { Case, Figures } from "../harness/types.ts";

const AT_A_TIME = 8;
const TASK_MS = 20;
const QUIET_MS = scaled(10_000);
const KILLING_MS = scaled(60_000);
/** Of all workers, each second. */
const KILLED_SHARE = 0.1;

export const workersKilled: Case = {
  name: "a tenth of all workers killed each second",
  what: `${AT_A_TIME} tasks at a time that wait ${TASK_MS} ms, against the same undisturbed`,
  figures: [
    { name: "throughput", unit: "x undisturbed", better: "higher" },
    { name: "killed", unit: "workers", better: "higher" },
  ],
  contenders: ["mobula"],
  goals: [{ figure: "throughput", atLeast: 0.6 }],
  warmUp: false,
  roundsMax: 1,
  async prepare() {
    const runtime = await init({ numCpus: AT_A_TIME, logToDriver: false });
    const waitFor = remote(
      async (n: number, ms: number) => {
        await new Promise((resolve) => setTimeout(resolve, ms));
        return n;
      },
      { maxRetries: Infinity },
    );
    const work = (forMs: number): Promise<number> => perSecondIn(forMs, (n) => waitFor(n, TASK_MS));
    return { run: () => measure(work), close: () => runtime.shutdown() };
  },
};

async function measure(work: (forMs: number) => Promise<number>): Promise<Figures> {
  await work(QUIET_MS / 10);
  const quiet = await work(QUIET_MS);
  let [killed, due] = [0, 0];
  const killer = setInterval(() => {
    const workers = descendants(process.pid).filter((pid) => isWorker(pid) && isAlive(pid));
    due += KILLED_SHARE * workers.length;
    for (; due >= 1 && workers.length > 0; due--, killed++) {
      const index = Math.floor(Math.random() * workers.length);
      process.kill(workers.splice(index, 1)[0]!, "SIGKILL");
    }
  }, 1_000);
  const disturbed = await work(KILLING_MS).finally(() => clearInterval(killer));
  return { throughput: disturbed / quiet, killed };
}

/** Calls a second of lanes that make one call after the other, for so long. */
async function perSecondIn(forMs: number, call: (n: number) => Promise<number>): Promise<number> {
  const startMs = performance.now();
  let next = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() - startMs < forMs) {
      const n = next++;
      const result = await call(n);
      if (result !== n) throw new Error(`Cannot trust the round: ${result} instead of ${n}`);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, lane));
  return (next / (performance.now() - startMs)) * 1_000;
}
