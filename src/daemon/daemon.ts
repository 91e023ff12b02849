/**
 * The daemon: hands each message to whom it concerns, and carries out what `core/leases.ts`
 * decides. It sees no task and no value.
 */

import type { Clock } from "../base/clock.ts";
import { Deadline } from "../base/deadline.ts";
import { DEAD_ACTORS_MAX, WAITING_REPORT_MS } from "../base/limits.ts";
import { MsgpackReader } from "../base/msgpack.ts";
import { EmbeddedControl } from "../control/embedded.ts";
import { Leases, type Lease, type LeaseSink, type Wish } from "../core/leases.ts";
import { OrphanedCalls } from "../core/orphaned-calls.ts";
import { demandOf, type Shortage } from "../core/resources.ts";
import { WaitGraph, type WaitReport } from "../core/wait-graph.ts";
import { DRIVER_ID } from "../runtime/identity.ts";
import { readPlain } from "../values/plain-data.ts";
import type { Link, TakeLink } from "../wire/link.ts";
import { Kind } from "../wire/messages.ts";
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
import type { DaemonSettings } from "./settings.ts";
import type { SpawnWorker, WorkerExit } from "./worker-handle.ts";
import { WorkerWatch } from "./worker-watch.ts";
import { Workers, type DaemonWorker } from "./workers.ts";

export interface DaemonPorts {
  readonly spawnWorker: SpawnWorker;
  readonly clock: Clock;
  readonly storeFiles: StoreFiles;
  /** Undefined where workers are no processes. */
  readonly memory: MemorySource | undefined;
  /** The runtime is over: all workers are ended. */
  ended(): void;
}

const TICK_MS = 500;

export class Daemon implements LeaseSink {
  readonly #ports: DaemonPorts;
  readonly #workers: Workers;
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
  #timer: Deadline | undefined;
  #isEnding = false;

