/**
 * The daemon: starts and watches workers, and carries out what `core/leases.ts` decides. It sees
 * no task and no value.
 */

import type { Clock, Timer } from "../base/clock.ts";
import {
  DEAD_ACTORS_MAX,
  WAITING_REPORT_MS,
  WORKERS_MIN,
  WORKERS_PER_CORE_MAX,
  WORKERS_STARTING_PER_CORE_MAX,
  WORKER_IDLE_MS,
  WORKER_START_TIMEOUT_MS,
} from "../base/limits.ts";
import { MsgpackReader } from "../base/msgpack.ts";
import { EmbeddedControl } from "../control/embedded.ts";
import type { MemoryShortage } from "../core/memory-watch.ts";
import { Leases, type Lease, type LeaseSink, type Wish } from "../core/leases.ts";
import { OrphanedCalls } from "../core/orphaned-calls.ts";
import { CPU, demandOf, UNITS_PER_ONE, type Shortage } from "../core/resources.ts";
import { StartFailures } from "../core/start-failures.ts";
import { WaitGraph, type WaitReport } from "../core/wait-graph.ts";
import { WorkerPool } from "../core/worker-pool.ts";
import { readPlain } from "../values/plain-data.ts";
import { Link } from "../wire/link.ts";
import { Kind } from "../wire/messages.ts";
import type { Transport } from "../wire/transport.ts";
import { ActorRecords, type ActorsAnswer } from "./actor-records.ts";
import { ControlServer } from "./control-server.ts";
import { readVariables, readWish } from "./daemon-reader.ts";
import { DaemonWriter } from "./daemon-writer.ts";
import {
  describeFailedStart,
  describeShortage,
  describeTooManyActors,
  describeWait,
} from "./notices.ts";
import { MemoryGathering, type MemoryAnswer } from "./memory-gathering.ts";
import type { StoreFiles } from "./store-files.ts";
import type { MemorySource } from "./memory-sampling.ts";
import { StoreKeeper } from "./store-keeper.ts";
import { sendSettings, type DaemonSettings, type WorkerSettings } from "./settings.ts";
import { WorkerWatch } from "./worker-watch.ts";

/** How a worker process ended. */
export interface WorkerExit {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly residentBytes: number | undefined;
  readonly stderrTail: readonly string[];
}

export interface WorkerHandleEvents {
  output(stream: 1 | 2, text: string): void;
  /** Called once, after all output. */
  exited(exit: WorkerExit): void;
}

/** A worker process, or what stands for one. */
export interface WorkerHandle {
  /** 0: the system has not started it, and its exit says why. */
  readonly pid: number;
  readonly transport: Transport;
  kill(): void;
  /** Looks at the process: how much memory it has, for the report of its exit, and its state. */
  measure(): { readonly isStopped: boolean };
  /** Memory that the process shares with nobody; undefined: that cannot be told. */
  ownBytes(): number | undefined;
}

export interface DaemonPorts {
  spawnWorker(
    variables: Readonly<Record<string, string>>,
    events: WorkerHandleEvents,
  ): WorkerHandle;
  readonly clock: Clock;
  readonly storeFiles: StoreFiles;
  /** Undefined where workers are no processes. */
  readonly memory: MemorySource | undefined;
  /** The runtime is over: all workers are ended. */
  ended(): void;
}

interface WorkerSlot {
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

const DRIVER_ID = 1;
const TICK_MS = 500;

export class Daemon implements LeaseSink {
  readonly #settings: DaemonSettings;
  readonly #ports: DaemonPorts;
  readonly #pool: WorkerPool;
  readonly #leases: Leases;
  readonly #driver: Link;
  readonly #writer = new DaemonWriter();
  readonly #store: StoreKeeper;
  readonly #memory: MemoryGathering;
  readonly #watch: WorkerWatch;
  readonly #waits = new WaitGraph();
  readonly #orphans: OrphanedCalls;
  readonly #control = new EmbeddedControl();
  readonly #controlServer = new ControlServer(this.#control);
  readonly #actors = new ActorRecords(this.#control, DEAD_ACTORS_MAX);
  readonly #workers = new Map<number, WorkerSlot>();
  readonly #environments = new Map<string, Readonly<Record<string, string>>>([["", {}]]);
  readonly #startFailures = new StartFailures();
  #nextProcessId = DRIVER_ID + 1;
  #timer: Timer | undefined;
  #isEnding = false;

