/**
 * Tells the daemon which calls of this process wait, so that it finds those that wait for one
 * another in a circle. Most waits are short: only what has lasted a while is told.
 */

import type { Clock, Timer } from "../base/clock.ts";
import {
  WAIT_REPORT_AFTER_MS,
  WAIT_REPORT_CALLS_MAX,
  WAIT_REPORT_LATER_MS,
} from "../base/limits.ts";
import { ActorDeadlockError } from "../base/errors.ts";
import type { WaitReport } from "../core/wait-graph.ts";
import { objectName } from "./object-record.ts";
import type { RunningTask } from "./running-task.ts";
import { outsideTasks } from "./task-scope.ts";

/** Calls that stand in line behind others. */
export interface Line {
  readonly running: Iterable<RunningTask>;
  readonly queued: Iterable<RunningTask>;
}

/** A part of the process that runs calls. */
export interface Waiters {
  lines(): Iterable<Line>;
  /** The call fails, if it still waits: with it a circle is broken. */
  breakCircle(callId: number, error: Error): void;
}

export interface WaitReportsContext {
  readonly clock: Clock;
  readonly send: (report: WaitReport) => void;
  /** Timers, sockets and the like of the user: whatever waits may be woken by them. */
  readonly hasOtherWork: () => boolean;
}

const NOTHING: WaitReport = { waiting: [], queued: [], names: new Map() };

export class WaitReports {
  readonly #context: WaitReportsContext;
  readonly #waiters: Waiters[] = [];
  #timer: Timer | undefined;
  #isTelling = false;
  /** What the daemon knows, in short. */
  #known = "";

  constructor(context: WaitReportsContext) {
    this.#context = context;
  }

  add(waiters: Waiters): void {
    this.#waiters.push(waiters);
  }

  /** A call waits, or stands in line. */
  began(): void {
    if (this.#timer === undefined) this.#lookLater(WAIT_REPORT_AFTER_MS);
  }

  /** A call goes on. What was told before is true no more, and others may depend on it. */
  ended(): void {
    if (this.#known !== "") this.#tellSoon();
  }

  /** The daemon has found a circle, and this call of it is to fail. */
  breakCircle(callId: number, names: readonly string[]): void {
    const error = new ActorDeadlockError(
      `Cannot run ${names[0]}: calls wait for one another in a circle, ` +
        `${[...names, names[0]].join(" waits for ")}; do not await a call of an actor that ` +
        "waits for this one, or give the actor maxConcurrency",
      { circle: names },
    );
    for (const waiters of this.#waiters) waiters.breakCircle(callId, error);
    this.#tellSoon();
  }

  #lookLater(delayMs: number): void {
    this.#timer = outsideTasks(() =>
      this.#context.clock.setTimeout(() => this.#look(delayMs), delayMs),
    );
    this.#timer.unref();
  }

  #look(delayMs: number): void {
    this.#timer = undefined;
    const waits = this.#report();
    if (waits.waiting.length === 0) {
      this.#send(NOTHING);
      return;
    }
    const isBusy = this.#context.hasOtherWork();
    this.#send(isBusy ? NOTHING : waits);
    // Nobody tells when that work is over.
    if (isBusy) this.#lookLater(Math.min(2 * delayMs, WAIT_REPORT_LATER_MS));
  }

  /** Whoever reacts in this turn does so first: what goes on in it together is told together. */
  #tellSoon(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    const tell = (): void => {
      this.#isTelling = false;
      this.#send(this.#context.hasOtherWork() ? NOTHING : this.#report());
      this.began();
    };
    outsideTasks(() => this.#context.clock.setImmediate(tell));
  }

  #send(report: WaitReport): void {
    const { waiting, queued } = report;
    const known = [
      ...waiting.map(({ callId, awaited }) => `${callId}:${awaited.join()}`),
      ...queued.map(({ callId }) => callId),
    ].join(" ");
    if (known === this.#known) return;
    this.#known = known;
    this.#context.send(report);
  }

  #report(): WaitReport {
    const names = new Map<number, string>();
    const waiting: { callId: number; awaited: readonly number[] }[] = [];
    const queued: { callId: number; running: readonly number[] }[] = [];
    for (const waiters of this.#waiters) {
      for (const line of waiters.lines()) {
        const running = [...line.running];
        for (const task of running) {
          const awaited = task.awaited();
          if (awaited === undefined) continue;
          waiting.push({ callId: task.id, awaited });
          names.set(task.id, nameOf(task));
        }
        // While one of those that run does not wait, the line moves.
        if (!running.every((task) => names.has(task.id))) continue;
        const runningIds = running.map(({ id }) => id);
        for (const task of line.queued) {
          if (queued.length >= WAIT_REPORT_CALLS_MAX) break;
          queued.push({ callId: task.id, running: runningIds });
          names.set(task.id, nameOf(task));
        }
      }
    }
    return { waiting, queued, names };
  }
}

/** Which actor is meant counts: circles often lead through several of one class. */
function nameOf({ name, spec }: RunningTask): string {
  return spec.actorKey === undefined ? name : `${name} of actor ${objectName(spec.actorKey)}`;
}

/** Whether Node waits for more than it did when the worker had nothing to do. */
export function otherWorkSince(idle: readonly string[]): () => boolean {
  const idleCounts = countsOf(idle);
  return () => {
    for (const [resource, count] of countsOf(process.getActiveResourcesInfo())) {
      if (count > (idleCounts.get(resource) ?? 0)) return true;
    }
    return false;
  };
}

function countsOf(resources: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const resource of resources) counts.set(resource, (counts.get(resource) ?? 0) + 1);
  return counts;
}
