/**
 * Garbage collection in simulated processes. In a worker in which no code of the user runs, what is
 * held is what others hold, or what functions have captured: the rest can be collected.
 */

import { ActorClient } from "../runtime/actor-client.ts";
import { ObjectRecord } from "../runtime/object-record.ts";
import type { Payload } from "../runtime/payload.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { SimulatedCollector } from "./simulated-collector.ts";
import type { Inhabitant } from "./simulated-backend.ts";

/** Returns how much was collected. */
export function collectInIdle({ runtime, collector, isIdle }: Inhabitant): number {
  if (runtime === undefined || !isIdle()) return 0;
  // What it keeps to make results again holds refs as well.
  if (runtime.objects.reconstruction.lineage.count > 0) return 0;
  const held = heldIn(runtime);
  return collector.collected((target) => !held.has(target) && !(target instanceof ActorClient));
}

/** In the driver, when the program has ended: it holds what it has refs of. */
export function collectAfterProgram(collector: SimulatedCollector): void {
  const held = new Set<object>();
  for (const target of collector.targets()) {
    if (!(target instanceof ObjectRecord) || target.refs === 0) continue;
    held.add(target);
    if (target.content?.kind === "payload") held.add(target.content.payload);
  }
  collector.collected((target) => !held.has(target));
}

function heldIn({ objects, functions }: Runtime): ReadonlySet<object> {
  const held = new Set<object>();
  const hold = (payload: Payload): void => {
    held.add(payload);
    for (const record of payload.refs) held.add(record);
  };
  for (const record of objects.shared.lent()) {
    held.add(record);
    const { content } = record;
    if (content?.kind === "payload" || content?.kind === "failure") hold(content.payload);
  }
  for (const { definition } of functions.all()) if (definition !== undefined) hold(definition);
  return held;
}
