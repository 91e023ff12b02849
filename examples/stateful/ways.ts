/** The ways to run several accumulators, on one core or on all of them. */
import { Piscina } from "piscina";
import { remote } from "mobula";
import { makeDocument } from "./documents.ts";
import type { Job, State } from "./piscina-worker.ts";
import { StreamingPrefixCount } from "./prefix-count.ts";

export interface Shape {
  /** As many as cores. */
  readonly accumulators: number;
  /** That each of them gets. */
  readonly documents: number;
}

/** Accumulators that have not counted yet. */
export interface Counting extends AsyncDisposable {
  /** Makes the documents, hands them out in turns, and has the prefixes popular with anyone. */
  run(): Promise<ReadonlySet<string>>;
}

export type Way = (shape: Shape) => Promise<Counting>;

/** One accumulator after the other. */
export const onOneCore: Way = async ({ accumulators, documents }) => ({
  async run() {
    const popular = Array.from({ length: accumulators }, (_, own) => {
      const count = new StreamingPrefixCount();
      for (let turn = 0; turn < documents; turn++) {
        count.addDocument(makeDocument(turn * accumulators + own));
      }
      return count.getPopular();
    });
    return union(popular);
  },
  [Symbol.asyncDispose]: () => Promise.resolve(),
});

/** The state goes to the pool with each document, and comes back. */
export const withPiscina: Way = async ({ accumulators, documents }) => {
  const pool = new Piscina<Job, State>({
    filename: new URL("./piscina-worker.ts", import.meta.url).href,
    minThreads: accumulators,
    maxThreads: accumulators,
  });
  return {
    async run() {
      let states: State[] = Array.from({ length: accumulators }, () => {
        return { counts: new Map(), popular: new Set() };
      });
      for (let turn = 0; turn < documents; turn++) {
        const calls = states.map((state, own) => {
          return pool.run({ state, document: makeDocument(turn * accumulators + own) });
        });
        states = await Promise.all(calls);
      }
      return union(states.map(({ popular }) => popular));
    },
    [Symbol.asyncDispose]: () => pool.destroy(),
  };
};

/** The state stays in the actors. */
export const withMobula: Way = async ({ accumulators, documents }) => {
  const RemoteCount = remote(StreamingPrefixCount);
  const actors = Array.from({ length: accumulators }, () => new RemoteCount());
  await Promise.all(actors.map((actor) => actor.getPopular())); // All have started.
  return {
    async run() {
      const calls = Array.from({ length: accumulators * documents }, (_, index) => {
        return actors[index % accumulators]!.addDocument(makeDocument(index));
      });
      const popular = actors.map((actor) => actor.getPopular());
      await Promise.all(calls);
      return union(await Promise.all(popular));
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(actors.map((actor) => actor[Symbol.asyncDispose]()));
    },
  };
};

function union(sets: readonly ReadonlySet<string>[]): ReadonlySet<string> {
  const all = new Set<string>();
  for (const set of sets) for (const prefix of set) all.add(prefix);
  return all;
}
