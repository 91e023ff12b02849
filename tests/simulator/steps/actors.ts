/** Steps with actors. */

import { getActor, kill, type ActorHandle } from "mobula";
import * as bodies from "../bodies.ts";
import type { Kit, More } from "../kit.ts";

type Handle = ActorHandle<bodies.Counter>;

/** Killed, or let go of. */
export async function end(kit: Kit, handle: Handle): Promise<void> {
  if (kit.chance.is(0.5)) await kill(handle);
  else handle[Symbol.dispose]();
}

export async function actor(kit: Kit): Promise<void> {
  const { chance, perils } = kit;
  const maxRestarts = chance.pick([0, 1, Infinity]);
  const maxTaskRetries = chance.pick([0, 0, Infinity]);
  const counter = new (kit.remote(bodies.Counter).options({ maxRestarts, maxTaskRetries }))();
  let last = 0;
  // With a new life the count begins anew.
  const isNext = (value: unknown): boolean => {
    const isInOrder = value === last + 1 || (perils.deaths && Number(value) <= last);
    last = Number(value);
    return isInOrder;
  };
  const errors = kit.actorErrors();
  const more: More = { isRight: isNext, errors, ...(maxTaskRetries === 0 ? { runsMax: 1 } : {}) };
  const adding = kit.all(kit.count(20), () =>
    kit.call("Counter.add", undefined, (id) => counter.add(id, 1), more),
  );
  const others: Promise<unknown>[] = [adding];
  if (chance.is(0.4)) {
    const addTo = kit.remote(bodies.addTo);
    others.push(
      kit.call("addTo", undefined, (id) => addTo(id, counter, 0), {
        isRight: (value) => typeof value === "number",
        errors: [...errors, ...kit.deathsOf(3)],
      }),
    );
  }
  await Promise.all(others);
  await end(kit, counter);
}

/** Several of its calls run at a time. */
export async function busyActor(kit: Kit): Promise<void> {
  const { chance } = kit;
  const counter = new (kit.remote(bodies.Counter).options({ maxConcurrency: 4 }))();
  await kit.all(kit.count(20), () =>
    kit.call("Counter.later", 0, (id) => counter.later(id, chance.next() * 10), {
      errors: kit.actorErrors(),
      runsMax: 1,
    }),
  );
  await end(kit, counter);
}

/** Killed while its calls are on their way. */
export async function killedActor(kit: Kit): Promise<void> {
  const counter = new (kit.remote(bodies.Counter))();
  const calls = kit.all(kit.count(8), () =>
    kit.call("call of a killed actor", 0, (id) => counter.later(id, 10), {
      errors: [...kit.actorErrors(), "ActorDiedError"],
      runsMax: 1,
    }),
  );
  await kill(counter);
  await calls;
}

/** Found by its name, from here and from tasks. */
export async function namedActor(kit: Kit): Promise<void> {
  const name = kit.ledger.newId();
  const Named = kit.remote(bodies.Counter).options({ name, getIfExists: true });
  const counter = new Named();
  const errors = [...kit.actorErrors(), ...(kit.perils.deaths ? ["ActorNotFoundError"] : [])];
  const id = kit.expect("call of a found actor", 2, { errors, runsMax: 1 });
  await kit.watch(id, async () => {
    const found = await getActor(bodies.Counter, name);
    using ref = found.add(id, 2);
    return await ref;
  });
  await kit.call("getIfExists", undefined, (call) => new Named().add(call, 1), {
    isRight: (value) => typeof value === "number",
    errors,
    runsMax: 1,
  });
  await kill(counter);
}

/** It calls tasks, and other actors. */
export async function callingActor(kit: Kit): Promise<void> {
  const leader = new (kit.remote(bodies.Leader))();
  const count = 1 + kit.chance.below(6);
  await kit.call("Leader.lead", 2 * count, (id) => leader.lead(id, count), {
    errors: [...kit.actorErrors(), ...kit.deathsOf(3)],
  });
  if (kit.chance.is(0.5)) await kill(leader);
  else leader[Symbol.dispose]();
}