  /** The driver's frames are to be given to `fromDriver`, and its end to `end`. */
  constructor(settings: DaemonSettings, driver: Link, ports: DaemonPorts) {
    this.#settings = settings;
    this.#store = new StoreKeeper(ports.storeFiles, DRIVER_ID);
    this.#memory = new MemoryGathering(settings.store, ports.clock);
    this.#driver = driver;
    this.#ports = ports;
    const total = demandOf(settings.total);
    const cores = Math.ceil((new Map(total.amounts).get(CPU) ?? 0) / UNITS_PER_ONE);
    this.#pool = new WorkerPool({
      warmWorkers: settings.warmWorkers,
      softLimit: Math.max(cores, 1) + 1,
      hardLimit: Math.max(WORKERS_MIN, WORKERS_PER_CORE_MAX * cores),
      startingMax: WORKERS_STARTING_PER_CORE_MAX * Math.max(cores, 1),
      idleMs: WORKER_IDLE_MS,
    });
    this.#orphans = new OrphanedCalls(settings.frozenWorkerMs);
    this.#leases = new Leases(total, this.#pool, this, settings.actorsMax);
    this.#watch = new WorkerWatch(settings, ports.memory, {
      clock: ports.clock,
      workers: () => this.#workers.values(),
      leases: () => this.#leases.all(),
      actorIn: (workerId) => this.#actors.classIn(workerId),
      end: (workerId, ...why) => this.#killWorker(workerId, ...why),
      notice: (text) => this.#writer.notice(this.#driver, text),
    });
    this.#writer.welcome(this.#driver);
    for (let i = 0; i < settings.warmWorkers; i++) this.startWorker("");
  }

  fromDriver(kind: number, body: MsgpackReader): void {
    this.#message(DRIVER_ID, this.#driver, kind, body);
  }

  #message(senderId: number, link: Link, kind: number, body: MsgpackReader): void {
    const nowMs = this.#ports.clock.nowMs();
    body.arrayHeader();
    switch (kind) {
      case Kind.want:
        this.#leases.want(readWish(senderId, body), nowMs);
        break;
      case Kind.returnLease:
        this.#leases.returned(body.number(), nowMs);
        break;
      case Kind.parked:
        this.#leases.parked(body.number(), nowMs);
        break;
      case Kind.resumed:
        this.#leases.resumed(body.number());
        break;
      case Kind.killWorker:
        this.#killWorker(body.number(), body.string());
        break;
      case Kind.askResources: {
        const { total, available } = this.#leases.resources();
        this.#writer.resources(link, body.number(), total, available);
        break;
      }
      case Kind.defineEnvironment:
        this.#environments.set(body.string(), readVariables(body));
        break;
      case Kind.retireRefused:
        this.#pool.retireRefused(senderId, nowMs);
        this.#leases.schedule(nowMs);
        break;
      case Kind.workerReady:
        this.#workerReady(senderId, nowMs);
        break;
      case Kind.exitSettled:
        this.#exitSettled(body.number(), senderId);
        break;
      case Kind.memoryTable:
        this.#memory.tableCame(senderId, body);
        break;
      case Kind.fileTaken:
        this.#store.taken(body.string(), body.number(), body.number());
        break;
      case Kind.fileRemoved:
        this.#store.removed(body.string());
        break;
      case Kind.waits:
        this.#findCircles(senderId, readPlain<WaitReport>(body, "waits"));
        break;
      case Kind.storeIsFull:
        this.#askToSpill(senderId);
        break;
      case Kind.shutdown:
        this.end();
        break;
      default:
        // Kinds that this version does not know are passed over.
        this.#controlServer.message(link, senderId, kind, body);
    }
    this.#armTimer();
  }

  #exitSettled(processId: number, senderId: number): void {
    this.#store.settled(processId, senderId);
    this.#orphans.heard(senderId, processId);
  }

  #findCircles(senderId: number, report: WaitReport): void {
    for (const { victim, names } of this.#waits.report(senderId, report)) {
      const link = this.#linkOf(victim.processId);
      if (link !== undefined) this.#writer.breakCircle(link, victim.callId, names);
    }
  }

  #askToSpill(exceptId: number): void {
    for (const processId of [DRIVER_ID, ...this.#workers.keys()]) {
      if (processId !== exceptId) this.#writer.spill(this.#linkOf(processId)!);
    }
  }

  /** What all processes hold. A worker that is not ready holds nothing. */
  askMemory(onGathered: (answer: MemoryAnswer) => void): void {
    const ready = [...this.#workers.values()].filter((slot) => slot.isReady);
    const workers = ready.map(({ workerId, handle, link }) => {
      return { processId: workerId, pid: handle.pid, link };
    });
    const driver = { processId: DRIVER_ID, pid: undefined, link: this.#driver };
    this.#memory.ask([driver, ...workers], onGathered);
  }

  describeActors(): ActorsAnswer {
    const workers = [...this.#workers.values()];
    const pids = workers.map(({ workerId, handle }) => ({ processId: workerId, pid: handle.pid }));
    return this.#actors.describe(pids);
  }

  // LeaseSink.

  grant(lease: Lease): void {
    const link = this.#linkOf(lease.submitterId);
    if (link !== undefined) this.#writer.grant(link, lease);
  }

  reject(wish: Wish, shortage: Shortage): void {
    const link = this.#linkOf(wish.submitterId);
    if (link === undefined) return;
    const message = describeShortage(shortage, this.#leases.resources().total, wish.isDedicated);
    this.#writer.reject(link, wish.classId, message, shortage);
  }

  rejectDedicated(wish: Wish, actorsMax: number): void {
    const link = this.#linkOf(wish.submitterId);
    if (link === undefined) return;
    const shortage = { resource: "actors", requested: actorsMax + 1, total: actorsMax };
    this.#writer.reject(link, wish.classId, describeTooManyActors(actorsMax), shortage);
  }

  reclaim(lease: Lease): void {
    const link = this.#linkOf(lease.submitterId);
    if (link !== undefined) this.#writer.reclaim(link, lease.leaseId);
  }

  startWorker(environment: string): void {
    const workerId = this.#nextProcessId++;
    this.#pool.starting(workerId, environment);
    const handle = this.#ports.spawnWorker(this.#environments.get(environment) ?? {}, {
      output: (stream, text) =>
        this.#writer.output(this.#driver, stream, "worker", handle.pid, text),
      exited: (exit) => this.#workerExited(workerId, exit),
    });
    const link: Link = new Link(
      handle.transport,
      (kind, bytes, start, end) => {
        this.#message(workerId, link, kind, new MsgpackReader(bytes, start, end));
      },
      (cause) => {
        // A worker that cannot be talked to is of no use; its exit follows. A link that the system
        // has reset is mostly that exit itself, which says more than the reset.
        if (cause === undefined) return;
        this.#killWorker(workerId, "code" in cause ? undefined : cause.message);
      },
    );
    const slot: WorkerSlot = {
      workerId,
      environment,
      handle,
      link,
      startedMs: this.#ports.clock.nowMs(),
      isReady: false,
      isOverdue: false,
      reason: undefined,
      shortage: undefined,
    };
    this.#workers.set(workerId, slot);
    const { sessionId, token, directory, store, faults } = this.#settings;
    const { pollingUs, recordSites, namespace, entryUrl, total, logToDriver } = this.#settings;
    const settings: WorkerSettings = {
      ...{ sessionId, token, directory, store, pollingUs, entryUrl, total, logToDriver },
      ...{ recordSites, namespace, faults },
      slot: this.#store.takeSlot(workerId),
      processId: workerId,
      environment,
    };
    sendSettings(link, Kind.configureWorker, settings);
    // The driver ends the group should this daemon be killed.
    if (handle.pid !== 0) this.#writer.workerStarted(this.#driver, handle.pid);
  }

  #linkOf(processId: number): Link | undefined {
    return processId === DRIVER_ID ? this.#driver : this.#workers.get(processId)?.link;
  }

  // Workers.

  #workerReady(workerId: number, nowMs: number): void {
    const slot = this.#workers.get(workerId);
    if (slot === undefined) return;
    slot.isReady = true;
    this.#startFailures.started(slot.environment);
    this.#leases.workerReady(workerId, nowMs);
  }

  #killWorker(workerId: number, reason: string | undefined, shortage?: MemoryShortage): void {
    const slot = this.#workers.get(workerId);
    if (slot === undefined) return;
    if (slot.reason === undefined) slot.shortage = shortage;
    slot.reason ??= reason;
    this.#pool.doom(workerId);
    slot.handle.measure();
    slot.handle.kill();
  }

  #workerExited(workerId: number, exit: WorkerExit): void {
    const slot = this.#workers.get(workerId);
    if (slot === undefined || this.#isEnding) return;
    this.#workers.delete(workerId);
    slot.link.close();
    slot.shortage ??= this.#watch.gone(workerId, exit, slot.reason !== undefined);
    this.#writer.exited(this.#driver, slot, exit);
    for (const other of this.#workers.values()) this.#writer.exited(other.link, slot, exit);
    this.#memory.processGone(workerId);
    this.#controlServer.processGone(workerId);
    this.#waits.processGone(workerId);
    this.#orphans.gone(workerId);
    this.#actors.ownerGone(workerId);
    this.#store.processGone(workerId, [DRIVER_ID, ...this.#workers.keys()]);
    if (!slot.isReady) this.#startFailed(slot, exit);
    const nowMs = this.#ports.clock.nowMs();
    this.#endCallsOf(workerId, nowMs);
    this.#leases.workerExited(workerId, nowMs);
    this.#armTimer();
  }

  /**
   * What a worker had called goes with it: nobody waits for it any more, and it may never end.
   * Where others have tasks as well, it is asked to end, by its own process.
   */
  #endCallsOf(workerId: number, nowMs: number): void {
    for (const { workerId: calledId } of this.#leases.leasesFrom(workerId)) {
      const leases = this.#leases.leasesOf(calledId);
      const isShared = leases.some(({ submitterId }) => submitterId !== workerId);
      if (isShared) this.#orphans.callerEnded(calledId, workerId, nowMs);
      else this.#killWorker(calledId, "the task that called it has ended with its worker");
    }
  }

  /** Those who wait for workers that cannot start are told, instead of starting them for ever. */
  #startFailed(slot: WorkerSlot, exit: WorkerExit): void {
    const { environment } = slot;
    const wasKilled = exit.signal !== undefined && !slot.isOverdue;
    const others = [...this.#workers.values()];
    const isServed = others.some((other) => other.isReady && other.environment === environment);
    if (!this.#startFailures.failed({ environment, wasKilled, isServed })) return;
    this.#failWishes(slot, exit);
  }

  #failWishes(slot: WorkerSlot, exit: WorkerExit): void {
    const message = describeFailedStart(slot.handle.pid, slot.reason, exit);
    for (const wish of this.#leases.takeWishes(slot.environment)) {
      const link = this.#linkOf(wish.submitterId);
      if (link !== undefined) this.#writer.reject(link, wish.classId, message, undefined);
    }
  }

  // Time.

  /** One timer for all that depends on time, running only while there is something to look at. */
  #armTimer(): void {
    if (this.#isEnding) return;
    this.#watch.arm(this.#isActive);
    if (this.#timer !== undefined) return;
    const isSurplus = this.#pool.size > this.#settings.warmWorkers;
    const isStarting = [...this.#workers.values()].some((slot) => !slot.isReady);
    if (!isSurplus && !isStarting && !this.#isActive()) return;
    this.#timer = this.#ports.clock.setTimeout(() => {
      this.#timer = undefined;
      this.#tick(this.#ports.clock.nowMs());
      this.#armTimer();
    }, TICK_MS);
    // The links keep a daemon's process alive; inline there is nothing else to wait for.
    this.#timer.unref();
  }

  readonly #isActive = (): boolean => this.#leases.isActive && !this.#isEnding;

  #tick(nowMs: number): void {
    for (const worker of this.#pool.retire(nowMs)) {
      const slot = this.#workers.get(worker.workerId);
      if (slot !== undefined) this.#writer.retire(slot.link);
    }
    for (const slot of this.#workers.values()) {
      if (!slot.isReady && nowMs - slot.startedMs > WORKER_START_TIMEOUT_MS) {
        slot.isOverdue = true;
        this.#killWorker(slot.workerId, `it was not ready after ${WORKER_START_TIMEOUT_MS} ms`);
      }
    }
    for (const workerId of this.#orphans.takeOverdue(nowMs)) {
      this.#killWorker(workerId, "a task whose caller has ended keeps it from all else");
    }
    const pidOf = (workerId: number) => this.#workers.get(workerId)?.handle.pid;
    for (const { wish, holders } of this.#leases.overdue(nowMs, WAITING_REPORT_MS)) {
      this.#writer.notice(this.#driver, describeWait(wish, holders, pidOf));
    }
  }

  /** Throws if what is known of workers, leases and waits disagrees. */
  validate(): void {
    this.#leases.validate();
    this.#waits.validate();
  }

  /** Ends all workers and then itself. */
  end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#ports.clock.clearTimeout(this.#timer);
    this.#watch.end();
    for (const slot of this.#workers.values()) slot.handle.kill();
    this.#driver.close();
    this.#ports.ended();
  }
}
