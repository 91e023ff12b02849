/** A process of the simulation: its clock, and whether it lives, stands still, or is at work. */

import type { Clock, Timer } from "../base/clock.ts";
import type { World } from "./world.ts";

/** Between two turns of an event loop. */
const TURN_MS = 0.002;

export class SimulatedProcess {
  readonly processId: number;
  readonly name: string;
  readonly clock: Clock;
  readonly #world: World;
  readonly #timers = new Set<SimulatedTimer>();
  /** What comes while it is stopped. */
  #held: (() => void)[] = [];
  #isDead = false;
  #isStopped = false;
  /** It computes until then. */
  #busyUntilMs = 0;
  readonly #onDeath: (() => void)[] = [];

  constructor(world: World, processId: number, name: string) {
    this.#world = world;
    this.processId = processId;
    this.name = name;
    this.clock = {
      nowMs: () => this.nowMs,
      setTimeout: (job, delayMs) => this.#startTimer(job, delayMs),
      clearTimeout: (timer) => (timer as SimulatedTimer | undefined)?.cancel(),
      setImmediate: (job) => this.post(this.nowMs + TURN_MS, job),
    };
  }

  /** As the process sees it: ahead of the world's time while it computes. */
  get nowMs(): number {
    return Math.max(this.#world.nowMs, this.#busyUntilMs);
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Timers that are to come, for leak checks. */
  get timers(): number {
    return this.#timers.size;
  }

  post(atMs: number, job: () => void): void {
    if (!this.#isDead) this.#world.plan(atMs, this, job);
  }

  /** The code that runs now takes so long: nothing else happens in the process meanwhile. */
  compute(durationMs: number): void {
    this.#busyUntilMs = this.nowMs + durationMs;
  }

  /** Whether `job` may happen now; if not, it happens later, or never. */
  isFreeFor(job: () => void): boolean {
    if (this.#isDead) return false;
    if (this.#isStopped) this.#held.push(job);
    else if (this.#busyUntilMs > this.#world.nowMs) this.post(this.#busyUntilMs, job);
    else return true;
    return false;
  }

  /** SIGSTOP. */
  stop(): void {
    this.#isStopped = true;
  }

  /** SIGCONT. */
  resume(): void {
    this.#isStopped = false;
    const held = this.#held;
    this.#held = [];
    for (const job of held) this.post(this.#world.nowMs, job);
  }

  /** Calls `job` when it dies; at once if it is dead. */
  whenDead(job: () => void): void {
    if (this.#isDead) job();
    else this.#onDeath.push(job);
  }

  /** Nothing happens in it any more. */
  die(): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#held = [];
    this.#timers.clear();
    for (const job of this.#onDeath) job();
  }

  #startTimer(job: () => void, delayMs: number): Timer {
    const timer = new SimulatedTimer(this, job, Math.max(1, delayMs), this.#timers);
    timer.refresh();
    return timer;
  }
}

class SimulatedTimer implements Timer {
  readonly #process: SimulatedProcess;
  readonly #job: () => void;
  readonly #delayMs: number;
  readonly #running: Set<SimulatedTimer>;
  /** Of the start that counts. */
  #start = 0;

  constructor(
    process: SimulatedProcess,
    job: () => void,
    delayMs: number,
    running: Set<SimulatedTimer>,
  ) {
    this.#process = process;
    this.#job = job;
    this.#delayMs = delayMs;
    this.#running = running;
  }

  unref(): this {
    return this;
  }

  refresh(): this {
    const start = ++this.#start;
    this.#running.add(this);
    this.#process.post(this.#process.nowMs + this.#delayMs, () => {
      if (start !== this.#start) return;
      this.#running.delete(this);
      this.#job();
    });
    return this;
  }

  cancel(): void {
    this.#start++;
    this.#running.delete(this);
  }
}
