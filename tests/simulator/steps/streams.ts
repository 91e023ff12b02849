/** Steps that read streams. */

import { sleep } from "mobula/testing";
import * as bodies from "../bodies.ts";
import type { Kit } from "../kit.ts";

export async function stream(kit: Kit): Promise<void> {
  const { chance } = kit;
  const to = chance.below(30);
  const stopAt = chance.is(0.3) ? chance.below(10) : Infinity;
  const streamBuffer = chance.pick([1, 4, 1_024]);
  const wanted = Array.from({ length: Math.min(to, stopAt) }, (_, n) => n);
  const id = kit.expect("stream", wanted, {
    runsMax: 1,
    mayNotRun: stopAt === 0,
    errors: kit.deathsOf(0),
  });
  const body = chance.is(0.5) ? bodies.count : bodies.countSlowly;
  const elements = kit.remote(body).options({ streamBuffer })(id, to);
  const isSlow = chance.is(0.3);
  await kit.watch(id, async () => {
    const seen: number[] = [];
    if (stopAt === 0) {
      await elements[Symbol.asyncIterator]().return?.();
      return seen;
    }
    for await (const n of elements) {
      seen.push(n);
      if (isSlow) await sleep(chance.next() * 3);
      if (seen.length >= stopAt) break;
    }
    return seen;
  });
}

/** Read as refs, which go to tasks. */
export async function streamOfRefs(kit: Kit): Promise<void> {
  const to = 1 + kit.chance.below(8);
  const sum = kit.remote(bodies.sum);
  const id = kit.expect("stream of refs", (to * (to - 1)) / 2, {
    errors: [...kit.lossErrors()],
  });
  await kit.watch(id, async () => {
    let total = 0;
    for await (using ref of kit.remote(bodies.count)(id, to).refs()) {
      using doubled = sum("", ref);
      total += await doubled;
    }
    return total;
  });
}
