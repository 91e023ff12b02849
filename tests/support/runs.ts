/** Which tasks have run, as they announce it themselves. */

import { announce } from "./rendezvous.mjs";
import type { Events } from "./fifo.ts";

export class Runs {
  readonly #events: Events;
  #count = 0;

  constructor(events: Events) {
    this.#events = events;
  }

  /** For tasks, to announce to. */
  get path(): string {
    return this.#events.path;
  }

  /** What was announced since the last look, sorted. */
  async look(): Promise<string[]> {
    const end = `end of look ${++this.#count}`;
    announce(this.path, end);
    const found: string[] = [];
    for (let next = await this.#events.next(); next !== end; next = await this.#events.next()) {
      found.push(next);
    }
    return found.sort();
  }
}
