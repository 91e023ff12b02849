/**
 * A whole runtime (driver, daemon, workers) in one process, on simulated time, network, store and
 * processes, everything from one seed. The code that runs is that of real runtimes; only their
 * surroundings are simulated.
 */

import { MEMORY_USAGE_MAX } from "../base/limits.ts";
import { isLoadingModules } from "../closure/modules.ts";
import { CPU, MEMORY } from "../core/resources.ts";
import { Driver } from "../driver/driver.ts";
import { DRIVER_ID } from "../runtime/identity.ts";
import { replaceCurrentOwner } from "../runtime/current.ts";
import type { RemoteFunctions } from "../runtime/packer.ts";
import { currentScope } from "../runtime/task-scope.ts";
import { FaultInjector } from "./faults.ts";
import { collectAfterProgram, collectInIdle } from "./idle-collection.ts";
import { findLeaks } from "./leaks.ts";
import { Machine } from "./machine.ts";
import { Random } from "./random.ts";
import { SimulationError } from "./simulation-error.ts";
import type { SimulationOptions } from "./simulation-options.ts";
import { SimulatedBackend } from "./simulated-backend.ts";
import type { SimulatedProcess } from "./simulated-process.ts";
import { Transcript } from "./transcript.ts";
import { World } from "./world.ts";

export interface SimulationResult<T> {
  /** What the program has given. */
  readonly value: T;
  /** Until the program ended: what happened in the simulated processes, and how long it took. */
  readonly events: number;
  readonly simulatedMs: number;
  readonly faults: ReadonlyMap<string, number>;
  readonly transcript: string;
}

/** Of messages, those that come in two parts. */
const SPLIT_SHARE = 0.05;
const EVENTS_MAX = 200_000;
/** Of events, those before which some worker collects its garbage. */
const COLLECTION_SHARE = 0.01;
/** Time after the program in which what is left goes by itself. */
const SETTLE_MS = 3_000;

export class Simulation {
  readonly world: World;
  readonly machine: Machine;
  readonly faults: FaultInjector;
  readonly #options: SimulationOptions;
  readonly #backend: SimulatedBackend;
  readonly #driver: Driver;
  readonly #giveBack: () => void;
  /** Of the runtime itself, as it has reported. */
  #fault: string | undefined;

