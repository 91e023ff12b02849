/**
 * The worker processes of one machine: which are starting, idle, leased, and which should go.
 * Pure: the daemon reports what happened and starts or retires what it is told to.
 */

export type WorkerState = "starting" | "idle" | "leased" | "retiring";

export interface WorkerEntry {
  readonly workerId: number;
  /** Workers of different environments never stand in for each other. */
  readonly environment: string;
  state: WorkerState;
  /** Leases on this worker, and how many of them wait for refs with all their tasks. */
  leases: number;
  parkedLeases: number;
  idleSinceMs: number;
  /** An actor lives in it. It does not count among those that run tasks. */
  isDedicated: boolean;
  /** It is being ended: nobody gets it any more. */
  isDoomed: boolean;
}

/** Legal moves; everything else is a bug in the caller. */
const TRANSITIONS: Readonly<Record<WorkerState, readonly WorkerState[]>> = {
  starting: ["idle"],
  idle: ["leased", "retiring"],
  leased: ["idle"],
  retiring: ["idle"],
};

export interface WorkerPoolOptions {
  /** Workers of the default environment that stay although idle. */
  readonly warmWorkers: number;
  /** Beyond this many processes a worker whose tasks all wait is used before one is started. */
  readonly softLimit: number;
  readonly hardLimit: number;
  /** Processes that may be starting before another one is started for an actor. */
  readonly startingMax: number;
  readonly idleMs: number;
}

