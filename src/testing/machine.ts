/** The machine that a simulated runtime runs on: how its processes start, talk and end. */

import { SimulatedFiles } from "./simulated-files.ts";
import { SimulatedMemory } from "./simulated-memory.ts";
import { SimulatedLink, type Latency, type SimulatedEnd } from "./simulated-link.ts";
import type { SimulatedProcess } from "./simulated-process.ts";
import type { World } from "./world.ts";

/** How a process has ended. */
export interface Exit {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
}

/** Milliseconds, from and to. */
export type Span = readonly [fromMs: number, toMs: number];

export interface MachineOptions {
  readonly numCpus: number;
  /** Of the object store. */
  readonly memoryBytes: number;
  /** Of all workers; undefined: there is no end to it. */
  readonly machineBytes: number | undefined;
  readonly messageMs: Span;
  /** Share of messages that come in two parts. */
  readonly splitShare: number;
}

const START: Span = [20, 60];
const SOON: Span = [0.1, 2];
const SIGKILL: Exit = { exitCode: undefined, signal: "SIGKILL" };

export class Machine implements Latency {
  readonly world: World;
  readonly options: MachineOptions;
  readonly files = new SimulatedFiles();
  readonly memory: SimulatedMemory | undefined;
  readonly links: SimulatedLink[] = [];
  readonly #exits = new Map<SimulatedProcess, Exit>();
  readonly #asleep = new Map<SimulatedProcess, number>();
  #spawned = 1;

  constructor(world: World, options: MachineOptions) {
    this.world = world;
    this.options = options;
    const { machineBytes } = options;
    if (machineBytes !== undefined) this.memory = new SimulatedMemory(this, machineBytes);
  }

  get memoryBytes(): number {
    return this.options.memoryBytes;
  }

  note(process: SimulatedProcess, text: string): void {
    this.world.transcript.add(this.world.nowMs, process.name, text);
  }

  // Latency.

  delayMs(): number {
    return this.world.random.between(...this.options.messageMs);
  }

  splitAt(): number | undefined {
    const { random } = this.world;
    return random.chance(this.options.splitShare) ? random.next() : undefined;
  }

  connect(from: SimulatedProcess, to: SimulatedProcess): readonly [SimulatedEnd, SimulatedEnd] {
    const link = new SimulatedLink(this.world, this, from, to);
    this.links.push(link);
    return link.ends;
  }

  /** A new process, which takes a while to start, and its link to the one that has started it. */
  spawn(parent: SimulatedProcess): readonly [SimulatedEnd, SimulatedEnd] {
    const processId = ++this.#spawned;
    const child = this.world.addProcess(processId, `worker ${processId}`);
    this.note(child, "is started");
    this.memory?.workerStarted(child);
    const [near, far] = this.connect(parent, child);
    far.notBefore(this.startMs());
    return [near, far];
  }

  /** When a process that is started now is there. */
  startMs(): number {
    return this.world.nowMs + this.world.random.between(...START);
  }

  soonMs(): number {
    return this.world.nowMs + this.world.random.between(...SOON);
  }

  kill(process: SimulatedProcess): void {
    this.#end(process, SIGKILL);
  }

  /** The process ends by itself. */
  end(process: SimulatedProcess, exitCode: number): void {
    this.#end(process, { exitCode, signal: undefined });
  }

  #end(process: SimulatedProcess, exit: Exit): void {
    if (process.isDead) return;
    this.#exits.set(process, exit);
    this.note(process, `ends with ${exit.signal ?? `code ${exit.exitCode}`}`);
    process.die();
  }

  exitOf(process: SimulatedProcess): Exit {
    return this.#exits.get(process) ?? SIGKILL;
  }

  /** The user's code in `process` waits for time to pass. */
  sleep(process: SimulatedProcess, durationMs: number): Promise<void> {
    this.#asleep.set(process, (this.#asleep.get(process) ?? 0) + 1);
    return new Promise((resolve) => {
      process.clock.setTimeout(() => {
        this.#asleep.set(process, this.#asleep.get(process)! - 1);
        resolve();
      }, durationMs);
    });
  }

  isAsleep(process: SimulatedProcess): boolean {
    return (this.#asleep.get(process) ?? 0) > 0;
  }
}
