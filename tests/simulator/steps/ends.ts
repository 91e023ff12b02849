/** Steps that end calls early: by cancel, by a deadline, by a signal. */

import { cancel, type ObjectRef } from "mobula";
import { sleep } from "mobula/testing";
import * as bodies from "../bodies.ts";
import type { Kit } from "../kit.ts";

export async function cancelled(kit: Kit): Promise<void> {
  const { chance, perils } = kit;
  const durationMs = chance.pick([0.1, 10, 300]);
  const id = kit.expect("cancelled", undefined, {
    isRight: () => true,
    errors: [...kit.lossErrors(), "TaskCancelledError"],
  });
  const kind = chance.below(3);
  const ref: ObjectRef<unknown> =
    kind === 0
      ? kit.remote(bodies.nap)(id, durationMs, 4)
      : kind === 1
        ? kit.remote(bodies.burn)(id, durationMs, 4)
        : kit.remote(bodies.tree)(id, 2, 3);
  const ended = kit.watch(id, async () => ref);
  await sleep(chance.next() * 20);
  cancel(ref, { force: perils.killing && chance.is(0.5), recursive: chance.is(0.7) });
  if (chance.is(0.2)) cancel(ref);
  await ended;
  ref[Symbol.dispose]();
}

const HOUR_MS = 3_600_000;

export async function late(kit: Kit): Promise<void> {
  const { chance } = kit;
  const timeoutMs = chance.is(0.2) ? HOUR_MS : 1 + chance.below(30);
  const durationMs = chance.pick([1, 20, 60]);
  // Of a worker that cannot be reached it is known only later that it is dead.
  const mayBeLate = durationMs + 10 > timeoutMs || kit.perils.freezes || kit.perils.deaths;
  const body = kit.perils.killing ? chance.pick([bodies.nap, bodies.burn]) : bodies.nap;
  const nap = kit.remote(body).options({ timeoutMs });
  await kit.call("with a deadline", 5, (id) => nap(id, durationMs, 5), {
    errors: [...kit.deathsOf(3), ...(mayBeLate ? ["TaskTimeoutError"] : [])],
  });
}

export async function aborted(kit: Kit): Promise<void> {
  const { chance } = kit;
  const controller = new AbortController();
  const nap = kit.remote(bodies.nap).options({ signal: controller.signal });
  const calls = kit.all(kit.count(5), (value) =>
    kit.call("with a signal", value, (id) => nap(id, chance.next() * 30, value), {
      errors: [...kit.deathsOf(3), "Boom"],
    }),
  );
  await sleep(chance.next() * 40);
  controller.abort(new bodies.Boom("aborted"));
  await calls;
}
