/** All cases, in the order in which they run. */
import type { Case } from "../harness/types.ts";
import { actorCallsAsync } from "./actor-calls-async.ts";
import { actorCallsManyToMany } from "./actor-calls-many-to-many.ts";
import { actorCallsSync } from "./actor-calls-sync.ts";
import { actorCallsWithRef } from "./actor-calls-with-ref.ts";
import { actorKilled } from "./actor-killed.ts";
import { awaitStored } from "./await-stored.ts";
import { captures } from "./captures.ts";
import { codec } from "./codec.ts";
import { deaths } from "./deaths.ts";
import { firstGigabyte } from "./first-gigabyte.ts";
import { firstResult } from "./first-result.ts";
import { getContainingRefs } from "./get-containing-refs.ts";
import { idle } from "./idle.ts";
import { killedWorker } from "./killed-worker.ts";
import { lostChain } from "./lost-chain.ts";
import { makespan } from "./makespan.ts";
import { manyActors } from "./many-actors.ts";
import { manyObjects } from "./many-objects.ts";
import { nestedFib } from "./nested-fib.ts";
import { numerical } from "./numerical.ts";
import { putLarge } from "./put-large.ts";
import { queuedTasks } from "./queued-tasks.ts";
import { readParts } from "./read-parts.ts";
import { refArguments } from "./ref-arguments.ts";
import { refsPutAndGot } from "./refs-put-and-got.ts";
import { returns } from "./returns.ts";
import { smallObjects } from "./small-objects.ts";
import { spilling } from "./spilling.ts";
import { steadyMemory } from "./steady-memory.ts";
import { stream } from "./stream.ts";
import { tasksAsync } from "./tasks-async.ts";
import { tasksSync } from "./tasks-sync.ts";
import { waitRefs } from "./wait-refs.ts";
import { workersKilled } from "./workers-killed.ts";

export const CASES: readonly Case[] = [
  tasksSync,
  tasksAsync,
  actorCallsSync,
  actorCallsAsync,
  actorCallsManyToMany,
  actorCallsWithRef,
  manyActors,
  stream,
  firstResult,
  captures,
  queuedTasks,
  refArguments,
  returns,
  waitRefs,
  getContainingRefs,
  nestedFib,
  makespan,
  killedWorker,
  deaths,
  workersKilled,
  actorKilled,
  idle,
  codec,
  smallObjects,
  putLarge,
  firstGigabyte,
  awaitStored,
  readParts,
  refsPutAndGot,
  manyObjects,
  lostChain,
  numerical,
  spilling,
  steadyMemory,
];

/** The case of that name; throws naming all there are. */
export function getCase(name: string): Case {
  const found = CASES.find((each) => each.name === name);
  if (found !== undefined) return found;
  const names = CASES.map((each) => `  ${each.name}`).join("\n");
  throw new Error(`Cannot run case "${name}": there is no such case; choose one of\n${names}`);
}
