/**
 * The workers that the daemon has: starts them, tells them what they are, and ends them. How many
 * there are to be is decided in `core/worker-pool.ts`.
 */

import type { Clock } from "../base/clock.ts";
import {
  WORKERS_MIN,
  WORKERS_PER_CORE_MAX,
  WORKERS_STARTING_PER_CORE_MAX,
  WORKER_IDLE_MS,
  WORKER_START_TIMEOUT_MS,
} from "../base/limits.ts";
import { MsgpackReader } from "../base/msgpack.ts";
import type { MemoryShortage } from "../core/memory-watch.ts";
import { CPU, UNITS_PER_ONE, type Demand } from "../core/resources.ts";
import { StartFailures } from "../core/start-failures.ts";
import { WorkerPool } from "../core/worker-pool.ts";
import { DRIVER_ID } from "../runtime/identity.ts";
import { Link } from "../wire/link.ts";
import { Kind } from "../wire/messages.ts";
import { sendSettings, type DaemonSettings, type WorkerSettings } from "./settings.ts";
import type { SpawnWorker, WorkerExit, WorkerHandle } from "./worker-handle.ts";

export interface DaemonWorker {
  readonly workerId: number;
  readonly environment: string;
  readonly handle: WorkerHandle;
  readonly link: Link;
  readonly startedMs: number;
  isReady: boolean;
  /** It took too long to start. */
  isOverdue: boolean;
  /** Why the daemon ended it. */
  reason: string | undefined;
  /** It was ended for its memory. */
  shortage: MemoryShortage | undefined;
}

export interface WorkersPorts {
  readonly clock: Clock;
  readonly spawnWorker: SpawnWorker;
  /** A place in the count of the store's memory. */
  takeSlot(workerId: number): number;
  message(workerId: number, link: Link, kind: number, body: MsgpackReader): void;
  output(pid: number, stream: 1 | 2, text: string): void;
  /** The worker is no longer among the others, and its link is closed. */
  exited(worker: DaemonWorker, exit: WorkerExit): void;
}

export class Workers {
  readonly pool: WorkerPool;
  readonly #settings: DaemonSettings;
  readonly #ports: WorkersPorts;
  readonly #workers = new Map<number, DaemonWorker>();
  readonly #environments = new Map<string, Readonly<Record<string, string>>>([["", {}]]);
  readonly #startFailures = new StartFailures();
  #nextId = DRIVER_ID + 1;
  #isEnded = false;

  constructor(settings: DaemonSettings, total: Demand, ports: WorkersPorts) {
    this.#settings = settings;
    this.#ports = ports;
    const cores = Math.ceil((new Map(total.amounts).get(CPU) ?? 0) / UNITS_PER_ONE);
    this.pool = new WorkerPool({
      warmWorkers: settings.warmWorkers,
      softLimit: Math.max(cores, 1) + 1,
      hardLimit: Math.max(WORKERS_MIN, WORKERS_PER_CORE_MAX * cores),
      startingMax: WORKERS_STARTING_PER_CORE_MAX * Math.max(cores, 1),
      idleMs: WORKER_IDLE_MS,
    });
  }

  find(workerId: number): DaemonWorker | undefined {
    return this.#workers.get(workerId);
  }

  all(): Iterable<DaemonWorker> {
    return this.#workers.values();
  }

  ids(): Iterable<number> {
    return this.#workers.keys();
  }

  /** Whether time changes something: one is still starting, or more are there than stay. */
  get areChanging(): boolean {
    if (this.pool.size > this.#settings.warmWorkers) return true;
    return [...this.#workers.values()].some(({ isReady }) => !isReady);
  }

  defineEnvironment(environment: string, variables: Readonly<Record<string, string>>): void {
    this.#environments.set(environment, variables);
  }

  start(environment: string): DaemonWorker {
    const workerId = this.#nextId++;
    this.pool.starting(workerId, environment);
    const handle = this.#ports.spawnWorker(this.#environments.get(environment) ?? {}, {
      output: (stream, text) => this.#ports.output(handle.pid, stream, text),
      exited: (exit) => this.#exited(workerId, exit),
    });
    const worker: DaemonWorker = {
      workerId,
      environment,
      handle,
      link: this.#link(workerId, handle),
      startedMs: this.#ports.clock.nowMs(),
      isReady: false,
      isOverdue: false,
      reason: undefined,
      shortage: undefined,
    };
    this.#workers.set(workerId, worker);
    this.#configure(worker);
    return worker;
  }

  #link(workerId: number, { transport }: WorkerHandle): Link {
    const link: Link = new Link(
      transport,
      (kind, bytes, start, end) => {
        this.#ports.message(workerId, link, kind, new MsgpackReader(bytes, start, end));
      },
      (cause) => {
        // A worker that cannot be talked to is of no use; its exit follows. A link that the system
        // has reset is mostly that exit itself, which says more than the reset.
        if (cause === undefined) return;
        this.kill(workerId, "code" in cause ? undefined : cause.message);
      },
    );
    return link;
  }

  #configure({ workerId, environment, link }: DaemonWorker): void {
    const { sessionId, token, directory, store, faults } = this.#settings;
    const { pollingUs, recordSites, namespace, entryUrl, total, logToDriver } = this.#settings;
    const settings: WorkerSettings = {
      ...{ sessionId, token, directory, store, pollingUs, entryUrl, total, logToDriver },
      ...{ recordSites, namespace, faults },
      slot: this.#ports.takeSlot(workerId),
      processId: workerId,
      environment,
    };
    sendSettings(link, Kind.configureWorker, settings);
  }

  ready(worker: DaemonWorker): void {
    worker.isReady = true;
    this.#startFailures.started(worker.environment);
  }

  /** Its exit follows. The first reason counts. */
  kill(workerId: number, reason: string | undefined, shortage?: MemoryShortage): void {
    const worker = this.#workers.get(workerId);
    if (worker === undefined) return;
    // Who has ended before did so by itself, though the news of it is on its way still.
    if (!worker.handle.measure().hasEnded) {
      if (worker.reason === undefined) worker.shortage = shortage;
      worker.reason ??= reason;
    }
    this.pool.doom(workerId);
    worker.handle.kill();
  }

  killOverdue(nowMs: number): void {
    for (const worker of this.#workers.values()) {
      if (worker.isReady || nowMs - worker.startedMs <= WORKER_START_TIMEOUT_MS) continue;
      worker.isOverdue = true;
      this.kill(worker.workerId, `it was not ready after ${WORKER_START_TIMEOUT_MS} ms`);
    }
  }

  #exited(workerId: number, exit: WorkerExit): void {
    const worker = this.#workers.get(workerId);
    if (worker === undefined || this.#isEnded) return;
    this.#workers.delete(workerId);
    worker.link.close();
    this.#ports.exited(worker, exit);
  }

  /**
   * A worker has ended before it was ready. Returns whether those who wait for one like it are to
   * be told, instead of starting them for ever.
   */
  startFailed({ environment, isOverdue }: DaemonWorker, { signal }: WorkerExit): boolean {
    const wasKilled = signal !== undefined && !isOverdue;
    const others = [...this.#workers.values()];
    const isServed = others.some((other) => other.isReady && other.environment === environment);
    return this.#startFailures.failed({ environment, wasKilled, isServed });
  }

  /** Kills all; of their exits nothing is said any more. */
  end(): void {
    this.#isEnded = true;
    for (const { handle } of this.#workers.values()) handle.kill();
  }
}
