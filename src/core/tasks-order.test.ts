/** What each push and each wish of a random history must be, at the moment of the decision. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PIPELINE_TASKS_MAX, PIPELINE_US, SHORT_TASK_US } from "../base/limits.ts";
import { BOARD_BYTES, signOn } from "./board.ts";
import type { HeldLease } from "./held-lease.ts";
import { demandOf } from "./resources.ts";
import { Tasks } from "./tasks.ts";
import type { Profile, SchedulingClass, Task, TaskState } from "./scheduling-class.ts";
import type { TaskSink } from "./tasks.ts";

class TestTask implements Task {
  readonly number: number;
  readonly profile: Profile;
  readonly schedulingClass: SchedulingClass;
  readonly priority: number;
  state: TaskState = "waiting";
  lease: HeldLease | undefined = undefined;
  expectedUs = 0;
  posting = 0;
  wasStranded = false;
  ahead: Task | undefined = undefined;
  behind: Task | undefined = undefined;
  /** Order in which arguments became ready. */
  turn = 0;
  /** What was known when it was pushed. */
  wasShort = false;

  constructor(
    number: number,
    profile: Profile,
    schedulingClass: SchedulingClass,
    priority: number,
  ) {
    this.number = number;
    this.profile = profile;
    this.schedulingClass = schedulingClass;
    this.priority = priority;
  }

  get isShort(): boolean {
    const { estimateUs } = this.profile;
    return estimateUs !== undefined && estimateUs <= SHORT_TASK_US;
  }
}

/** Keeps its own lists, and looks at every decision. */
class Watcher implements TaskSink<TestTask> {
  readonly tasks = new Tasks<TestTask>(this);
  readonly classes: SchedulingClass[];
  readonly profiles: Profile[] = [20, 200, 260, 40_000].map((estimateUs) => ({ estimateUs }));
  readonly waiting: TestTask[] = [];
  readonly queued: TestTask[] = [];
  readonly running: TestTask[] = [];
  readonly leases: HeldLease[] = [];
  readonly wished = new Map<SchedulingClass, string>();
  nowMs = 0;
  #turn = 0;
  #turnBack = 0;
  #count = 0;
  #leaseCount = 0;

  constructor() {
    const words = new Int32Array(BOARD_BYTES / 4);
    this.tasks.board.open(words);
    signOn(words, 1);
    this.profiles.push({ estimateUs: undefined });
    const traits = [
      { environment: "", isExclusive: false, isRetriable: true },
      { environment: "", isExclusive: true, isRetriable: true },
      { environment: "blue", isExclusive: false, isRetriable: true },
      { environment: "", isExclusive: false, isRetriable: true },
    ];
    this.classes = traits.map((trait, index) => {
      return this.tasks.classOf({ ...trait, demand: demandOf({ CPU: 1 + index }), leasesMax: 4 });
    });
  }

  push(task: TestTask, lease: HeldLease): void {
    assert.ok(this.leases.includes(lease), "the lease is held");
    assert.equal(lease.schedulingClass, task.schedulingClass);
    assert.ok(this.nowMs < lease.reclaimAtMs, "it is not asked back");
    assert.ok(!lease.isBlocked);
    task.wasShort = task.isShort && !task.schedulingClass.isExclusive;
    this.#checkNeighbours(task, lease);
    this.#checkOrder(task);
    this.#start(task);
  }

