/** What simulated programs call remotely. Each body notes that it runs, under its call's name. */

import {
  context,
  put,
  remote,
  type ActorHandle,
  type ObjectRef,
  type Queue,
  type RemoteFunction,
} from "mobula";
import { compute, exit, hold, sleep } from "mobula/testing";
import { ran } from "./ledger.ts";

export function add(id: string, a: number, b: number): number {
  ran(id);
  return a + b;
}

export async function nap(id: string, durationMs: number, value: number): Promise<number> {
  ran(id);
  await sleep(durationMs);
  return value;
}

export function burn(id: string, durationMs: number, value: number): number {
  ran(id);
  compute(durationMs);
  return value;
}

export class Boom extends Error {
  override readonly name = "Boom";
}

export function fail(id: string): never {
  ran(id);
  throw new Boom(`boom of ${id}`);
}

/** Fails until it has been tried often enough. */
export function flaky(id: string, failures: number): number {
  ran(id);
  if (context().attempt <= failures) throw new Boom(`boom of ${id}`);
  return context().attempt;
}

/** Ends its worker, until it has been tried often enough. */
export function suicidal(id: string, deaths: number): number | Promise<never> {
  ran(id);
  return context().attempt <= deaths ? exit(7) : 0;
}

/** Has so much memory of its own for a while. */
export async function eat(id: string, sizeBytes: number, durationMs: number): Promise<number> {
  ran(id);
  const held = hold(sizeBytes);
  await sleep(durationMs);
  held[Symbol.dispose]();
  return sizeBytes;
}

/** Large enough to be stored. */
export function fill(id: string, sizeBytes: number, value: number): Uint8Array {
  ran(id);
  return new Uint8Array(sizeBytes).fill(value);
}

export function sum(id: string, ...arrays: (Uint8Array | number)[]): number {
  ran(id);
  let total = 0;
  for (const array of arrays) {
    if (typeof array === "number") total += array;
    else for (let at = 0; at < array.length; at++) total += array[at]!;
  }
  return total;
}

/** Awaits refs that it was given inside a value. */
export async function collect(id: string, refs: ObjectRef<number | Uint8Array>[]): Promise<number> {
  ran(id);
  let total = 0;
  for (using ref of refs) {
    const value = await ref;
    total += typeof value === "number" ? value : value[0]!;
  }
  return total;
}

/** Calls itself. */
export async function tree(id: string, depth: number, width: number): Promise<number> {
  ran(id);
  if (depth === 0) return 1;
  const grow = ownTree();
  const refs = Array.from({ length: width }, (_, i) => grow(`${id}.${i}`, depth - 1, width));
  try {
    let total = 1;
    for (const part of await Promise.all(refs)) total += part;
    return total;
  } finally {
    for (const ref of refs) ref[Symbol.dispose]();
  }
}

/** In real processes each has its own; the simulated ones share the variables of this module. */
function ownTree(): RemoteFunction<typeof tree> {
  const { workerId } = context();
  const known = trees.get(workerId) ?? remote(tree);
  trees.set(workerId, known);
  return known;
}
const trees = new Map<string, RemoteFunction<typeof tree>>();

/** Before each run. */
export function forgetTrees(): void {
  trees.clear();
}

/** Gives refs of what it has made itself. */
export function share(id: string, values: number[]): { refs: ObjectRef<number[]>[] } {
  ran(id);
  return { refs: values.map((value) => put([value])) };
}

export function pair(id: string, a: number, b: number): [number, number] {
  ran(id);
  return [a, b];
}

export function* count(id: string, to: number): Generator<number> {
  ran(id);
  for (let n = 0; n < to; n++) yield n;
}

export async function* countSlowly(id: string, to: number): AsyncGenerator<number> {
  ran(id);
  for (let n = 0; n < to; n++) {
    if (n % 4 === 0) await sleep(1);
    yield n;
  }
}

/** A stored value made of another one. */
export function grow(id: string, from: Uint8Array): Uint8Array {
  ran(id);
  return from.map((element) => element + 1);
}

export function notThirds(n: number): number {
  if (n % 3 === 0) throw new Boom(`boom of ${n}`);
  return n;
}

export function square(x: number): number {
  return x * x;
}

export class Counter {
  #count = 0;

  add(id: string, by: number): number {
    ran(id);
    return (this.#count += by);
  }

  *upTo(id: string, to: number): Generator<number> {
    ran(id);
    for (let n = 0; n < to; n++) yield n;
  }

  async later(id: string, durationMs: number): Promise<number> {
    ran(id);
    await sleep(durationMs);
    return this.#count;
  }
}

/** Calls tasks, and an actor of its own. */
export class Leader {
  async lead(id: string, count: number): Promise<number> {
    ran(id);
    const counter = new (remote(Counter))();
    const plus = remote(add);
    let total = 0;
    for (let n = 0; n < count; n++) {
      using one = plus(`${id}.${n}`, 0, 1);
      using counted = counter.add(`${id}.add ${n}`, 1);
      total += (await one) + ((await counted) === n + 1 ? 1 : 0);
    }
    counter[Symbol.dispose]();
    return total;
  }
}

/** Uses an actor from elsewhere. */
export async function addTo(id: string, to: ActorHandle<Counter>, by: number): Promise<number> {
  ran(id);
  using ref = to.add(`${id}.add`, by);
  return await ref;
}

/** Puts items into a queue, one after the other. */
export async function produce(
  id: string,
  into: Queue<readonly [producer: number, n: number]>,
  producer: number,
  count: number,
): Promise<number> {
  ran(id);
  for (let n = 0; n < count; n++) await into.put([producer, n]);
  return count;
}

export const bodies = {
  ...{
    add,
    nap,
    burn,
    fail,
    flaky,
    suicidal,
    fill,
    sum,
    collect,
    tree,
    share,
    pair,
    count,
    square,
  },
  ...{ addTo, Boom, eat, Counter, Leader, countSlowly, grow, notThirds, produce },
};
