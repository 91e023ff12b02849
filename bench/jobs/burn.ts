import { readFileSync } from "node:fs";

/** A fixed amount of arithmetic; returns the CPU time that it took this thread, in ms. */
export default function burn(steps: number): number {
  const beforeMs = threadCpuMs();
  let state = 1;
  for (let step = 0; step < steps; step++) state = (Math.imul(state, 48_271) + step) | 0;
  const usedMs = threadCpuMs() - beforeMs;
  // The state must count for something, or the loop might be optimized away.
  return state === steps ? usedMs + 1e-9 : usedMs;
}

/** Of threads and processes alike: `process.cpuUsage` counts all threads of a process. */
function threadCpuMs(): number {
  const [nanoseconds] = readFileSync("/proc/thread-self/schedstat", "utf8").split(" ");
  return Number(nanoseconds) / 1e6;
}
