/**
 * Part of every program of the grid: calls each function here and, through the package, in a
 * worker; writes what differs into the file `GRID_REPORT`, for test runners keep standard output.
 */

import { appendFileSync } from "node:fs";
import { inspect, isDeepStrictEqual } from "node:util";

function report(row) {
  appendFileSync(process.env.GRID_REPORT, `${JSON.stringify(row)}\n`);
}

/** Called at the top level of the entry: that must not run again in a worker. */
export function markEntry() {
  report({ entry: process.pid });
}

/** What a function does: its result, or the class and message of what it throws. */
async function outcomeOf(call) {
  try {
    return { result: await call() };
  } catch (error) {
    return { error: `${error?.name}: ${error?.message}` };
  }
}

/** `api`: the package's exports, as the program itself has imported them. */
export async function run(subjects, api) {
  const runtime = await api.init({ numCpus: 1, logToDriver: false });
  const call = api.remote((subject, args) => subject(...args));
  for (const { name, where, subject, args, isStateful } of subjects) {
    const remote = await outcomeOf(() => api.remote(subject)(...args));
    // What a module keeps, the first call has changed.
    const isKept = isStateful && where === "export";
    const passed = isKept ? remote : await outcomeOf(() => call(subject, args));
    const local = await outcomeOf(() => subject(...args));
    const isSame = isDeepStrictEqual(local, remote) && isDeepStrictEqual(local, passed);
    const detail = isSame && !local.error ? "" : inspect({ local, remote, passed }, { depth: 9 });
    report({ name, where, detail });
  }
  await runtime.shutdown();
}
