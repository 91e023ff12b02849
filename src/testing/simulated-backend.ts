/** Daemon and workers of a simulated machine: the code of real ones, in simulated processes. */

import { Faults } from "../base/faults.ts";
import { Closures } from "../closure/closures.ts";
import { Daemon } from "../daemon/daemon.ts";
import { receiveSettings, type DaemonSettings, type WorkerSettings } from "../daemon/settings.ts";
import type { WorkerHandle, WorkerHandleEvents } from "../daemon/worker-handle.ts";
import type { Backend } from "../driver/backend.ts";
import type { DaemonEnd } from "../driver/daemon-end.ts";
import { MemoryBoards } from "../driver/memory-boards.ts";
import { DRIVER_ID } from "../runtime/identity.ts";
import { KeyCounter } from "../runtime/key-counter.ts";
import type { RemoteFunctions } from "../runtime/packer.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Surroundings } from "../runtime/surroundings.ts";
import type { StoreDirectories } from "../store/store.ts";
import type { TakeLink } from "../wire/link.ts";
import type { Transport } from "../wire/transport.ts";
import { Worker } from "../worker/worker.ts";
import type { FaultPointChances } from "./faults.ts";
import type { Machine } from "./machine.ts";
import { SimulatedCollector } from "./simulated-collector.ts";
import type { SimulatedEnd } from "./simulated-link.ts";
import type { SimulatedProcess } from "./simulated-process.ts";
import { SimulatedStore } from "./simulated-store.ts";

const DAEMON_ID = 0;

/** A process that runs the user's code, as the simulation sees it. */
export interface Inhabitant {
  readonly process: SimulatedProcess;
  readonly collector: SimulatedCollector;
  /** Undefined while it starts. */
  runtime: Runtime | undefined;
  /** No code of the user runs there, or will go on. */
  isIdle: () => boolean;
}

export interface BackendOptions {
  readonly chances: FaultPointChances | undefined;
  readonly warn: (text: string) => void;
}

export class SimulatedBackend implements Backend {
  readonly directory = "";
  readonly directories: StoreDirectories = { memoryDirectory: "memory", diskDirectory: "disk" };
  readonly workerProgram = "";
  readonly transport: Transport;
  readonly surroundings: Surroundings;
  readonly inhabitants = new Map<number, Inhabitant>();
  readonly daemonProcess: SimulatedProcess;
  /** Faults around bodies that have happened. */
  readonly faultPoints = new Map<string, number>();
  daemon: Daemon | undefined;
  readonly #machine: Machine;
  readonly #remoteFunctions: RemoteFunctions;
  readonly #accepting = new Map<number, (transport: Transport) => void>();
  readonly #driver: SimulatedProcess;
  readonly #warn: (text: string) => void;
  /** Of faults around bodies; all 0 once nothing is to go wrong any more. */
  readonly #chances: Record<string, number> | undefined;
  readonly #boards = new MemoryBoards();

