import { workerData } from "node:worker_threads";
import { PEAK, STOP } from "./process-peak.ts";
import { descendants, isWorker } from "./processes.ts";

const INTERVAL_MS = 20;
const { shared, pid } = workerData as { shared: Int32Array; pid: number };

do {
  const count = descendants(pid).filter(isWorker).length;
  if (count > Atomics.load(shared, PEAK)) Atomics.store(shared, PEAK, count);
} while (Atomics.wait(shared, STOP, 0, INTERVAL_MS) === "timed-out");
