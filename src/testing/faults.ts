/** What goes wrong in a simulation, how often, and when. */

import type { FaultKind as AnyFaultKind } from "../base/fault-kinds.ts";
import type { Machine } from "./machine.ts";
import type { SimulatedBackend } from "./simulated-backend.ts";
import type { SimulatedProcess } from "./simulated-process.ts";

/** Of the kinds that real runtimes have, those that a machine can cause from outside. */
export const SIMULATED_KINDS = [
  "worker-kill",
  "worker-freeze",
  "link-cut",
  "result-lost",
  "store-full",
  "daemon-kill",
] as const satisfies readonly AnyFaultKind[];

export type FaultKind = (typeof SIMULATED_KINDS)[number];

/**
 * How likely each kind is before each event. They hit any process, link or file at any time, so
 * more can be lost than by the faults of the same names that `MOBULA_FAULTS` knows.
 */
export type FaultRates = Readonly<Partial<Record<FaultKind, number>>>;

/** Of the kinds that real runtimes have, those around bodies. */
export const FAULT_POINTS = [
  "worker-kill",
  "reply-lost",
  "actor-kill",
  "actor-reply-lost",
] as const satisfies readonly AnyFaultKind[];

/** How likely each is, each time that a body begins or has ended. */
export type FaultPointChances = Readonly<Partial<Record<(typeof FAULT_POINTS)[number], number>>>;

/** How long a process stands still, or memory is full. */
const PAUSE_MS = [1, 1_500] as const;

/** Faults happen before events, each kind with its probability, until there were enough events. */
export class FaultInjector {
  readonly happened = new Map<FaultKind, number>();
  readonly #machine: Machine;
  readonly #backend: SimulatedBackend;
  readonly #rates: readonly (readonly [FaultKind, number])[];
  readonly #sum: number;
  #eventsLeft: number;

  /** `rates`: per event. `events`: after so many nothing goes wrong any more. */
  constructor(machine: Machine, backend: SimulatedBackend, rates: FaultRates, events: number) {
    this.#machine = machine;
    this.#backend = backend;
    this.#rates = SIMULATED_KINDS.map((kind) => [kind, rates[kind] ?? 0] as const);
    this.#sum = this.#rates.reduce((sum, [, rate]) => sum + rate, 0);
    this.#eventsLeft = events;
  }

  /** Nothing goes wrong any more, and what stood still goes on. */
  heal(): void {
    this.#eventsLeft = 0;
    for (const { process } of this.#backend.inhabitants.values()) process.resume();
    this.#machine.files.hasRoom = true;
    this.#backend.heal();
  }

  beforeEvent(): void {
    if (this.#eventsLeft === 0) return;
    if (--this.#eventsLeft === 0) {
      this.heal();
      return;
    }
    let drawn = this.#machine.world.random.next();
    if (drawn >= this.#sum) return;
    for (const [kind, rate] of this.#rates) {
      if (drawn < rate) {
        if (this.#happen(kind)) this.happened.set(kind, (this.happened.get(kind) ?? 0) + 1);
        return;
      }
      drawn -= rate;
    }
  }

  /** Returns false if there was nothing that it could happen to. */
  #happen(kind: FaultKind): boolean {
    switch (kind) {
      case "worker-kill":
        return this.#toWorker((process) => this.#machine.kill(process));
      case "worker-freeze":
        return this.#toWorker((process) => this.#stop(process));
      case "daemon-kill":
        return this.#killDaemon();
      case "link-cut":
        return this.#cutLink();
      case "result-lost":
        return this.#loseFile();
      case "store-full":
        return this.#fillStore();
    }
  }

  #toWorker(happen: (process: SimulatedProcess) => void): boolean {
    const { world } = this.#machine;
    const workers = world.processes.filter(({ processId, isDead }) => processId > 1 && !isDead);
    if (workers.length === 0) return false;
    happen(world.random.pick(workers));
    return true;
  }

  /** With it, the runtime ends. */
  #killDaemon(): boolean {
    const { daemonProcess } = this.#backend;
    if (daemonProcess.isDead) return false;
    this.#machine.kill(daemonProcess);
    return true;
  }

  #stop(process: SimulatedProcess): void {
    const { world } = this.#machine;
    const pauseMs = world.random.between(...PAUSE_MS);
    this.#machine.note(process, `stands still for ${pauseMs.toFixed(1)} ms`);
    process.stop();
    world.plan(world.nowMs + pauseMs, undefined, () => process.resume());
  }

  #cutLink(): boolean {
    const { world, links } = this.#machine;
    // The driver and the daemon end with the link between them.
    const open = links.filter((link) => link.isOpen && link !== links[0]);
    if (open.length === 0) return false;
    const link = world.random.pick(open);
    const [{ process: from }, { process: to }] = link.ends;
    this.#machine.note(from, `its link with ${to.name} is cut`);
    link.cut();
    return true;
  }

  #loseFile(): boolean {
    const { world, files } = this.#machine;
    const names = files.names();
    if (names.length === 0) return false;
    const name = world.random.pick(names);
    world.transcript.add(world.nowMs, "machine", `file ${name} is lost`);
    files.remove(name);
    return true;
  }

  #fillStore(): boolean {
    const { world, files } = this.#machine;
    if (!files.hasRoom) return false;
    files.hasRoom = false;
    world.transcript.add(world.nowMs, "machine", "memory for stored objects is full");
    world.plan(world.nowMs + world.random.between(...PAUSE_MS), undefined, () => {
      files.hasRoom = true;
    });
    return true;
  }
}
