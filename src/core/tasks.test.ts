import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PIPELINE_TASKS_MAX, PIPELINE_US, SHORT_TASK_US } from "../base/limits.ts";
import { BOARD_BYTES, signOn } from "./board.ts";
import type { HeldLease } from "./held-lease.ts";
import { demandOf } from "./resources.ts";
import type { Profile, SchedulingClass, Task, TaskState } from "./scheduling-class.ts";
import { Tasks, type TaskSink } from "./tasks.ts";

class TestTask implements Task {
  state: TaskState = "waiting";
  lease: HeldLease | undefined = undefined;
  expectedUs = 0;
  posting = 0;
  wasStranded = false;
  ahead: Task | undefined = undefined;
  behind: Task | undefined = undefined;
  readonly number: number;
  readonly profile: Profile;
  readonly schedulingClass: SchedulingClass;
  readonly priority: number;

  constructor(number: number, profile: Profile, schedulingClass: SchedulingClass, priority = 0) {
    this.number = number;
    this.profile = profile;
    this.schedulingClass = schedulingClass;
    this.priority = priority;
  }
}

/** One submitter and a daemon that grants when it is told to. */
class Submitter implements TaskSink<TestTask> {
  readonly tasks = new Tasks<TestTask>(this);
  readonly short: Profile = { estimateUs: 10 };
  readonly long: Profile = { estimateUs: 50_000 };
  readonly unknown: Profile = { estimateUs: undefined };
  readonly pushed: TestTask[] = [];
  readonly held = new Map<number, HeldLease>();
  readonly wanted = new Map<number, number>();
  readonly classes = [1, 2].map((cpus) =>
    this.tasks.classOf({
      demand: demandOf({ CPU: cpus }),
      environment: "",
      isExclusive: false,
      isRetriable: true,
      leasesMax: 4 / cpus,
    }),
  );
  readonly words = new Int32Array(BOARD_BYTES / 4);
  nowMs = 0;
  #count = 0;
  #leases = 0;

  constructor() {
    this.tasks.board.open(this.words);
  }

  push(task: TestTask, lease: HeldLease): void {
    assert.ok(this.held.has(lease.leaseId), "tasks go to leases that are held");
    assert.ok(!this.pushed.includes(task), "a task is pushed once");
    assert.ok(!lease.isBlocked && this.nowMs < lease.reclaimAtMs);
    this.pushed.push(task);
  }

  want({ classId }: SchedulingClass, leases: number): void {
    this.wanted.set(classId, leases);
  }

  takenBack(task: TestTask): void {
    this.pushed.splice(this.pushed.indexOf(task), 1);
  }

  returnLease(lease: HeldLease): void {
    assert.equal(lease.inFlight, 0, "a lease goes back when it is empty");
    this.held.delete(lease.leaseId);
  }

