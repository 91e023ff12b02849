/** What is done to the processes of a program, and what was done. */

import { spawn, type ChildProcess } from "node:child_process";
import { setPriority } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import type { Sandbox } from "../support/sandbox.ts";
import type { Chance } from "../support/chance.ts";

/** Whom an attack is about, and what is done to it. */
export type Attack = "kill-worker" | "stop-worker" | "starve" | "stop-daemon" | "kill-daemon";

export interface AttackPlan {
  readonly attacks: readonly Attack[];
  /** Between two of them, in the mean. */
  readonly intervalMs: number;
  /** Before the first one: the program is to have something running. */
  readonly waitMs: number;
  readonly countMax: number;
}

/** Of the attacks on workers. */
const EARLY_SHARE = 0.1;
const STOP_MS_MAX = 1_000;
const DEADLY: readonly NodeJS.Signals[] = ["SIGKILL", "SIGSEGV", "SIGTERM"];

export class Attacker implements Disposable {
  readonly #sandbox: Sandbox;
  readonly #random: Chance;
  readonly #beganMs = performance.now();
  readonly #burners = new Set<ChildProcess>();
  readonly #stopped = new Set<number>();
  #isOver = false;
  /** What was done when. */
  readonly done: string[] = [];

  constructor(sandbox: Sandbox, random: Chance) {
    this.#sandbox = sandbox;
    this.#random = random;
  }

  /** Goes on until it is disposed of. */
  async run({ attacks, intervalMs, waitMs, countMax }: AttackPlan): Promise<void> {
    await delay(waitMs);
    for (let count = 0; count < countMax && !this.#isOver;) {
      if (this.#attack(this.#random.pick(attacks))) count++;
      await delay(2 * this.#random.next() * intervalMs);
    }
  }

  /** Returns whether there is somebody to attack. */
  #attack(attack: Attack): boolean {
    const victims = attack.endsWith("-daemon") ? this.#daemons() : this.#workers();
    if (victims.length === 0) return false;
    const pid = this.#random.pick(victims);
    if (attack === "kill-worker") this.#signal(pid, this.#random.pick(DEADLY));
    else if (attack === "kill-daemon") this.#signal(pid, "SIGKILL");
    else if (attack === "starve") this.#starve(pid);
    else this.#stop(pid);
    return true;
  }

  #daemons(): number[] {
    return this.#sandbox.pidsOf("mobula daemon");
  }

  /** Now and then also one that is starting: if all are killed then, there is no program. */
  #workers(): number[] {
    const isEarly = this.#random.next() < EARLY_SHARE;
    return this.#sandbox.pidsOf(isEarly ? "mobula-worker.js" : "mobula worker");
  }

  #signal(pid: number, signal: NodeJS.Signals): void {
    try {
      process.kill(pid, signal);
      this.#note(`${signal} to ${pid}`);
    } catch (error) {
      // It has ended meanwhile.
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }

  #stop(pid: number): void {
    this.#signal(pid, "SIGSTOP");
    this.#stopped.add(pid);
    setTimeout(() => this.#goOn(pid), this.#random.next() * STOP_MS_MAX).unref();
  }

  #goOn(pid: number): void {
    if (this.#stopped.delete(pid)) this.#signal(pid, "SIGCONT");
  }

  /** The worker comes last from now on, and others want its core for a while. */
  #starve(pid: number): void {
    try {
      setPriority(pid, 19);
    } catch {
      return; // it has ended meanwhile
    }
    this.#note(`lowest priority for ${pid}`);
    const burner = spawn(process.execPath, ["--eval", "for (;;);"], { stdio: "ignore" });
    this.#burners.add(burner);
    setTimeout(() => burner.kill("SIGKILL"), this.#random.next() * STOP_MS_MAX).unref();
  }

  #note(what: string): void {
    this.done.push(`${((performance.now() - this.#beganMs) / 1_000).toFixed(3)} s ${what}`);
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    for (const pid of this.#stopped) this.#goOn(pid);
    for (const burner of this.#burners) burner.kill("SIGKILL");
  }
}