  constructor(settings: DaemonSettings, linkToDriver: TakeLink, ports: DaemonPorts) {
    this.#store = new StoreKeeper(ports.storeFiles, DRIVER_ID);
    this.#memory = new MemoryGathering(settings.store, ports.clock);
    this.#ports = ports;
    const total = demandOf(settings.total);
    this.#workers = new Workers(settings, total, {
      clock: ports.clock,
      spawnWorker: ports.spawnWorker,
      takeSlot: (workerId) => this.#store.takeSlot(workerId),
      message: (...message) => this.#message(...message),
      output: (pid, stream, text) => this.#writer.output(this.#driver, stream, "worker", pid, text),
      exited: (worker, exit) => this.#workerExited(worker, exit),
    });
    this.#orphans = new OrphanedCalls(settings.frozenWorkerMs);
    this.#leases = new Leases(total, this.#workers.pool, this, settings.actorsMax);
    this.#watch = new WorkerWatch(settings, ports.memory, {
      clock: ports.clock,
      workers: () => this.#workers.all(),
      leases: () => this.#leases.all(),
      actorIn: (workerId) => this.#actors.classIn(workerId),
      end: (workerId, ...why) => this.#workers.kill(workerId, ...why),
      notice: (text) => this.#writer.notice(this.#driver, text),
    });
    this.#driver = linkToDriver(
      (kind, bytes, start, end) => {
        this.#message(DRIVER_ID, this.#driver, kind, new MsgpackReader(bytes, start, end));
      },
      () => this.end(),
    );
    this.#writer.welcome(this.#driver);
    for (let i = 0; i < settings.warmWorkers; i++) this.startWorker("");
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
        this.#workers.kill(body.number(), body.string());
        break;
      case Kind.askResources: {
        const { total, available } = this.#leases.resources();
        this.#writer.resources(link, body.number(), total, available);
        break;
      }
      case Kind.defineEnvironment:
        this.#workers.defineEnvironment(body.string(), readVariables(body));
        break;
      case Kind.retireRefused:
        this.#workers.pool.retireRefused(senderId, nowMs);
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
    for (const processId of [DRIVER_ID, ...this.#workers.ids()]) {
      if (processId !== exceptId) this.#writer.spill(this.#linkOf(processId)!);
    }
  }

  /** What all processes hold. A worker that is not ready holds nothing. */
  askMemory(onGathered: (answer: MemoryAnswer) => void): void {
    const ready = [...this.#workers.all()].filter(({ isReady }) => isReady);
    const workers = ready.map(({ workerId, handle, link }) => {
      return { processId: workerId, pid: handle.pid, link };
    });
    const driver = { processId: DRIVER_ID, pid: undefined, link: this.#driver };
    this.#memory.ask([driver, ...workers], onGathered);
  }

  describeActors(): ActorsAnswer {
    const workers = [...this.#workers.all()];
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
    const { pid } = this.#workers.start(environment).handle;
    // The driver ends the group should this daemon be killed.
    if (pid !== 0) this.#writer.workerStarted(this.#driver, pid);
  }

  #linkOf(processId: number): Link | undefined {
    return processId === DRIVER_ID ? this.#driver : this.#workers.find(processId)?.link;
  }

  // Workers.

  #workerReady(workerId: number, nowMs: number): void {
    const worker = this.#workers.find(workerId);
    if (worker === undefined) return;
    this.#workers.ready(worker);
    this.#leases.workerReady(workerId, nowMs);
  }

  #workerExited(worker: DaemonWorker, exit: WorkerExit): void {
    const { workerId } = worker;
    const shortage = this.#watch.gone(workerId, exit, worker.reason !== undefined);
    worker.shortage ??= shortage;
    this.#writer.exited(this.#driver, worker, exit);
    for (const { link } of this.#workers.all()) this.#writer.exited(link, worker, exit);
    this.#memory.processGone(workerId);
    this.#controlServer.processGone(workerId);
    this.#waits.processGone(workerId);
    this.#orphans.gone(workerId);
    this.#actors.ownerGone(workerId);
    this.#store.processGone(workerId, [DRIVER_ID, ...this.#workers.ids()]);
    if (!worker.isReady && this.#workers.startFailed(worker, exit)) this.#failWishes(worker, exit);
    const nowMs = this.#ports.clock.nowMs();
    this.#endCallsOf(workerId, nowMs);
    this.#leases.workerExited(workerId, nowMs);
    this.#armTimer();
  }

  #failWishes({ environment, handle, reason }: DaemonWorker, exit: WorkerExit): void {
    const message = describeFailedStart(handle.pid, reason, exit);
    for (const wish of this.#leases.takeWishes(environment)) {
      const link = this.#linkOf(wish.submitterId);
      if (link !== undefined) this.#writer.reject(link, wish.classId, message, undefined);
    }
  }

  /**
   * What a worker had called goes with it: nobody waits for it any more, and it may never end.
   * Where others have tasks as well, it is asked to end, by its own process.
   */
  #endCallsOf(callerId: number, nowMs: number): void {
    for (const { workerId } of this.#leases.leasesFrom(callerId)) {
      const leases = this.#leases.leasesOf(workerId);
      const isShared = leases.some(({ submitterId }) => submitterId !== callerId);
      if (isShared) this.#orphans.callerEnded(workerId, callerId, nowMs);
      else this.#workers.kill(workerId, "the task that called it has ended with its worker");
    }
  }

  // Time.

  /** One timer for all that depends on time, running only while there is something to look at. */
  #armTimer(): void {
    if (this.#isEnding) return;
    this.#watch.arm(this.#isActive);
    if (this.#timer !== undefined) return;
    if (!this.#workers.areChanging && !this.#isActive()) return;
    const { clock } = this.#ports;
    this.#timer = new Deadline(clock, TICK_MS, () => {
      this.#timer = undefined;
      this.#tick(clock.nowMs());
      this.#armTimer();
    });
    // The links keep a daemon's process alive; inline there is nothing else to wait for.
    this.#timer.unref();
  }

  readonly #isActive = (): boolean => this.#leases.isActive && !this.#isEnding;

  #tick(nowMs: number): void {
    for (const { workerId } of this.#workers.pool.retire(nowMs)) {
      const link = this.#linkOf(workerId);
      if (link !== undefined) this.#writer.retire(link);
    }
    this.#workers.killOverdue(nowMs);
    for (const workerId of this.#orphans.takeOverdue(nowMs)) {
      this.#workers.kill(workerId, "a task whose caller has ended keeps it from all else");
    }
    const pidOf = (workerId: number) => this.#workers.find(workerId)?.handle.pid;
    for (const { wish, holders } of this.#leases.overdue(nowMs, WAITING_REPORT_MS)) {
      this.#writer.notice(this.#driver, describeWait(wish, holders, pidOf));
    }
  }

  /** Throws if what is known of workers, leases and waits disagrees. */
  validate(): void {
    this.#leases.validate();
    this.#waits.validate();
    const workerIds = new Set(this.#workers.ids());
    this.#watch.validate(workerIds);
    this.#orphans.validate(workerIds);
  }

  /** Ends all workers and then itself. */
  end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#timer?.callOff();
    this.#watch.end();
    this.#workers.end();
    this.#driver.close();
    this.#ports.ended();
  }
}