  constructor(options: SimulationOptions, remoteFunctions: RemoteFunctions) {
    this.#options = options;
    const transcript = new Transcript(options.transcript ?? false);
    this.world = new World(new Random(options.seed), transcript);
    this.machine = new Machine(this.world, {
      numCpus: options.numCpus ?? 2,
      memoryBytes: options.objectStoreBytes ?? 2 ** 20,
      machineBytes: options.machineBytes,
      messageMs: options.messageMs ?? [0.02, 0.2],
      splitShare: SPLIT_SHARE,
    });
    this.#backend = new SimulatedBackend(this.machine, remoteFunctions, {
      chances: options.faultPoints,
      warn: (text) => this.#warned(text),
    });
    const { faults = {}, faultEvents = 20_000 } = options;
    this.faults = new FaultInjector(this.machine, this.#backend, faults, faultEvents);
    const { numCpus, memoryBytes, machineBytes } = this.machine.options;
    this.#driver = new Driver({
      makeBackend: () => this.#backend,
      resources: { [CPU]: numCpus, [MEMORY]: machineBytes ?? memoryBytes },
      nodeOptions: undefined,
      execArgv: [],
      entryUrl: undefined,
      logToDriver: false,
      warn: (text) => this.#warned(text),
      inspect: false,
      memoryUsageMax: MEMORY_USAGE_MAX,
      actorsMax: Infinity,
      frozenWorkerMs: options.frozenWorkerMs ?? 10_000,
      faults: undefined,
      pollingUs: 0,
      recordSites: false,
      objectStoreBytes: memoryBytes,
      storedBytesMin: options.storedBytesMin ?? 1_000,
      namespace: "simulation",
      remoteFunctions,
      fingerprint: "simulation",
      onEnded: () => undefined,
    });
    const home = this.#backend.inhabitants.get(DRIVER_ID)!;
    home.runtime = this.#driver.runtime;
    this.#giveBack = replaceCurrentOwner(this.#driver);
    this.world.onNext = () => {
      this.faults.beforeEvent();
      if (this.world.random.chance(COLLECTION_SHARE)) this.#collect();
    };
  }

  /** The process whose code runs now. */
  get here(): SimulatedProcess {
    const processId = currentScope()?.runtime.identity.processId ?? DRIVER_ID;
    return this.#backend.inhabitants.get(processId)!.process;
  }

  /** The user's code waits for time to pass. */
  sleep(durationMs: number): Promise<void> {
    return this.machine.sleep(this.here, durationMs);
  }

  async run<T>(program: () => Promise<T>): Promise<SimulationResult<T>> {
    try {
      const value = await this.#runProgram(program);
      const { happened: events, nowMs: simulatedMs } = this.world;
      await this.#settle();
      return {
        value,
        events,
        simulatedMs,
        faults: new Map([...this.faults.happened, ...this.#backend.faultPoints]),
        transcript: this.world.transcript.toString(),
      };
    } catch (error) {
      if (error instanceof SimulationError) throw error;
      const what = error instanceof Error ? error.message : String(error);
      throw this.#failure(what, error);
    } finally {
      this.machine.kill(this.#backend.daemonProcess);
      const { process } = this.#backend.inhabitants.get(DRIVER_ID)!;
      if (process.isDead) this.#driver.abandon();
      else this.#driver.end(new Error("Cannot go on: the simulation is over"));
      this.#giveBack();
    }
  }

  #failure(what: string, cause?: unknown): SimulationError {
    const { seed } = this.#options;
    return new SimulationError(seed, what, this.world.transcript.toString(), { cause });
  }

  async #runProgram<T>(program: () => Promise<T>): Promise<T> {
    let outcome: { readonly value: T } | { readonly error: unknown } | undefined;
    new Promise<T>((resolve) => resolve(program())).then(
      (value) => (outcome = { value }),
      (error: unknown) => (outcome = { error }),
    );
    const { process } = this.#backend.inhabitants.get(DRIVER_ID)!;
    await this.#until(() => outcome !== undefined || process.isDead);
    if (process.isDead) throw await this.#exited(process);
    if (outcome === undefined) throw this.#failure("nothing can happen, and the program waits");
    if ("error" in outcome) throw outcome.error;
    return outcome.value;
  }

  /** The program has ended its own process: all others have to end as well. */
  async #exited(process: SimulatedProcess): Promise<SimulationError> {
    this.faults.heal();
    await this.#pass(SETTLE_MS);
    this.#checkEnded();
    const { seed } = this.#options;
    const { exitCode } = this.machine.exitOf(process);
    const what = `the program has ended its own process with exit(${exitCode})`;
    return new SimulationError(seed, what, this.world.transcript.toString(), { exitCode });
  }

  /** Lets everything happen that does, until `isOver`, or nothing is left to happen. */
  #until(isOver: () => boolean): Promise<void> {
    const { eventsMax = EVENTS_MAX } = this.#options;
    return new Promise((resolve, reject) => {
      const step = (): void => {
        if (isLoadingModules()) {
          // Time stands still until the code is there.
          setImmediate(step);
          return;
        }
        try {
          this.#validate();
          if (this.#fault !== undefined) throw this.#failure(this.#fault);
          if (isOver()) return resolve();
          if (this.world.happened > eventsMax) throw this.#failure(`${eventsMax} events, no end`);
          if (!this.world.step()) return resolve();
        } catch (error) {
          return reject(error);
        }
        // After all that the event has set off in this turn.
        queueMicrotask(() => process.nextTick(step));
      };
      queueMicrotask(() => process.nextTick(step));
    });
  }

  async #pass(durationMs: number): Promise<void> {
    let isOver = false;
    this.world.plan(this.world.nowMs + durationMs, undefined, () => (isOver = true));
    await this.#until(() => isOver);
  }

  #warned(text: string): void {
    this.world.transcript.add(this.world.nowMs, "warning", text.trimEnd());
    if (text.startsWith("Cannot read what process")) this.#fault ??= text;
  }

  #collect(): void {
    const { random } = this.world;
    const alive = [...this.#backend.inhabitants.values()].filter(({ process }) => !process.isDead);
    if (alive.length > 0) collectInIdle(random.pick(alive));
  }

  /** Where the last event was. */
  #validate(): void {
    const process = this.world.last;
    if (process === undefined || process.isDead) return;
    if (process === this.#backend.daemonProcess) this.#backend.daemon?.validate();
    else this.#backend.inhabitants.get(process.processId)?.runtime?.validate();
  }

  /** Nothing goes wrong any more: all must come to rest, and nothing may be left. */
  async #settle(): Promise<void> {
    this.faults.heal();
    for (let round = 1; round <= 3; round++) {
      await this.#pass(SETTLE_MS);
      for (const { collector, process } of this.#backend.inhabitants.values()) {
        if (process.isDead) continue;
        // What tasks held, nobody holds any more; the program may have kept refs.
        if (process.processId === DRIVER_ID) collectAfterProgram(collector);
        else collector.collected(() => true);
      }
    }
    await this.#pass(SETTLE_MS);
    if (!this.#backend.daemonProcess.isDead) await this.#checkLeaks();
    await this.#whenDone(this.#driver.shutdown());
    this.#checkEnded();
    const timers = this.#backend.inhabitants.get(DRIVER_ID)!.process.timers;
    if (timers > 0) throw this.#failure(`${timers} timers of the driver live on`);
  }

  #checkEnded(): void {
    const alive = this.world.processes.filter(
      ({ isDead, processId }) => !isDead && processId !== DRIVER_ID,
    );
    if (alive.length === 0) return;
    throw this.#failure(`processes live on: ${alive.map(({ name }) => name).join(", ")}`);
  }

  async #checkLeaks(): Promise<void> {
    const resources = await this.#whenDone(this.#driver.resources());
    const leaks = findLeaks(this.#backend.inhabitants.values(), this.machine.files, resources);
    if (leaks.length > 0) throw this.#failure(`left behind: ${leaks.join(", ")}`);
  }

  async #whenDone<T>(promise: Promise<T>): Promise<T> {
    let isDone = false;
    const note = (): void => void (isDone = true);
    promise.then(note, note);
    await this.#until(() => isDone);
    if (!isDone) throw this.#failure("nothing can happen, and the runtime does not end");
    return promise;
  }
}