  constructor(machine: Machine, remoteFunctions: RemoteFunctions, options: BackendOptions) {
    this.#warn = options.warn;
    this.#chances = options.chances && { ...options.chances };
    this.#machine = machine;
    this.#remoteFunctions = remoteFunctions;
    this.#driver = machine.world.addProcess(DRIVER_ID, "driver");
    this.daemonProcess = machine.world.addProcess(DAEMON_ID, "daemon");
    this.surroundings = this.#move(this.#driver);
    const [driverEnd, daemonEnd] = machine.connect(this.#driver, this.daemonProcess);
    daemonEnd.notBefore(machine.startMs());
    this.transport = driverEnd;
    this.#startDaemon(daemonEnd);
  }

  #move(process: SimulatedProcess): Surroundings {
    const collector = new SimulatedCollector();
    this.inhabitants.set(process.processId, {
      ...{ process, collector, runtime: undefined },
      isIdle: () => false,
    });
    const random = this.#machine.world.random.fork();
    return {
      clock: process.clock,
      collector,
      random: () => random.next(),
      keys: new KeyCounter(),
      makeBoards: () => this.#boards.for(process.processId),
      makeStore: (place) => new SimulatedStore(place, this.#machine.files),
    };
  }

  #startDaemon(end: SimulatedEnd): void {
    receiveSettings<DaemonSettings>(
      end,
      (settings, takeLink) => {
        this.daemon = new Daemon(settings, takeLink, {
          spawnWorker: (_variables, events) => this.#spawn(events),
          clock: this.daemonProcess.clock,
          storeFiles: this.#machine.files,
          memory: this.#machine.memory,
          ended: () => this.#machine.end(this.daemonProcess, 0),
        });
      },
      () => this.#machine.end(this.daemonProcess, 0),
    );
    // The workers' parent-death signal, and the session's directory.
    this.daemonProcess.whenDead(() => this.#daemonDied());
  }

  #daemonDied(): void {
    for (const { process } of this.inhabitants.values()) {
      if (process !== this.#driver) this.#machine.kill(process);
    }
    for (const name of this.#machine.files.names()) this.#machine.files.remove(name);
  }

  #spawn(events: WorkerHandleEvents): WorkerHandle {
    const { world } = this.#machine;
    const [daemonEnd, workerEnd] = this.#machine.spawn(this.daemonProcess);
    const { process } = workerEnd;
    process.whenDead(() => this.#workerDied(process, events));
    const exit = (): void => this.#machine.end(process, 0);
    receiveSettings<WorkerSettings>(
      workerEnd,
      (settings, takeLink) => this.#startWorker(process, settings, takeLink, exit),
      exit,
    );
    return {
      pid: process.processId,
      transport: daemonEnd,
      kill: () => {
        this.daemonProcess.post(world.nowMs, () => this.#machine.kill(process));
      },
      measure: () => ({ isStopped: process.isStopped, hasEnded: process.isDead }),
      ownBytes: () => this.#machine.memory?.ownBytes(process),
    };
  }

  #startWorker(
    process: SimulatedProcess,
    settings: WorkerSettings,
    linkToDaemon: TakeLink,
    exit: () => void,
  ): void {
    const worker = new Worker({
      settings,
      linkToDaemon,
      surroundings: this.#move(process),
      open: (processId) => this.#connect(process, processId),
      closures: new Closures({ entryUrl: settings.entryUrl }),
      faults: this.#faultsOf(process),
      crash: () => this.#machine.kill(process),
      remoteFunctions: this.#remoteFunctions,
      warn: this.#warn,
      pinProcess: undefined,
      hasOtherWork: () => this.#machine.isAsleep(process),
      exit,
    });
    const inhabitant = this.inhabitants.get(process.processId)!;
    inhabitant.runtime = worker.runtime;
    inhabitant.isIdle = () => worker.isIdle;
    this.#accepting.set(process.processId, (far) => worker.runtime.peers.accept(far));
    worker.runtime.daemon.workerReady();
  }

  #faultsOf(process: SimulatedProcess): Faults | undefined {
    const chances = this.#chances;
    if (chances === undefined) return undefined;
    const seed = this.#machine.world.random.below(2 ** 32);
    return new Faults({ chances, seed }, process.processId, (kind) => {
      this.faultPoints.set(kind, (this.faultPoints.get(kind) ?? 0) + 1);
      this.#machine.note(process, `fault: ${kind}`);
    });
  }

  /** Nothing goes wrong around bodies any more. */
  heal(): void {
    for (const kind of Object.keys(this.#chances ?? {})) this.#chances![kind] = 0;
  }

  #workerDied(process: SimulatedProcess, events: WorkerHandleEvents): void {
    this.#accepting.delete(process.processId);
    this.#boards.remove(process.processId);
    const { exitCode, signal } = this.#machine.exitOf(process);
    this.daemonProcess.post(this.#machine.soonMs(), () => {
      events.exited({ exitCode, signal, residentBytes: undefined, stderrTail: [] });
    });
  }

  #connect(from: SimulatedProcess, toId: number): Transport {
    const to = this.inhabitants.get(toId)?.process;
    const [near, far] = this.#machine.connect(from, to ?? this.daemonProcess);
    const accept = this.#accepting.get(toId);
    if (to === undefined || accept === undefined) far.close();
    else to.post(this.#machine.soonMs(), () => accept(far));
    return near;
  }

  // Backend, for the driver.

  storeLimitBytes(requestedBytes: number | undefined): number {
    return requestedBytes ?? this.#machine.memoryBytes;
  }

  open(processId: number): Transport {
    return this.#connect(this.#driver, processId);
  }

  listen(onConnection: (transport: Transport) => void): Promise<void> {
    this.#accepting.set(DRIVER_ID, onConnection);
    return Promise.resolve();
  }

  workerStarted(): void {
    // The simulation knows.
  }

  workerExited(): void {
    // As above.
  }

  stderr(): string {
    return "";
  }

  daemonGone(): Promise<DaemonEnd> {
    const exit = this.#machine.exitOf(this.daemonProcess);
    return Promise.resolve({ ...exit, pid: DAEMON_ID, stderrTail: [] });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.daemonProcess.isDead) resolve();
      else this.daemonProcess.whenDead(resolve);
    });
  }

  cleanUp(): void {
    this.#machine.kill(this.daemonProcess);
  }
}
