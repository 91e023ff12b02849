/**
 * Random graphs of tasks, of which files are removed at random moments: every value is right, and
 * no task runs more often than its files were removed.
 * Processes only: files are removed from the session's directory.
 *
 * `MOBULA_HISTORY_SEED` repeats a history; `MOBULA_HISTORY_STEPS` makes it longer.
 */

import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { test } from "node:test";
import { remote, type ObjectRef } from "mobula";
import { collectGarbage } from "../support/garbage.ts";
import { announce } from "../support/rendezvous.mjs";
import { useRuntime } from "../support/runtime.ts";
import { Runs } from "../support/runs.ts";
import { loseStored } from "../support/store.ts";
import { within } from "../support/within.ts";

const fixture = useRuntime({ numCpus: 2, logToDriver: false });
const STEPS = Number(process.env["MOBULA_HISTORY_STEPS"] ?? 120);
const SEED = Number(process.env["MOBULA_HISTORY_SEED"] ?? Date.now() % 2 ** 31);

type Numbers = Float64Array;
type Nested = { readonly refs: readonly ObjectRef<Numbers>[] };

/** Its id, and what it takes, added up. Every third one is too small to be stored. */
const node = remote(
  async (runs: string, id: number, { refs }: Nested, ...direct: Numbers[]) => {
    announce(runs, String(id));
    const nested = await Promise.all(refs);
    const sum = [...nested, ...direct].reduce((sum, numbers) => sum + numbers[0]!, id);
    return new Float64Array(id % 3 === 0 ? 10 : 20_000).fill(sum);
  },
  { maxRetries: Infinity },
);
/** The same, called by another worker. */
const passOn = remote(
  async (runs: string, id: number, nested: Nested) => {
    return { ref: node(runs, id, nested) };
  },
  { maxRetries: Infinity },
);
const read = remote((numbers: Numbers) => numbers.at(-1)!, { maxRetries: Infinity });
const readNested = remote(async ({ refs }: Nested) => (await refs[0]!).at(-1)!, {
  maxRetries: Infinity,
});
const crash = remote((_numbers: Numbers) => process.kill(process.pid, "SIGKILL"), {
  maxRetries: 0,
});

interface Node {
  readonly id: number;
  readonly sum: number;
  readonly ref: ObjectRef<Numbers>;
}

class History {
  readonly #runs: Runs;
  readonly #nodes: Node[] = [];
  readonly #running = new Set<Promise<void>>();
  readonly steps: string[] = [];
  /** How often files were removed. */
  losses = 0;
  #random: number;
  #nextId = 1;

  constructor(runs: Runs, seed: number) {
    this.#runs = runs;
    this.#random = seed;
  }

  /** Below `bound`. (mulberry32) */
  #below(bound: number): number {
    this.#random = (this.#random + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#random ^ (this.#random >>> 15), 1 | this.#random);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  }

  /** Some of the last ones, so that chains become long. */
  #some(max: number): Node[] {
    const { length } = this.#nodes;
    if (length === 0) return [];
    return Array.from({ length: this.#below(max + 1) }, () => {
      return this.#nodes[length - 1 - this.#below(Math.min(length, 8))]!;
    });
  }

  #any(): Node {
    if (this.#nodes.length === 0) this.#call();
    return this.#nodes[this.#below(this.#nodes.length)]!;
  }

  #next(inputs: readonly Node[]): { id: number; sum: number } {
    const id = this.#nextId++;
    return { id, sum: inputs.reduce((sum, input) => sum + input.sum, id) };
  }

  #call(): void {
    const [direct, nested] = [this.#some(2), this.#some(2)];
    const { id, sum } = this.#next([...direct, ...nested]);
    const refs = nested.map(({ ref }) => ref);
    const ref = node(this.#runs.path, id, { refs }, ...direct.map((input) => input.ref));
    this.#nodes.push({ id, sum, ref });
  }

  readonly #acts: Record<string, () => void | Promise<void>> = {
    call: () => this.#call(),
    read: async () => {
      const { ref, sum } = this.#any();
      assert.equal((await ref.then((numbers) => numbers)).at(-1), sum);
    },
    "read in a task": async () => {
      const { ref, sum } = this.#any();
      assert.equal(await read(ref), sum);
    },
    "read nested": async () => {
      const { ref, sum } = this.#any();
      assert.equal(await readNested({ refs: [ref] }), sum);
    },
    "call elsewhere": async () => {
      const nested = this.#some(2);
      const { id, sum } = this.#next(nested);
      const { ref } = await passOn(this.#runs.path, id, { refs: nested.map(({ ref }) => ref) });
      this.#nodes.push({ id, sum, ref });
    },
    lose: () => {
      this.losses++;
      const share = 1 + this.#below(4);
      loseStored(fixture.sandbox, (path) => {
        if (this.#below(share) === 0) rmSync(path);
      });
    },
    drop: () => {
      const count = this.#below(4);
      for (const { ref } of this.#nodes.splice(0, Math.min(count, this.#nodes.length - 1))) {
        if (this.#below(2) === 0) ref[Symbol.dispose]();
      }
    },
    collect: () => collectGarbage(),
    crash: async () => {
      await crash(this.#any().ref).catch(() => {
        // That is what it is for.
      });
    },
  };

  async run(names: readonly string[], steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) {
      const name = names[this.#below(names.length)]!;
      this.steps.push(name);
      const running = Promise.resolve(this.#acts[name]!()).finally(() => {
        this.#running.delete(running);
      });
      running.catch(() => {
        // It is thrown by whoever waits for what runs.
      });
      this.#running.add(running);
      if (this.#running.size > 5) await within(Promise.race(this.#running), `${name} hangs`);
      else if (this.#below(3) === 0) await new Promise(setImmediate);
    }
    await within(Promise.all(this.#running), "what was begun does not end");
    for (const { ref, sum } of this.#nodes) {
      assert.equal((await within(ref.then(), `no value of ${ref.id}`)).at(-1), sum);
    }
  }
}

async function play(names: readonly string[]): Promise<{ history: History; runs: string[] }> {
  const runs = new Runs(fixture.sandbox.events());
  const history = new History(runs, SEED);
  try {
    await history.run(names, STEPS);
  } catch (error) {
    const last = history.steps.slice(-20).join(", ");
    throw new Error(`MOBULA_HISTORY_SEED=${SEED}, ${history.steps.length} steps, last: ${last}`, {
      cause: error,
    });
  }
  return { history, runs: await runs.look() };
}

const CALLS = ["call", "call", "read", "read in a task", "read nested", "lose", "collect"];

test(`files are removed, history ${SEED}`, async () => {
  const { history, runs } = await play(CALLS);
  const counts = new Map<string, number>();
  for (const id of runs) counts.set(id, (counts.get(id) ?? 0) + 1);
  for (const [id, count] of counts) {
    assert(count <= 1 + history.losses, `seed ${SEED}: ${id} ran ${count} times`);
  }
});

test(`files are removed, refs given up, workers killed, history ${SEED}`, async () => {
  await play([...CALLS, "drop", "crash"]);
});
