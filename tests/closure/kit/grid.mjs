/** Runs every subject here and in another process, and prints what differs. */

import { inspect, isDeepStrictEqual } from "node:util";
import { callRemotely, close } from "./sender.mjs";

/** What a function does: its result, or the class and message of what it throws. */
async function outcomeOf(call) {
  try {
    return { result: await call() };
  } catch (error) {
    return { error: `${error?.name}: ${error?.message}` };
  }
}

export async function run(subjects) {
  for (const { name, where, subject, args, isStateful } of subjects) {
    const remote = await outcomeOf(() => callRemotely(subject, args));
    const isKept = isStateful && where === "export";
    const passedOn = isKept ? remote : await outcomeOf(() => callRemotely(subject, args, 1));
    const local = await outcomeOf(() => subject(...args));
    const isSame = isDeepStrictEqual(local, remote) && isDeepStrictEqual(local, passedOn);
    const detail = isSame && !local.error ? "" : inspect({ local, remote, passedOn }, { depth: 9 });
    console.log(JSON.stringify({ name, where, detail }));
  }
  close();
}
