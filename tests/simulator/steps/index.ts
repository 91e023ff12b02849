/** The steps that simulated programs are made of: each makes some calls, and expects something. */

import type { Kit, Perils, Step } from "../kit.ts";
import { actor, busyActor, callingActor, killedActor, namedActor } from "./actors.ts";
import { actorStream, endedMethods, impatience, pool, queue } from "./composed.ts";
import { aborted, cancelled, late } from "./ends.ts";
import {
  forgotten,
  handedAgain,
  nestedRefs,
  shared,
  stored,
  storedChain,
  waits,
} from "./objects.ts";
import { stream, streamOfRefs } from "./streams.ts";
import * as tasks from "./tasks.ts";

const peaceful: readonly Step[] = [
  ...[tasks.burst, tasks.burst, tasks.naps, tasks.chain, tasks.nested, tasks.failures],
  ...[tasks.retried, tasks.pairs, tasks.map, tasks.mapSettled],
  ...[stored, storedChain, shared, nestedRefs, handedAgain, waits, forgotten],
  ...[cancelled, late, aborted],
  ...[actor, busyActor, killedActor, namedActor, callingActor],
  ...[stream, streamOfRefs, actorStream],
  ...[endedMethods, queue, impatience, pool],
];
/** Those that a run may have as well. */
function stepsOf({ killing, hunger }: Perils): readonly Step[] {
  const more = [...(killing ? [tasks.deadly] : []), ...(hunger ? [tasks.hungry] : [])];
  return more.length === 0 ? peaceful : [...peaceful, ...more];
}

/** One step, drawn by chance. */
export async function anyStep(kit: Kit): Promise<void> {
  const step = kit.chance.pick(stepsOf(kit.perils));
  kit.underWay.push(step.name);
  try {
    await step(kit);
  } finally {
    kit.underWay.splice(kit.underWay.indexOf(step.name), 1);
  }
}
