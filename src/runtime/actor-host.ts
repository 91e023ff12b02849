/**
 * The actor that lives in this worker: its instance, and which of its calls run. Calls of one
 * concurrency group start in the order in which they came, each once there is room; the next one
 * gets room when the promise of a former one has settled.
 *
 * Hot path: `#run` once per call.
 */

import type { Timer } from "../base/clock.ts";
import { inspect } from "node:util";
import { Deque } from "../base/deque.ts";
import { PARK_AFTER_MS, TURN_US } from "../base/limits.ts";
import { CPU } from "../core/resources.ts";
import type { ActorSettings } from "./actor-messages.ts";
import type { Callable, FunctionRecord } from "./function-record.ts";
import type { Functions } from "./functions.ts";
import { lookUp } from "./methods.ts";
import type { Cancellation } from "./pending-call.ts";
import type { Body, RunningTask } from "./running-task.ts";
import type { Line, Waiters } from "./wait-reports.ts";
import { TaskRunner, type RunnerContext } from "./task-runner.ts";

/** Calls that share a limit. */
interface Group {
  readonly maxConcurrency: number;
  readonly queue: Deque<RunningTask>;
  readonly running: Set<RunningTask>;
  /** Its arguments are being loaded: the next one must not overtake it. */
  starting: RunningTask | undefined;
}

export interface ActorHostContext extends RunnerContext {
  readonly functions: Functions;
  /** Nothing that runs here uses a core, until `resumed`. */
  readonly parked: () => void;
  readonly resumed: () => void;
  /** Prepares the process before the constructor runs. Throws if it cannot. */
  readonly prepareProcess: (settings: ActorSettings) => void;
  readonly warn: (text: string) => void;
  /** The actor has disposed of what it held. */
  readonly ended: () => void;
}

export class ActorHost extends TaskRunner<RunningTask> implements Waiters {
  readonly key: number;
  readonly incarnation: number;
  readonly settings: ActorSettings;
  readonly #context: ActorHostContext;
  readonly #main: Group;
  readonly #groups: readonly Group[];
  readonly #groupOf = new Map<string, Group>();
  readonly #bodies = new Map<string, Body>();
  /** How deep the call of its constructor was: what it calls is deeper. */
  depth = 0;
  #instance: object | undefined;
  #isRunScheduled = false;
  #isEnding = false;
  #parkTimer: Timer | undefined;
  #isParked = false;

