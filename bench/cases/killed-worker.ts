import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setImmediate } from "node:timers/promises";
import { context, init, remote } from "mobula";
import { WORKERS } from "../contenders/pool.ts";
import { seconds } from "../harness/measure.ts";
import type { Case, Figures } from "../harness/types.ts";

const TASKS = 1_000;

/** The first task blocks its worker until that is killed; "lost" is what that costs in all. */
export const killedWorker: Case = {
  name: "a worker killed with tasks in line",
  what: `${TASKS} no-op tasks, the worker of the first one killed, less the same undisturbed`,
  figures: [
    { name: "lost", unit: "ms", better: "lower" },
    { name: "undisturbed", unit: "ms", better: "lower" },
  ],
  contenders: ["mobula"],
  goals: [{ figure: "lost", atMost: 300 }],
  warmUp: true,
  async prepare() {
    const runtime = await init({ numCpus: WORKERS });
    const directory = mkdtempSync(path.join(tmpdir(), "mobula-bench-"));
    let round = 0;
    return {
      run: () => measure(path.join(directory, String(++round))),
      async close() {
        await runtime.shutdown();
        rmSync(directory, { recursive: true });
      },
    };
  },
};

/** Says in the file where it runs, if there is one to be said in, and is never done. */
const task = remote((n: number, pidFile: string | null) => {
  if (pidFile !== null && context().attempt === 1) {
    writeFileSync(`${pidFile}.part`, String(process.pid));
    renameSync(`${pidFile}.part`, pidFile);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  }
  return n;
});

async function measure(pidFile: string): Promise<Figures> {
  // Until the tasks are known to be short, which they are not after a round that blocked.
  for (let warm = 0; warm < 20; warm++) await runAll(null);
  const undisturbed = await seconds(() => runAll(null));
  const killed = await seconds(() => runAll(pidFile));
  return { lost: (killed - undisturbed) * 1_000, undisturbed: undisturbed * 1_000 };
}

async function runAll(pidFile: string | null): Promise<void> {
  const results = Array.from({ length: TASKS }, (_, n) => task(n, n === 0 ? pidFile : null));
  if (pidFile !== null) {
    while (!existsSync(pidFile)) await setImmediate();
    process.kill(Number(readFileSync(pidFile, "utf8")), "SIGKILL");
  }
  const values = await Promise.all(results);
  const wrong = values.findIndex((value, n) => value !== n);
  if (wrong >= 0) throw new Error(`Cannot trust the round: task ${wrong} gave ${values[wrong]}`);
}
