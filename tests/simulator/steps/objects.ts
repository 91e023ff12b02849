/** Steps about values: stored ones, shared ones, and waiting for them. */

import { asCompleted, get, put, wait, type ObjectRef } from "mobula";
import { sleep } from "mobula/testing";
import * as bodies from "../bodies.ts";
import type { Kit } from "../kit.ts";

export async function stored(kit: Kit): Promise<void> {
  const { chance } = kit;
  const [fill, sum] = [kit.remote(bodies.fill), kit.remote(bodies.sum)];
  const sizeBytes = chance.pick([10, 2_000, 8_000]);
  const more = { errors: kit.lossErrors() };
  const id = kit.expect("fill", new Uint8Array(sizeBytes).fill(3), more);
  const filled = fill(id, sizeBytes, 3);
  using twos = put(new Uint8Array(sizeBytes).fill(2));
  if (chance.is(0.5)) await sleep(chance.next() * 20);
  await kit.all(1 + chance.below(4), () =>
    kit.call("sum of stored", 5 * sizeBytes + 1, (reader) => sum(reader, filled, twos, 1), more),
  );
  await kit.follow(id, filled);
}

/** Each value is made of the one before it, and all are stored: losing them makes a chain again. */
export async function storedChain(kit: Kit): Promise<void> {
  const grow = kit.remote(bodies.grow);
  const more = { errors: kit.lossErrors() };
  const length = 2 + kit.chance.below(6);
  const ids: string[] = [];
  const refs: ObjectRef<Uint8Array>[] = [];
  for (let n = 0; n < length; n++) {
    const id = kit.expect(`grown ${n}`, new Uint8Array(2_000).fill(n), more);
    ids.push(id);
    refs.push(grow(id, n === 0 ? new Uint8Array(2_000).fill(255) : refs[n - 1]!));
  }
  await wait(refs, { count: length });
  await sleep(kit.chance.next() * 30);
  await Promise.all(refs.map((ref, n) => kit.follow(ids[n]!, ref)));
}

/** Refs that a worker has made come back in a value, and go to other workers. */
export async function shared(kit: Kit): Promise<void> {
  const [share, collect] = [kit.remote(bodies.share), kit.remote(bodies.collect)];
  const values = Array.from({ length: 1 + kit.chance.below(4) }, (_, n) => n);
  const more = { errors: kit.lossErrors() };
  const id = kit.expect("share", undefined, { ...more, isRight: () => true });
  const found = await kit.follow(id, share(id, values));
  if (found === undefined) return;
  const refs = found.refs as unknown as ObjectRef<Uint8Array>[];
  const total = values.reduce((a, b) => a + b, 0);
  const reader = kit.expect("collect", total, more);
  const read = collect(reader, refs);
  const isEarly = kit.chance.is(0.5);
  if (isEarly) for (const ref of refs) ref[Symbol.dispose]();
  await kit.follow(reader, read);
  if (!isEarly) for (const ref of refs) ref[Symbol.dispose]();
}

/** Refs of pending results go to a task inside a value. */
export async function nestedRefs(kit: Kit): Promise<void> {
  const [nap, collect] = [kit.remote(bodies.nap), kit.remote(bodies.collect)];
  const ids = [1, 2, 3].map((n) => kit.expect("nap inside", n));
  const refs = ids.map((id, n) => nap(id, kit.chance.next() * 20, n + 1));
  const more = { errors: kit.lossErrors() };
  const reader = kit.call("collect pending", 6, (id) => collect(id, refs), more);
  await Promise.all([reader, ...refs.map((ref, n) => kit.follow(ids[n]!, ref))]);
}

/** A ref goes to tasks one after the other: some let go of it while others get it, as we do. */
export async function handedAgain(kit: Kit): Promise<void> {
  const { chance } = kit;
  const collect = kit.remote(bodies.collect);
  const shared = put(7);
  const more = { errors: kit.lossErrors() };
  const calls: Promise<unknown>[] = [];
  for (let left = 2 + chance.below(6); left > 0; left--) {
    calls.push(kit.call("collect the same", 7, (id) => collect(id, [shared]), more));
    await sleep(chance.next() * 3);
  }
  shared[Symbol.dispose]();
  await Promise.all(calls);
}

export async function waits(kit: Kit): Promise<void> {
  const { chance } = kit;
  const nap = kit.remote(bodies.nap);
  const ids = [0, 1, 2, 3].map((value) => kit.expect("nap to wait for", value));
  const refs = ids.map((id, value) => nap(id, chance.next() * 30, value));
  await wait(refs, { count: 1 + chance.below(4), timeoutMs: 10 + chance.next() * 50 });
  try {
    await get(refs, { timeoutMs: chance.next() * 20 });
  } catch {
    // Its time is up, or one has failed: each is looked at below.
  }
  let completed = 0;
  for await (const ref of asCompleted(refs)) {
    await ref.then(noted, noted);
    completed++;
  }
  if (completed !== refs.length) throw new Error(`Cannot complete ${completed} of ${refs.length}`);
  await Promise.all(refs.map((ref, index) => kit.follow(ids[index]!, ref)));
}

/** Whatever came of it is looked at elsewhere. */
function noted(): void {
  // Nothing to do here.
}

/** Nobody awaits it. */
export async function forgotten(kit: Kit): Promise<void> {
  const id = kit.ledger.newId();
  kit
    .remote(bodies.nap)(id, kit.chance.next() * 10, 1)
    [Symbol.dispose]();
  await sleep(kit.chance.next());
}
