/** Steps that call functions. */

import type { ObjectRef } from "mobula";
import * as bodies from "../bodies.ts";
import type { Kit } from "../kit.ts";

const MIB = 2 ** 20;

export async function burst(kit: Kit): Promise<void> {
  const { chance } = kit;
  const maxRetries = chance.pick([0, 1, 3, Infinity]);
  const add = kit.remote(bodies.add).options({ maxRetries, priority: chance.below(3) });
  const more = {
    errors: kit.deathsOf(maxRetries),
    ...(maxRetries === 0 ? { runsMax: 1 } : {}),
  };
  await kit.all(kit.count(20), (a) =>
    kit.call(`add, maxRetries ${maxRetries}`, a + 1, (id) => add(id, a, 1), more),
  );
}

export async function naps(kit: Kit): Promise<void> {
  const { chance } = kit;
  const numCpus = chance.pick([0, 0.5, 1, 1]);
  const nap = kit.remote(bodies.nap).options({ numCpus });
  const burn = kit.remote(bodies.burn).options({ numCpus });
  await kit.all(1 + chance.below(6), (value) => {
    const durationMs = chance.pick([0.1, 1, 5, 20, 100]);
    const body = chance.is(0.5) ? nap : burn;
    return kit.call("nap or burn", value, (id) => body(id, durationMs, value));
  });
}

/** Refs are arguments, and nobody awaits them on the way. */
export async function chain(kit: Kit): Promise<void> {
  const sum = kit.remote(bodies.sum);
  let last: ObjectRef<number> | undefined;
  await kit.all(1 + kit.count(12), (n) => {
    const id = kit.expect(`link ${n} of a chain`, n + 1);
    const next: ObjectRef<number> = last === undefined ? sum(id, 1) : sum(id, last, 1);
    last = next;
    return kit.follow(id, next);
  });
}

export async function nested(kit: Kit): Promise<void> {
  const shapes = [
    [1, 3],
    [2, 2],
    [3, 2],
    [2, 4],
    [3, 3],
    [2, 8],
    [4, 3],
  ] as const;
  const [depth, width] = kit.chance.pick(shapes);
  let size = 1;
  for (let level = depth; level > 0; level--) size = 1 + width * size;
  await kit.call(`tree ${depth} x ${width}`, size, (id) =>
    kit.remote(bodies.tree)(id, depth, width),
  );
}

export async function failures(kit: Kit): Promise<void> {
  await kit.call("fail", undefined, (id) => kit.remote(bodies.fail)(id), { message: "boom of" });
}

export async function retried(kit: Kit): Promise<void> {
  const [maxRetries, failing] = [kit.chance.below(4), kit.chance.below(4)];
  const { deaths } = kit.perils;
  const flaky = kit.remote(bodies.flaky).options({ maxRetries, retryExceptions: true });
  await kit.call("flaky", undefined, (id) => flaky(id, failing), {
    // Deaths use up retries as well, and count as attempts.
    isRight: (value) => (deaths ? Number(value) > failing : value === failing + 1),
    errors: [...kit.deathsOf(maxRetries), ...(deaths ? ["Boom"] : [])],
    ...(failing <= maxRetries ? {} : { message: "boom of" }),
    ...(deaths ? {} : { runsMax: Math.min(failing, maxRetries) + 1 }),
  });
}

/** More memory than there is, if too many run at a time. */
export async function hungry(kit: Kit): Promise<void> {
  const { chance } = kit;
  const maxRetries = chance.pick([0, 3, Infinity]);
  const memoryBytes = chance.pick([undefined, undefined, 50 * MIB]);
  const eat = kit.remote(bodies.eat).options({ maxRetries, ...(memoryBytes && { memoryBytes }) });
  await kit.all(1 + chance.below(6), () => {
    const sizeBytes = chance.pick([1, 50, 100, 300]) * MIB;
    const isTooMuch = memoryBytes !== undefined && sizeBytes > memoryBytes;
    // What takes more than it may is never done, however often it is tried.
    const durationMs = isTooMuch && maxRetries === Infinity ? 0 : chance.next() * 300;
    return kit.call("eat", sizeBytes, (id) => eat(id, sizeBytes, durationMs), {
      errors: kit.deathsOf(maxRetries),
    });
  });
}

/** Tasks that end their own worker. */
export async function deadly(kit: Kit): Promise<void> {
  const [maxRetries, dying] = [kit.chance.below(3), kit.chance.below(3)];
  const suicidal = kit.remote(bodies.suicidal).options({ maxRetries });
  const call = (id: string): ObjectRef<number> => suicidal(id, dying);
  await kit.call(`suicidal ${dying}, maxRetries ${maxRetries}`, 0, call, {
    errors: kit.deathsOf(maxRetries),
  });
}

export async function pairs(kit: Kit): Promise<void> {
  const id = kit.expect("pair", [1, 2]);
  const [first, second] = kit.remote(bodies.pair).options({ numReturns: 2 })(id, 1, 2);
  await kit.watch(id, () => Promise.all([first, second]));
  first[Symbol.dispose]();
  second[Symbol.dispose]();
}

export async function map(kit: Kit): Promise<void> {
  const items = Array.from({ length: kit.count(40) - 1 }, (_, n) => n);
  const squares = items.map((n) => n * n);
  const id = kit.expect("map", squares, { mayNotRun: true });
  const batchSize = kit.chance.pick(["auto", 1, 7] as const);
  await kit.watch(id, async () => kit.remote(bodies.square).map(items, { batchSize }));
}

/** Of which some items fail. */
export async function mapSettled(kit: Kit): Promise<void> {
  const length = kit.count(20) - 1;
  const items = Array.from({ length }, (_, n) => n);
  const id = kit.expect("map, settled", undefined, {
    mayNotRun: true,
    isRight: (value) =>
      (value as PromiseSettledResult<number>[]).every(({ status }, n) => {
        const mayFail = kit.perils.deaths || kit.ledger.alwaysAllowed.length > 0;
        return n % 3 === 0 ? status === "rejected" : mayFail || status === "fulfilled";
      }),
  });
  await kit.watch(id, async () => kit.remote(bodies.notThirds).map(items, { settled: true }));
}
