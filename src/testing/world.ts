/**
 * Simulated time, and the processes that live in it. Everything that happens is an event of one
 * process (or of nobody); events happen one after the other, in the order of their times.
 */

import { EventQueue, type Planned } from "./event-queue.ts";
import { SimulatedProcess } from "./simulated-process.ts";
import type { Random } from "./random.ts";
import type { Transcript } from "./transcript.ts";

interface Event extends Planned {
  readonly process: SimulatedProcess | undefined;
  readonly happen: () => void;
}

export class World {
  readonly random: Random;
  readonly transcript: Transcript;
  readonly processes: SimulatedProcess[] = [];
  readonly #events = new EventQueue<Event>();
  #nowMs = 0;
  #planned = 0;
  #happened = 0;
  /** Whose event was the last one. */
  last: SimulatedProcess | undefined;
  /** Looked at before each event: what else is to happen. */
  onNext: (() => void) | undefined;

  constructor(random: Random, transcript: Transcript) {
    this.random = random;
    this.transcript = transcript;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Events so far. */
  get happened(): number {
    return this.#happened;
  }

  addProcess(processId: number, name: string): SimulatedProcess {
    const process = new SimulatedProcess(this, processId, name);
    this.processes.push(process);
    return process;
  }

  /** `happen` is called at that time, unless its process is dead by then. */
  plan(atMs: number, process: SimulatedProcess | undefined, happen: () => void): void {
    const at = Math.max(atMs, this.#nowMs);
    this.#events.push({ atMs: at, order: this.#planned++, process, happen });
  }

  /** Lets the next event happen. Returns false if there is none. */
  step(): boolean {
    this.onNext?.();
    for (let event = this.#events.pop(); event !== undefined; event = this.#events.pop()) {
      this.#nowMs = event.atMs;
      const { process } = event;
      if (process !== undefined && !process.isFreeFor(event.happen)) continue;
      this.#happened++;
      this.last = process;
      event.happen();
      return true;
    }
    return false;
  }
}
