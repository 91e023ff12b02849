/**
 * Random histories of stored objects in little memory: whatever is done with them, and whoever
 * dies, every read sees its own content or fails as documented, and nothing is left in the end.
 *
 * `MOBULA_HISTORY_SEED` repeats a history; `MOBULA_HISTORY_STEPS` makes it longer;
 * `MOBULA_HISTORY_ACTS` names the acts it is made of.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { allocate, put, remote, type ObjectRef } from "mobula";
import { collectGarbage } from "../support/garbage.ts";
import { processesOnly, useRuntime } from "../support/runtime.ts";
import { filesInMemory, filesOnDisk, usedBytes } from "../support/store.ts";
import { eventually, within } from "../support/within.ts";

const LIMIT = 12 * 2 ** 20;
const fixture = useRuntime({ objectStoreBytes: LIMIT });
const options = processesOnly("files are counted in the session's directory, workers are killed");
const STEPS = Number(process.env["MOBULA_HISTORY_STEPS"] ?? 250);
const ACTS = process.env["MOBULA_HISTORY_ACTS"]?.split(",");
const SEED = Number(process.env["MOBULA_HISTORY_SEED"] ?? Date.now() % 2 ** 31);

/** What a read may fail with once a worker was killed. */
const AFTER_KILL = new Set(["WORKER_CRASHED", "OBJECT_LOST", "OWNER_DIED"]);

// What objects hold: numbers that only one id and length give.

const fill = (array: Uint32Array, id: number): Uint32Array => {
  for (let i = 0; i < array.length; i++) array[i] = Math.imul(id, 0x9e3779b1) + Math.imul(i, 31);
  return array;
};

const fault = (array: Uint32Array, id: number, length: number): string | undefined => {
  if (array.length !== length) return `${array.length} elements instead of ${length} of ${id}`;
  for (let i = 0; i < length; i++) {
    const found = array[i]!;
    const expected = (Math.imul(id, 0x9e3779b1) + Math.imul(i, 31)) >>> 0;
    if (found !== expected) return `${found} instead of ${expected} at ${i} of ${length}, id ${id}`;
  }
  return undefined;
};

interface Held {
  readonly id: number;
  readonly length: number;
  readonly ref: ObjectRef<Uint32Array>;
}

type Nested = { readonly ref: ObjectRef<Uint32Array> };

// Tasks.

const make = remote((id: number, length: number) => fill(new Uint32Array(length), id));
const makeAllocated = remote((id: number, length: number) => {
  const array = fill(allocate(Uint32Array, length), id);
  const inner = put(array);
  // Two objects: one as it was when it was put, one as it is returned.
  fill(array, id + 1);
  return { ref: inner, after: array };
});
const makeChild = remote((id: number, length: number) => ({ ref: make(id, length) }));
const makePut = remote((id: number, length: number) => ({
  ref: put(fill(new Uint32Array(length), id)),
}));
const check = remote((array: Uint32Array, id: number, length: number) => {
  const found = fault(array, id, length);
  array.fill(7);
  return found;
});
const checkShared = remote(
  (array: Uint32Array, id: number, length: number) => fault(array, id, length),
  { shared: true },
);
const checkNested = remote(async ({ ref }: Nested, id: number, length: number) => {
  const found = fault(await ref, id, length);
  return found ?? (await check(ref, id, length));
});
const pass = remote((nested: Nested) => nested);
const forward = remote(({ ref }: Nested) => ref);
const change = remote((array: Uint32Array, id: number) => fill(array, id));
/** Views that stay in the worker while all else goes on. */
const keep = remote((array: Uint32Array, id: number, length: number) => {
  const kept = ((globalThis as { kept?: unknown[] }).kept ??= []) as [
    Uint32Array,
    number,
    number,
  ][];
  kept.push([array, id, length]);
  const oldest = kept.length > 3 ? kept.shift()! : kept[0]!;
  return fault(...oldest);
});
const crash = remote((_array: Uint32Array) => process.kill(process.pid, "SIGKILL"));
const clear = remote(async () => {
  (globalThis as { kept?: unknown[] }).kept = [];
  const { setFlagsFromString } = await import("node:v8");
  const { runInNewContext } = await import("node:vm");
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  for (let i = 0; i < 3; i++) {
    gc();
    await new Promise(setImmediate);
  }
});
const map = remote(([id, length]: readonly [number, number]) => fill(new Uint32Array(length), id));