  #checkNeighbours(task: TestTask, lease: HeldLease): void {
    const others = this.running.filter((other) => other.lease === lease && other !== task);
    assert.equal(lease.inFlight, others.length + 1);
    if (others.length === 0) return;
    assert.ok(others.length < PIPELINE_TASKS_MAX);
    const aheadUs = others.reduce((sum, { expectedUs }) => sum + expectedUs, 0);
    assert.ok(aheadUs < PIPELINE_US, `${aheadUs} us are ahead of it`);
    const sharing = [task, ...others];
    assert.ok(
      sharing.every(({ wasShort }) => wasShort),
      "only short tasks share a lease",
    );
  }

  /** Nobody of its class comes before it. */
  #checkOrder(task: TestTask): void {
    for (const other of this.queued) {
      if (other.schedulingClass !== task.schedulingClass || other === task) continue;
      const isBefore =
        other.priority === task.priority ? other.turn < task.turn : other.priority > task.priority;
      assert.ok(!isBefore, `${other.number} comes before ${task.number}`);
    }
  }

  #start(task: TestTask): void {
    const index = this.queued.indexOf(task);
    assert.ok(index >= 0, `${task.number} is pushed once, when it is ready`);
    this.queued.splice(index, 1);
    this.running.push(task);
  }

  want(schedulingClass: SchedulingClass, leases: number): void {
    assert.ok(Number.isSafeInteger(leases) && leases >= 0);
    const said = `${leases} at ${schedulingClass.wantedPriority}`;
    assert.notEqual(this.wished.get(schedulingClass), said, "it is said when it changes");
    this.wished.set(schedulingClass, said);
  }

  takenBack(task: TestTask): void {
    this.running.splice(this.running.indexOf(task), 1);
    // Ahead of all others, those included that were taken back before.
    task.turn = --this.#turnBack;
    this.queued.push(task);
  }

  returnLease(lease: HeldLease): void {
    assert.equal(lease.inFlight, 0);
    assert.ok(!lease.isBlocked);
    this.leases.splice(this.leases.indexOf(lease), 1);
  }

  submit(pick: number): void {
    const profile = this.profiles[pick % this.profiles.length]!;
    const schedulingClass = this.classes[pick % this.classes.length]!;
    const task = new TestTask(++this.#count, profile, schedulingClass, (pick % 7) - 3);
    this.tasks.submit(task);
    if (pick % 4 === 0) this.waiting.push(task);
    else this.ready(task);
  }

  ready(task: TestTask): void {
    task.turn = ++this.#turn;
    this.queued.push(task);
    this.tasks.ready(task);
  }

  grant(pick: number): void {
    const { classId } = this.classes[pick % this.classes.length]!;
    this.leases.push(this.tasks.granted(++this.#leaseCount, 1, classId)!);
  }

  finish(task: TestTask, durationUs: number | undefined): void {
    this.running.splice(this.running.indexOf(task), 1);
    this.tasks.finished(task, durationUs);
  }

  lose(lease: HeldLease): void {
    this.leases.splice(this.leases.indexOf(lease), 1);
    this.tasks.lost(lease);
    for (const task of this.running.filter((each) => each.lease === lease)) {
      this.finish(task, undefined);
    }
  }

  /** The newest of those with the highest priority that fit, of any class. */
  takeLocal(cpus: number): void {
    const fits = ({ schedulingClass: { demand, environment, isExclusive } }: TestTask): boolean =>
      environment === "" && !isExclusive && (demand.amounts[0]?.[1] ?? 0) <= cpus * 10_000;
    const newest = new Map<SchedulingClass, TestTask>();
    for (const task of this.queued.filter(fits)) {
      const other = newest.get(task.schedulingClass);
      const isBetter =
        other === undefined ||
        task.priority > other.priority ||
        (task.priority === other.priority && task.turn > other.turn);
      if (isBetter) newest.set(task.schedulingClass, task);
    }
    const best = [...newest.values()].sort(
      (a, b) => b.priority - a.priority || b.number - a.number,
    );
    const taken = this.tasks.takeLocal(demandOf({ CPU: cpus }), "");
    assert.equal(taken, best[0]);
    if (taken !== undefined) this.#start(taken);
  }
}

type Step = readonly [act: number, pick: number];

function apply(watcher: Watcher, [act, pick]: Step): void {
  const any = <T>(list: readonly T[]): T | undefined => list[pick % Math.max(1, list.length)];
  const lease = any(watcher.leases);
  const running = any(watcher.running);
  const waiting = any(watcher.waiting);
  const queued = any(watcher.queued);
  watcher.nowMs += pick % 30;
  if (act < 40) watcher.submit(pick);
  else if (act < 50 && waiting !== undefined) {
    watcher.waiting.splice(watcher.waiting.indexOf(waiting), 1);
    watcher.ready(waiting);
  } else if (act < 60) watcher.grant(pick);
  else if (act < 75 && running !== undefined)
    watcher.finish(running, [5, 300, undefined][pick % 3]);
  else if (act < 80 && queued !== undefined) {
    watcher.queued.splice(watcher.queued.indexOf(queued), 1);
    watcher.tasks.abandon(queued);
  } else if (act < 85) watcher.takeLocal(1 + (pick % 4));
  else if (act < 90 && lease !== undefined) watcher.tasks.reclaim(lease, watcher.nowMs);
  else if (act < 94 && lease !== undefined) watcher.tasks.setBlocked(lease, pick % 3 === 0);
  else if (act < 96 && lease !== undefined) watcher.lose(lease);
  else if (act < 98) watcher.tasks.trim(watcher.nowMs, 50);
  else {
    const schedulingClass = watcher.classes[pick % watcher.classes.length]!;
    // The daemon has forgotten the wish, so it is said again.
    watcher.wished.delete(schedulingClass);
    for (const task of watcher.tasks.takeQueued(schedulingClass)) {
      watcher.queued.splice(watcher.queued.indexOf(task), 1);
    }
    assert.ok(watcher.queued.every((task) => task.schedulingClass !== schedulingClass));
  }
}

test("every decision of a random history is a right one", () => {
  const steps = fc.array(fc.tuple(fc.nat(99), fc.nat(999)), { maxLength: 120, size: "max" });
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 5 }), (history, perTurn) => {
      const watcher = new Watcher();
      history.forEach((step, index) => {
        apply(watcher, step);
        watcher.tasks.validate();
        if (index % perTurn === 0) watcher.tasks.dispatch(watcher.nowMs);
        watcher.tasks.validate();
        const open = watcher.waiting.length + watcher.queued.length + watcher.running.length;
        assert.equal(watcher.tasks.pending, open);
      });
      watcher.tasks.dispatch(watcher.nowMs);
      for (const { classId, queue, leases } of watcher.classes) {
        const next = queue.first();
        const idle = leases.filter((each) => each.inFlight === 0 && !each.isBlocked);
        assert.ok(next === undefined || idle.length === 0, `class ${classId} has an idle lease`);
      }
    }),
    { numRuns: 1_000, includeErrorInReport: true },
  );
});

test("tasks that take no time fill a lease up to a number", () => {
  const watcher = new Watcher();
  watcher.profiles[0]!.estimateUs = 0;
  watcher.grant(0);
  for (let i = 0; i < 2 * PIPELINE_TASKS_MAX; i++) watcher.submit(20 * 21);
  for (const task of watcher.waiting.splice(0)) watcher.ready(task);
  watcher.tasks.dispatch(0);
  assert.equal(watcher.running.length, PIPELINE_TASKS_MAX);
});
