/**
 * Counts this process's worker processes while something runs, in a thread of its own: the
 * measured event loop is not disturbed.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";

export interface ProcessWatch {
  /** Ends the watch; returns the most workers seen at a time. */
  stop(): Promise<number>;
}

/** Slots of the shared array. */
export const STOP = 0;
export const PEAK = 1;

export async function watchProcesses(): Promise<ProcessWatch> {
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const workerData = { shared, pid: process.pid };
  const thread = new Worker(new URL("./process-peak-thread.js", import.meta.url), { workerData });
  await once(thread, "online");
  return {
    async stop() {
      const exited = once(thread, "exit");
      Atomics.store(shared, STOP, 1);
      Atomics.notify(shared, STOP);
      await exited;
      return Atomics.load(shared, PEAK);
    },
  };
}