export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #workers = new Map<number, WorkerEntry>();
  /** Idle workers, the one used last at the end: it is warm, and the others can be trimmed. */
  #idle: WorkerEntry[] = [];
  #dedicated = 0;
  #starting = 0;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#workers.size;
  }

  find(workerId: number): WorkerEntry | undefined {
    return this.#workers.get(workerId);
  }

  starting(workerId: number, environment: string): void {
    this.#starting++;
    this.#workers.set(workerId, {
      workerId,
      environment,
      state: "starting",
      leases: 0,
      parkedLeases: 0,
      idleSinceMs: 0,
      isDedicated: false,
      isDoomed: false,
    });
  }

  ready(workerId: number, nowMs: number): void {
    const worker = this.#workers.get(workerId);
    if (worker !== undefined) this.#becomeIdle(worker, nowMs);
  }

  doom(workerId: number): void {
    const worker = this.#workers.get(workerId);
    if (worker !== undefined) worker.isDoomed = true;
  }

  exited(workerId: number): void {
    const worker = this.#workers.get(workerId);
    if (worker === undefined) return;
    this.#workers.delete(workerId);
    if (worker.isDedicated) this.#dedicated--;
    if (worker.state === "starting") this.#starting--;
    if (worker.state === "idle") this.#idle = this.#idle.filter((other) => other !== worker);
  }

  countStarting(environment: string): number {
    let count = 0;
    for (const worker of this.#workers.values()) {
      if (worker.state === "starting" && worker.environment === environment) count++;
    }
    return count;
  }

  /** An idle worker, which is leased from now on. */
  takeIdle(environment: string, isDedicated = false): WorkerEntry | undefined {
    const index = this.#idle.findLastIndex(
      (worker) => worker.environment === environment && !worker.isDoomed,
    );
    if (index < 0) return undefined;
    const worker = this.#idle[index]!;
    this.#idle.splice(index, 1);
    this.#move(worker, "leased");
    worker.leases = 1;
    worker.isDedicated = isDedicated;
    if (isDedicated) this.#dedicated++;
    return worker;
  }

  /** A worker all of whose tasks wait: one lease more, if need be. */
  takeParked(environment: string): WorkerEntry | undefined {
    const worker = this.#findParked(environment);
    if (worker !== undefined) worker.leases++;
    return worker;
  }

  #findParked(environment: string): WorkerEntry | undefined {
    for (const worker of this.#workers.values()) {
      if (isParked(worker) && worker.environment === environment && !worker.isDoomed) return worker;
    }
    return undefined;
  }

  /** Whether a process is to be started for a task; otherwise a parked one has to do. */
  mayStart(environment: string, isLong: boolean): boolean {
    const forTasks = this.#workers.size - this.#dedicated;
    if (forTasks >= this.#options.hardLimit) return false;
    if (isLong || forTasks < this.#options.softLimit) return true;
    return this.#findParked(environment) === undefined;
  }

  /** Actors may be as many as there is memory for, but they do not all start at once. */
  mayStartDedicated(): boolean {
    return this.#starting < this.#options.startingMax;
  }

  leaseEnded(workerId: number, wasParked: boolean, nowMs: number): void {
    const worker = this.#workers.get(workerId);
    if (worker === undefined) return;
    worker.leases--;
    if (wasParked) worker.parkedLeases--;
    if (worker.leases === 0) this.#becomeIdle(worker, nowMs);
  }

  leaseParked(workerId: number): void {
    const worker = this.#workers.get(workerId);
    if (worker !== undefined) worker.parkedLeases++;
  }

  leaseResumed(workerId: number): void {
    const worker = this.#workers.get(workerId);
    if (worker !== undefined) worker.parkedLeases--;
  }

  /** Idle workers that are to end now. Each either exits or is given back by `retireRefused`. */
  retire(nowMs: number): WorkerEntry[] {
    const surplus: WorkerEntry[] = [];
    let warm = 0;
    for (const worker of [...this.#idle].reverse()) {
      if (worker.environment === "" && warm < this.#options.warmWorkers) warm++;
      else if (nowMs - worker.idleSinceMs >= this.#options.idleMs) surplus.push(worker);
    }
    for (const worker of surplus) this.#move(worker, "retiring");
    this.#idle = this.#idle.filter((worker) => worker.state === "idle");
    return surplus;
  }

  /** The worker owns live objects, or a task has just come: it stays. */
  retireRefused(workerId: number, nowMs: number): void {
    const worker = this.#workers.get(workerId);
    if (worker !== undefined) this.#becomeIdle(worker, nowMs);
  }

  /** Throws if two fields disagree. */
  validate(): void {
    for (const worker of this.#workers.values()) {
      const idle = this.#idle.includes(worker);
      const leasesAgree = worker.state === "leased" ? worker.leases > 0 : worker.leases === 0;
      if (idle !== (worker.state === "idle") || !leasesAgree || !isParkCountSane(worker)) {
        throw new Error(
          `Cannot have worker ${worker.workerId}: state ${worker.state}, ` +
            `${worker.leases} leases, ${worker.parkedLeases} parked, ` +
            `${idle ? "" : "not "}in the idle list`,
        );
      }
    }
    const workers = [...this.#workers.values()];
    const starting = workers.filter(({ state }) => state === "starting").length;
    const dedicated = workers.filter(({ isDedicated }) => isDedicated).length;
    if (starting !== this.#starting || dedicated !== this.#dedicated) {
      throw new Error(
        `Cannot count ${this.#starting} starting and ${this.#dedicated} dedicated workers: ` +
          `there are ${starting} and ${dedicated}`,
      );
    }
    for (const worker of this.#idle) {
      if (this.#workers.get(worker.workerId) !== worker) {
        throw new Error(`Cannot have worker ${worker.workerId} idle: it is gone`);
      }
    }
  }

  #becomeIdle(worker: WorkerEntry, nowMs: number): void {
    if (worker.state === "starting") this.#starting--;
    if (worker.isDedicated) this.#dedicated--;
    worker.isDedicated = false;
    this.#move(worker, "idle");
    worker.idleSinceMs = nowMs;
    this.#idle.push(worker);
  }

  #move(worker: WorkerEntry, to: WorkerState): void {
    if (!TRANSITIONS[worker.state].includes(to)) {
      throw new Error(`Cannot move worker ${worker.workerId} from ${worker.state} to ${to}`);
    }
    worker.state = to;
  }
}

function isParked(worker: WorkerEntry): boolean {
  return worker.state === "leased" && worker.parkedLeases === worker.leases;
}

function isParkCountSane(worker: WorkerEntry): boolean {
  return worker.parkedLeases >= 0 && worker.parkedLeases <= worker.leases;
}
