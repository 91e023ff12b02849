/**
 * Part of every program of the grid: calls each function here and, through the package, in a
 * worker; writes what differs into the file `GRID_REPORT`, for test runners keep standard output.
 */

import { appendFileSync } from "node:fs";
import { inspect, isDeepStrictEqual } from "node:util";

function report(row) {
  // Without a report the program is only being built: frameworks load it for that.
  if (process.env.GRID_REPORT === undefined) return;
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

/**
 * Where a test runner keeps its tests in a `vm` context, Node's own functions return arrays of
 * another realm: what they hold is compared, and of what class it says it is.
 */
function isSame(left, right) {
  if (isDeepStrictEqual(left, right)) return true;
  const realms = process.env.GRID_REALMS === "many";
  return realms && inspect(left, { depth: null }) === inspect(right, { depth: null });
}

/** `api`: the package's exports, as the program itself has imported them. */
export async function run(subjects, api) {
  // A program under test has no loader of TypeScript that workers could inherit.
  const { GRID_LOADER: loader } = process.env;
  const options = loader ? { execArgv: ["--import", loader] } : {};
  const runtime = await api.init({ numCpus: 1, logToDriver: false, ...options });
  const call = api.remote((subject, args) => subject(...args));
  for (const { name, where, subject, args, isStateful } of subjects) {
    const remote = await outcomeOf(() => api.remote(subject)(...args));
    // What a module keeps, the first call has changed.
    const isKept = isStateful && where === "export";
    const passed = isKept ? remote : await outcomeOf(() => call(subject, args));
    const local = await outcomeOf(() => subject(...args));
    const isRight = isSame(local, remote) && isSame(local, passed) && !local.error;
    const detail = isRight ? "" : inspect({ local, remote, passed }, { depth: 9 });
    report({ name, where, detail });
  }
  await runtime.shutdown();
}
