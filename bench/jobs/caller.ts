import type { ActorHandle } from "mobula";
import type { Echo } from "./echo-actor.ts";

/** An actor that calls others, each in turn. */
export class Caller {
  readonly #actors: readonly ActorHandle<Echo>[];

  constructor(actors: readonly ActorHandle<Echo>[]) {
    this.#actors = actors;
  }

  /** Never has more than `inFlight` calls that are not answered; returns the sum of the answers. */
  async call(calls: number, inFlight: number): Promise<number> {
    let sum = 0;
    for (let from = 0; from < calls; from += inFlight) {
      const answers = Array.from({ length: Math.min(inFlight, calls - from) }, (_, index) => {
        const actor = this.#actors[(from + index) % this.#actors.length]!;
        return actor.echo(from + index);
      });
      for (const answer of await Promise.all(answers)) sum += answer;
    }
    return sum;
  }
}
