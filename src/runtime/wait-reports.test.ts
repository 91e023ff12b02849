/** When the daemon is told of calls that wait. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock } from "../base/clock.ts";
import { WAIT_REPORT_AFTER_MS } from "../base/limits.ts";
import type { WaitReport } from "../core/wait-graph.ts";
import type { RunningTask } from "./running-task.ts";
import { WaitReports } from "./wait-reports.ts";

/** Calls that wait, each for one other, and what the daemon is told of them. */
class Scene {
  readonly waiting = new Map<number, number>();
  readonly told: WaitReport[] = [];
  readonly reports: WaitReports;
  #timers: (() => void)[] = [];
  #immediates: (() => void)[] = [];

  constructor() {
    const clock: Partial<Clock> = {
      setTimeout: (job, delayMs) => {
        assert(delayMs >= WAIT_REPORT_AFTER_MS);
        this.#timers.push(job);
        return { ref: () => undefined, unref: () => undefined } as never;
      },
      setImmediate: (job) => void this.#immediates.push(job),
    };
    this.reports = new WaitReports({
      clock: clock as Clock,
      send: (report) => this.told.push(report),
      hasOtherWork: () => false,
    });
    const running = (): RunningTask[] => {
      return [...this.waiting].map(([id, awaited]) => {
        return { id, name: "f", spec: {}, awaited: () => [awaited] } as unknown as RunningTask;
      });
    };
    this.reports.add({
      lines: () => [{ running: running(), queued: [] }],
      breakCircle: (callId) => void this.waiting.delete(callId),
    });
  }

  /** What is due runs; what it makes due runs next time. */
  turn(): void {
    for (const job of this.#immediates.splice(0)) job();
  }

  later(): void {
    for (const job of this.#timers.splice(0)) job();
  }

  idsTold(): number[][] {
    return this.told.map(({ waiting }) => waiting.map(({ callId }) => callId));
  }
}

test("a wait is told once it has lasted a while, and its end at the end of the turn", () => {
  const scene = withWaits(1);
  assert.deepEqual(scene.idsTold(), []);
  scene.later();
  assert.deepEqual(scene.idsTold(), [[1]]);
  scene.waiting.delete(1);
  scene.reports.ended();
  scene.turn();
  assert.deepEqual(scene.idsTold(), [[1], []]);
});

test("waits that end in one turn are told of once, however many", () => {
  const scene = withWaits(1_000);
  scene.later();
  for (let id = 1; id < 1_000; id++) {
    scene.waiting.delete(id);
    scene.reports.ended();
  }
  scene.turn();
  assert.deepEqual(
    scene.idsTold().map((ids) => ids.length),
    [1_000, 1],
  );
});

test("a circle that was broken is told as broken", () => {
  const scene = withWaits(2);
  scene.later();
  scene.reports.breakCircle(2, ["f", "f"]);
  scene.turn();
  assert.deepEqual(scene.idsTold(), [[1, 2], [1]]);
});

test("waits that were not told of end without a word", () => {
  const scene = withWaits(1);
  scene.waiting.delete(1);
  scene.reports.ended();
  scene.turn();
  assert.deepEqual(scene.idsTold(), []);
});

function withWaits(count: number): Scene {
  const scene = new Scene();
  for (let id = 1; id <= count; id++) {
    scene.waiting.set(id, id + 1);
    scene.reports.began();
  }
  return scene;
}