  submit(profile: Profile, schedulingClass = this.classes[0]!, priority = 0): TestTask {
    const task = new TestTask(++this.#count, profile, schedulingClass, priority);
    this.tasks.submit(task);
    this.tasks.ready(task);
    return task;
  }

  grant(schedulingClass = this.classes[0]!): HeldLease {
    const leaseId = ++this.#leases;
    signOn(this.words, 100 + leaseId);
    const lease = this.tasks.granted(leaseId, 100 + leaseId, schedulingClass.classId)!;
    this.held.set(leaseId, lease);
    return lease;
  }

  dispatch(): void {
    this.tasks.dispatch(this.nowMs);
    this.tasks.validate();
  }

  numbers(): number[] {
    return this.pushed.map(({ number }) => number);
  }
}

test("a task of unknown length has its lease to itself", () => {
  const submitter = new Submitter();
  submitter.submit(submitter.unknown);
  submitter.submit(submitter.unknown);
  submitter.dispatch();
  assert.equal(submitter.wanted.get(1), 2);
  submitter.grant();
  submitter.dispatch();
  assert.deepEqual(submitter.numbers(), [1]);
  submitter.tasks.finished(submitter.pushed[0]!, SHORT_TASK_US + 1);
  submitter.dispatch();
  assert.deepEqual(submitter.numbers(), [1, 2]);
});

test("short tasks share a lease, as far as they take little together", () => {
  const submitter = new Submitter();
  const lease = submitter.grant();
  for (let i = 0; i < 2_000; i++) submitter.submit(submitter.short);
  submitter.dispatch();
  assert.ok(lease.inFlight > 100 && lease.inFlight <= PIPELINE_TASKS_MAX);
  assert.ok(lease.inFlightUs <= PIPELINE_US + submitter.short.estimateUs! + 10);
});

test("nothing is queued behind a long task, and a short one asks for a lease of its own", () => {
  const submitter = new Submitter();
  submitter.grant();
  submitter.submit(submitter.long);
  submitter.dispatch();
  submitter.submit(submitter.short);
  submitter.dispatch();
  assert.deepEqual(submitter.numbers(), [1]);
  assert.equal(submitter.wanted.get(1), 2);
});

test("higher priority first, then the order of the calls", () => {
  const submitter = new Submitter();
  for (const priority of [0, 5, 0, 5]) submitter.submit(submitter.unknown, undefined, priority);
  for (let i = 0; i < 4; i++) submitter.grant();
  submitter.dispatch();
  assert.deepEqual(submitter.numbers(), [2, 4, 1, 3]);
});

test("a process runs its own children newest first, within what it holds", () => {
  const submitter = new Submitter();
  submitter.submit(submitter.unknown);
  submitter.submit(submitter.unknown);
  submitter.submit(submitter.unknown, submitter.classes[1]);
  const taken = [0, 1, 2].map(() => submitter.tasks.takeLocal(demandOf({ CPU: 1 }), "")?.number);
  assert.deepEqual(taken, [2, 1, undefined]);
  assert.equal(submitter.tasks.takeLocal(demandOf({ CPU: 2 }), "")?.number, 3);
});

test("an idle lease goes back in time, a reclaimed one when it is empty", () => {
  const submitter = new Submitter();
  const lease = submitter.grant();
  const task = submitter.submit(submitter.unknown);
  submitter.dispatch();
  submitter.tasks.reclaim(lease, 0);
  submitter.dispatch();
  assert.equal(submitter.held.size, 1);
  submitter.tasks.finished(task, 5);
  submitter.dispatch();
  assert.equal(submitter.held.size, 0);
  submitter.grant();
  submitter.dispatch();
  assert.equal(submitter.tasks.trim(10, 1_000), true);
  assert.equal(submitter.tasks.trim(2_000, 1_000), false);
  assert.deepEqual([submitter.held.size, submitter.wanted.get(1) ?? 0], [0, 0]);
});

const steps = fc.array(fc.record({ act: fc.nat(99), pick: fc.nat(999) }), { maxLength: 80 });

/** What must have become of each task, kept apart from the class under test. */
type Fate = "open" | "done" | "abandoned";

function step(submitter: Submitter, fates: Map<TestTask, Fate>, act: number, pick: number): void {
  const open = [...fates].filter(([, fate]) => fate === "open").map(([task]) => task);
  const leases = [...submitter.held.values()];
  const task = open[pick % Math.max(1, open.length)];
  const lease = leases[pick % Math.max(1, leases.length)];
  submitter.nowMs += pick % 40;
  if (act < 35) {
    const profile = [submitter.short, submitter.long, submitter.unknown][pick % 3]!;
    const added = submitter.submit(profile, submitter.classes[pick % 2], pick % 2);
    fates.set(added, "open");
  } else if (act < 50) submitter.grant(submitter.classes[pick % 2]);
  else if (act < 70 && task?.state === "pushed") {
    submitter.tasks.finished(task, pick * 3);
    fates.set(task, "done");
  } else if (act < 78 && task !== undefined && task.state !== "pushed") {
    submitter.tasks.abandon(task);
    fates.set(task, "abandoned");
  } else if (act < 84 && lease !== undefined) submitter.tasks.reclaim(lease, submitter.nowMs);
  else if (act < 88 && lease !== undefined) submitter.tasks.setBlocked(lease, pick % 2 === 0);
  else if (act < 92 && lease !== undefined) lose(submitter, fates, lease);
  else if (act < 95) {
    const local = submitter.tasks.takeLocal(demandOf({ CPU: 1 + (pick % 2) }), "");
    if (local !== undefined) submitter.pushed.push(local);
  } else submitter.tasks.trim(submitter.nowMs, 100);
  submitter.dispatch();
}

function lose(submitter: Submitter, fates: Map<TestTask, Fate>, lease: HeldLease): void {
  submitter.held.delete(lease.leaseId);
  submitter.tasks.lost(lease);
  for (const [task, fate] of fates) {
    if (fate !== "open" || task.lease !== lease) continue;
    submitter.tasks.finished(task, undefined);
    fates.set(task, "done");
  }
}

test("random histories: each task runs once or is abandoned, and all end", () => {
  fc.assert(
    fc.property(steps, (history) => {
      const submitter = new Submitter();
      const fates = new Map<TestTask, Fate>();
      for (const { act, pick } of history) step(submitter, fates, act, pick);
      for (const lease of submitter.held.values()) submitter.tasks.setBlocked(lease, false);
      for (let round = 0; submitter.tasks.pending > 0; round++) {
        assert.ok(round < 500, `${submitter.tasks.pending} tasks never end`);
        for (const schedulingClass of submitter.classes) {
          const wanted = submitter.wanted.get(schedulingClass.classId) ?? 0;
          if (schedulingClass.leases.length < wanted) submitter.grant(schedulingClass);
        }
        submitter.nowMs += 1_000;
        submitter.dispatch();
        for (const [task, fate] of fates) {
          if (fate !== "open" || task.state !== "pushed") continue;
          submitter.tasks.finished(task, 100);
          fates.set(task, "done");
        }
      }
      submitter.dispatch();
      for (const [task, fate] of fates) {
        assert.equal(submitter.pushed.includes(task), fate === "done", `task ${task.number}`);
      }
      assert.equal(submitter.tasks.trim(Infinity, 0), false);
      assert.deepEqual([submitter.held.size, submitter.tasks.pending], [0, 0]);
      assert.ok([...submitter.wanted.values()].every((leases) => leases === 0));
    }),
    { numRuns: 1_000 },
  );
});

test("after a rejection the daemon is told that nothing is wanted: wishes may have crossed", () => {
  const submitter = new Submitter();
  submitter.submit(submitter.unknown);
  submitter.dispatch();
  assert.equal(submitter.wanted.get(1), 1);
  assert.equal(submitter.tasks.takeQueued(submitter.classes[0]!).length, 1);
  submitter.dispatch();
  assert.equal(submitter.wanted.get(1), 0);
});