class History {
  readonly #held: Held[] = [];
  readonly #views: [Uint32Array, number, number][] = [];
  readonly #running = new Set<Promise<void>>();
  #random: number;
  #nextId = 1;
  #hasKilled = false;
  readonly steps: string[] = [];
  #failure: Error | undefined;

  constructor(seed: number) {
    this.#random = seed;
  }

  /** Below `bound`. (mulberry32) */
  #below(bound: number): number {
    this.#random = (this.#random + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#random ^ (this.#random >>> 15), 1 | this.#random);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  }

  #newId(): number {
    return (this.#nextId += 2);
  }

  #newLength(): number {
    // A few sizes again and again, so that files fit, and some in between.
    const base = [30_000, 60_000, 250_000][this.#below(3)]!;
    return base + (this.#below(3) === 0 ? this.#below(6_000) : 0);
  }

  #hold(ref: ObjectRef<Uint32Array>, id: number, length: number): void {
    this.#held.push({ ref, id, length });
  }

  #any(): Held {
    if (this.#held.length === 0) {
      const [id, length] = [this.#newId(), this.#newLength()];
      this.#hold(put(fill(new Uint32Array(length), id)), id, length);
    }
    return this.#held[this.#below(this.#held.length)]!;
  }

  /** Each begins with what it does at once, and goes on when results come. */
  readonly #acts: Record<string, () => void | Promise<void>> = {
    put: () => {
      const [id, length] = [this.#newId(), this.#newLength()];
      const array = fill(new Uint32Array(length), id);
      this.#hold(put(array), id, length);
      array.fill(1);
    },
    allocate: () => {
      const [id, length] = [this.#newId(), this.#newLength()];
      const array = fill(allocate(Uint32Array, length), id);
      this.#hold(put(array), id, length);
      fill(array, id + 1);
      this.#hold(put(array), id + 1, length);
      this.#views.push([array, id + 1, length]);
    },
    "put part": () => {
      const [id, length] = [this.#newId(), this.#newLength()];
      const whole = allocate(Uint32Array, length + 1_000);
      const part = fill(whole.subarray(1_000), id);
      this.#hold(put(part), id, length);
      whole.fill(3);
    },
    make: () => {
      const [id, length] = [this.#newId(), this.#newLength()];
      this.#hold(make(id, length), id, length);
    },
    "make nested": async () => {
      const [id, length] = [this.#newId(), this.#newLength()];
      const { ref } = await [makePut, makeChild][this.#below(2)]!(id, length);
      this.#hold(ref, id, length);
    },
    "make allocated": async () => {
      const [id, length] = [this.#newId(), this.#newLength()];
      const { ref, after } = await makeAllocated(id, length);
      this.#hold(ref, id, length);
      this.#see(after, id + 1, length);
    },
    read: async () => {
      const { ref, id, length } = this.#any();
      // At once: an `await` begins in the next microtask, and the next act may dispose the ref.
      const array = await ref.then((value) => value);
      this.#see(array, id, length);
      if (this.#below(2) === 0) array.fill(5);
      else this.#views.push([array, id, length]);
    },
    check: () => this.#sayNothing(([...held]) => check(...held)),
    "check shared": () => this.#sayNothing(([...held]) => checkShared(...held)),
    "check nested": () => this.#sayNothing(([ref, id, length]) => checkNested({ ref }, id, length)),
    keep: () => this.#sayNothing(([...held]) => keep(...held)),
    "check captured": () =>
      this.#sayNothing(([ref, id, length]) => remote(() => checkNested({ ref }, id, length))()),
    pass: async () => {
      const { ref, id, length } = this.#any();
      const passed = await pass({ ref });
      this.#hold(passed.ref, id, length);
    },
    forward: () => {
      const { ref, id, length } = this.#any();
      this.#hold(forward({ ref }), id, length);
    },
    change: () => {
      const { ref, length } = this.#any();
      const id = this.#newId();
      this.#hold(change(ref, id), id, length);
    },
    nest: async () => {
      const { ref, id, length } = this.#any();
      using outer = put({ ref, large: new Uint32Array(40_000) });
      const opened = await outer;
      this.#hold(opened.ref, id, length);
    },
    map: async () => {
      const items = Array.from({ length: 4 }, () => [this.#newId(), this.#newLength()] as const);
      const arrays = await map.map(items);
      for (const [index, [id, length]] of items.entries()) this.#see(arrays[index]!, id, length);
    },
    cancel: () => {
      const { ref, id, length } = this.#any();
      const controller = new AbortController();
      const { signal } = controller;
      check
        .options({ signal })(ref, id, length)
        .catch(() => {
          // Cancelled in time or not: what counts is that nothing is left of it.
        });
      setImmediate(() => controller.abort());
    },
    dispose: () => {
      for (const { ref } of this.#taken()) ref[Symbol.dispose]();
    },
    drop: () => void this.#taken(),
    look: () => {
      for (const view of this.#views.splice(0, 2)) this.#see(...view);
    },
    collect: () => collectGarbage(),
    "kill a worker": () => this.#kill(),
  };

  #taken(): Held[] {
    const count = Math.min(this.#held.length, this.#below(8));
    return this.#held.splice(this.#below(this.#held.length - count + 1), count);
  }

  #see(array: Uint32Array, id: number, length: number): void {
    assert.equal(fault(array, id, length), undefined);
  }

  async #sayNothing(
    call: (held: [ObjectRef<Uint32Array>, number, number]) => ObjectRef<string | undefined>,
  ): Promise<void> {
    const { ref, id, length } = this.#any();
    assert.equal(await call([ref, id, length]), undefined);
  }

  async #kill(): Promise<void> {
    if (this.#below(3) > 0) return;
    this.#hasKilled = true;
    await crash(this.#any().ref);
  }

  async run(steps: number): Promise<void> {
    const names = ACTS ?? Object.keys(this.#acts);
    for (let step = 0; step < steps && this.#failure === undefined; step++) {
      const name = this.#held.length > 40 ? "dispose" : names[this.#below(names.length)]!;
      this.steps.push(name);
      const running = this.#act(name).finally(() => this.#running.delete(running));
      this.#running.add(running);
      if (this.#running.size > 6) await within(Promise.race(this.#running), `${name} hangs`);
      else if (this.#below(4) === 0) await new Promise(setImmediate);
    }
    await within(Promise.all(this.#running), "what was begun does not end");
    for (const view of this.#views.splice(0)) this.#see(...view);
    for (const { ref } of this.#held.splice(0)) ref[Symbol.dispose]();
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #act(name: string): Promise<void> {
    try {
      await this.#acts[name]!();
    } catch (error) {
      const { code } = error as { code?: string };
      if (this.#hasKilled && AFTER_KILL.has(code!)) return;
      this.#failure ??= new Error(`in "${name}": ${(error as Error).message}`, { cause: error });
    }
  }
}

/** Free files go some seconds after the last use; then nothing may be left. */
async function nothingLeft(): Promise<void> {
  const { sandbox } = fixture;
  await eventually(
    async () => {
      await collectGarbage();
      const workers = sandbox.pidsOf("mobula worker").length;
      // A share of a core for each, so that none is left out.
      const clearOne = clear.options({ numCpus: 2 / (workers + 1) });
      await Promise.all(Array.from({ length: workers }, () => clearOne()));
      const [memory, disk, used] = [
        filesInMemory(sandbox),
        filesOnDisk(sandbox),
        usedBytes(sandbox),
      ];
      if (memory.count + disk.count + used === 0) return undefined;
      const files = `${memory.count} files in memory, ${disk.count} on disk`;
      return `${files}, ${memory.sizeBytes} bytes, counted ${used}`;
    },
    Number(process.env["PAT"] ?? 20_000),
  );
}

test(`history ${SEED}`, options, async () => {
  const history = new History(SEED);
  try {
    await history.run(STEPS);
    await nothingLeft();
  } catch (error) {
    const last = history.steps.slice(-20).join(", ");
    throw new Error(`MOBULA_HISTORY_SEED=${SEED}, ${history.steps.length} steps, last: ${last}`, {
      cause: error,
    });
  }
});