  constructor(
    key: number,
    incarnation: number,
    settings: ActorSettings,
    context: ActorHostContext,
  ) {
    super(context);
    context.waits.add(this);
    this.key = key;
    this.incarnation = incarnation;
    this.settings = settings;
    this.#context = context;
    this.#main = newGroup(settings.maxConcurrency);
    const groups = [this.#main];
    for (const { maxConcurrency, methods } of settings.groups) {
      const group = newGroup(maxConcurrency);
      groups.push(group);
      for (const method of methods) this.#groupOf.set(method, group);
    }
    this.#groups = groups;
  }

  /** The method is looked up when it is called: instances may bring their own. */
  bodyFor(method: string): Body {
    let body = this.#bodies.get(method);
    if (body === undefined) {
      const { className } = this.settings;
      const name = `${className}.${method}`;
      body = { name, estimateUs: undefined, callable: this.#callerOf(method, className) };
      this.#bodies.set(method, body);
    }
    return body;
  }

  #callerOf(method: string, className: string): Callable {
    let isKnown = false;
    return (...args) => {
      const instance = this.#instance as Readonly<Record<string, unknown>>;
      // To find out that it is no getter takes longer than most calls.
      let found = isKnown ? instance[method] : undefined;
      if (typeof found !== "function") found = lookUp(instance, className, method);
      isKnown = true;
      return (found as Callable).apply(instance, args);
    };
  }

  /** Runs the constructor; until it is through, no call starts. */
  construct(task: RunningTask): void {
    this.depth = task.depth;
    this.#begin(this.#main, task);
  }

  enqueue(task: RunningTask, method: string): void {
    if (this.#isEnding) return;
    (this.#groupOf.get(method) ?? this.#main).queue.push(task);
    this.context.waits.began();
    this.#runSoon();
  }

  *lines(): Generator<Line> {
    for (const { running, queue } of this.#groups) yield { running, queued: stillQueued(queue) };
  }

  /** A call of a circle fails, so that the others go on. */
  breakCircle(callId: number, error: Error): void {
    for (const { queue, running } of this.#groups) {
      for (const task of queue) if (task.id === callId) this.refuse(task, error);
      for (const task of running) if (task.id === callId) task.breakWaits(error);
    }
  }

  cancel(isTask: (task: RunningTask) => boolean, cancellation: Cancellation): void {
    for (const { queue, running } of this.#groups) {
      for (const task of [...queue, ...running]) if (isTask(task)) task.cancel(cancellation);
    }
  }

  #runSoon(): void {
    if (this.#isRunScheduled || this.#instance === undefined) return;
    this.#isRunScheduled = true;
    queueMicrotask(() => this.#run());
  }

  #run(): void {
    this.#isRunScheduled = false;
    const beganUs = this.context.nowUs();
    this.flushedUs = beganUs;
    for (const group of this.#groups) {
      while (hasRoom(group)) {
        const task = group.queue.shift();
        if (task === undefined) break;
        if (task.state === "over") continue;
        this.#begin(group, task);
        if (this.context.nowUs() - beganUs > TURN_US) {
          this.#isRunScheduled = true;
          this.context.clock.setImmediate(() => this.#run());
          return;
        }
      }
    }
  }

  #begin(group: Group, task: RunningTask): void {
    this.#unpark();
    group.running.add(task);
    group.starting = task;
    this.start(task);
  }

  // TaskRunner.

  protected bodyOf(_task: RunningTask, callable: Callable): Callable {
    if (this.#instance !== undefined) return callable;
    this.#context.prepareProcess(this.settings);
    const actorClass = callable as unknown as new (...args: unknown[]) => object;
    return (...args) => {
      this.#instance = new actorClass(...args);
    };
  }

  /** Only the class has to be loaded; methods come with it. */
  protected load(task: RunningTask): Promise<Callable> {
    return this.#context.functions.prepare(task.body as FunctionRecord, this.context.packer);
  }

  protected called(task: RunningTask): void {
    for (const group of this.#groups) if (group.starting === task) group.starting = undefined;
    this.#runSoon();
  }

  protected left(task: RunningTask): void {
    for (const group of this.#groups) {
      group.running.delete(task);
      if (group.starting === task) group.starting = undefined;
    }
  }

  protected over(): void {
    this.#runSoon();
    if (this.#isEnding) this.#endIfDone();
  }

  // A call that waits keeps its place in the group: the instance is in the middle of it.

  protected waitBegan(): void {
    if (CPU in this.settings.resources) this.#parkLater();
  }

  protected waitEnded(): void {
    this.#unpark();
  }

  protected waitDropped(): void {
    this.#unpark();
  }

  get #isWaiting(): boolean {
    let runningCount = 0;
    for (const { running } of this.#groups) {
      for (const task of running) if (!task.isSuspended) return false;
      runningCount += running.size;
    }
    return runningCount > 0;
  }

  /** Most waits are short: the cores are given back only after a while. */
  #parkLater(): void {
    this.#parkTimer ??= this.context.clock
      .setTimeout(() => {
        this.#parkTimer = undefined;
        if (this.#isParked || !this.#isWaiting) return;
        this.#isParked = true;
        this.#context.parked();
      }, PARK_AFTER_MS)
      .unref();
  }

  #unpark(): void {
    if (!this.#isParked) return;
    this.#isParked = false;
    this.#context.resumed();
  }

  // Its end.

  /** Ends once all calls that have come are done. */
  end(): void {
    this.#isEnding = true;
    this.#endIfDone();
  }

  #endIfDone(): void {
    const isBusy = this.#groups.some(({ queue, running }) => queue.size > 0 || running.size > 0);
    if (isBusy) return;
    dispose(this.#instance!)
      .catch((error: unknown) => this.#context.warn(`${inspect(error)}\n`))
      .finally(() => this.#context.ended());
  }
}

function newGroup(maxConcurrency: number): Group {
  return { maxConcurrency, queue: new Deque(), running: new Set(), starting: undefined };
}

/** Without those that were refused. Read only if the line does not move: it may be long. */
function* stillQueued(queue: Iterable<RunningTask>): Generator<RunningTask> {
  for (const task of queue) if (task.state === "queued") yield task;
}

function hasRoom({ running, maxConcurrency, starting }: Group): boolean {
  return running.size < maxConcurrency && starting === undefined;
}

async function dispose(instance: object): Promise<void> {
  const { [Symbol.asyncDispose]: later, [Symbol.dispose]: now } = instance as Partial<
    AsyncDisposable & Disposable
  >;
  if (later !== undefined) await later.call(instance);
  else now?.call(instance);
}
