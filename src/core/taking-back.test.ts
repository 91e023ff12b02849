/** Workers that claim what they start, stop at any moment, and die: what is pushed runs once. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Deque } from "../base/deque.ts";
import { BOARD_BYTES, claim, signOn, type Posting } from "./board.ts";
import type { HeldLease } from "./held-lease.ts";
import { demandOf } from "./resources.ts";
import type { Profile, Task, TaskState } from "./scheduling-class.ts";
import { Tasks, type TaskSink } from "./tasks.ts";

const short: Profile = { estimateUs: 10 };

class TestTask implements Task {
  readonly number: number;
  readonly profile = short;
  readonly schedulingClass;
  readonly priority: number;
  state: TaskState = "waiting";
  lease: HeldLease | undefined = undefined;
  expectedUs = 0;
  posting: Posting = 0;
  wasStranded = false;
  ahead: Task | undefined = undefined;
  behind: Task | undefined = undefined;
  /** How often it has begun. */
  begun = 0;
  fate: "open" | "done" | "lost" | "cancelled" = "open";

  constructor(number: number, schedulingClass: Task["schedulingClass"], priority: number) {
    this.number = number;
    this.schedulingClass = schedulingClass;
    this.priority = priority;
  }
}

/** One lease on one worker: what was pushed, in order, and what it has begun. */
class Worker {
  readonly lease: HeldLease;
  readonly claims: boolean;
  readonly inbox = new Deque<{ readonly task: TestTask; readonly posting: Posting }>();
  readonly begun: TestTask[] = [];
  readonly #words: Int32Array;

  constructor(lease: HeldLease, claims: boolean, words: Int32Array) {
    this.lease = lease;
    this.claims = claims;
    this.#words = words;
    if (claims) signOn(words, lease.workerId);
  }

  /** Begins the next task, or drops it; returns whether it was dropped. */
  next(): boolean {
    const message = this.inbox.shift();
    if (message === undefined) return false;
    const { task, posting } = message;
    if (this.claims && posting !== 0 && !claim(this.#words, posting)) return true;
    task.begun++;
    this.begun.push(task);
    return false;
  }
}

class Submitter implements TaskSink<TestTask> {
  readonly tasks = new Tasks<TestTask>(this);
  readonly words = new Int32Array(BOARD_BYTES / 4);
  readonly workers = new Map<number, Worker>();
  readonly all: TestTask[] = [];
  readonly takenBackNumbers: number[] = [];
  readonly schedulingClass = this.tasks.classOf({
    demand: demandOf({ CPU: 1 }),
    environment: "",
    isExclusive: false,
    isRetriable: true,
    leasesMax: 4,
  });
  wanted = 0;
  #leaseCount = 0;

  constructor() {
    this.tasks.board.open(this.words);
  }

  push(task: TestTask, lease: HeldLease): void {
    assert.ok(!lease.isStalled, "nothing is pushed where nothing moves");
    const worker = this.workers.get(lease.leaseId)!;
    if (lease.inFlight > 1) assert.ok(worker.claims, "who cannot claim gets nothing queued");
    worker.inbox.push({ task, posting: task.posting });
  }

  want(_schedulingClass: unknown, leases: number): void {
    this.wanted = leases;
  }

  returnLease(lease: HeldLease): void {
    const worker = this.workers.get(lease.leaseId)!;
    assert.equal(worker.begun.length, 0);
    this.workers.delete(lease.leaseId);
  }

  takenBack(task: TestTask): void {
    assert.equal(task.begun, 0, "what was taken back has not begun");
    assert.equal(task.state, "queued");
    this.takenBackNumbers.push(task.number);
  }

  submit(priority = 0): TestTask {
    const task = new TestTask(this.all.length, this.schedulingClass, priority);
    this.all.push(task);
    this.tasks.submit(task);
    this.tasks.ready(task);
    return task;
  }

  grant(claims = true): Worker {
    const leaseId = ++this.#leaseCount;
    const lease = this.tasks.granted(leaseId, 100 + leaseId, this.schedulingClass.classId)!;
    const worker = new Worker(lease, claims, this.words);
    this.workers.set(leaseId, worker);
    return worker;
  }

  step(worker: Worker): void {
    if (worker.next()) this.tasks.heardOf(worker.lease);
  }

  finish(worker: Worker): void {
    const task = worker.begun.shift();
    if (task === undefined) return;
    task.fate = "done";
    this.tasks.finished(task, 10);
  }

  kill(worker: Worker): void {
    this.workers.delete(worker.lease.leaseId);
    for (const task of this.tasks.lost(worker.lease)) {
      const mayHaveBegun = !worker.claims || task.begun > 0;
      assert.ok(mayHaveBegun || task.wasStranded, "what has not begun is not lost");
      task.fate = "lost";
      this.tasks.finished(task, undefined);
    }
  }

  cancel(task: TestTask): void {
    if (task.state === "done") return;
    if (task.state === "pushed") {
      const isBegun = task.begun > 0;
      const { claims } = this.workers.get(task.lease!.leaseId)!;
      assert.equal(this.tasks.takeDown(task), claims && !isBegun);
      if (!claims || isBegun) return;
    }
    this.tasks.abandon(task);
    task.fate = "cancelled";
  }

  dispatch(): void {
    this.tasks.dispatch(0);
    this.tasks.validate();
  }
}

test("what is queued behind a task that blocks is taken back, in its order, and runs once", () => {
  const submitter = new Submitter();
  const [blocked, other] = [submitter.grant(), submitter.grant()];
  for (let i = 0; i < 8; i++) submitter.submit();
  submitter.dispatch();
  submitter.step(blocked);
  assert.equal(submitter.tasks.look(), true);
  while (other.inbox.size > 0) submitter.step(other);
  while (other.begun.length > 0) submitter.finish(other);
  submitter.dispatch();
  assert.equal(submitter.tasks.look(), false);
  assert.equal(blocked.lease.inFlight, 1);
  const later = submitter.submit();
  submitter.dispatch();
  const numbers = submitter.takenBackNumbers.toSorted((a, b) => a - b);
  const pushed = [...other.inbox].map(({ task }) => task.number);
  assert.deepEqual(pushed, [...numbers, later.number], "ahead of later ones");
  while (other.inbox.size > 0) submitter.step(other);
  while (other.begun.length > 0) submitter.finish(other);
  submitter.finish(blocked);
  while (blocked.inbox.size > 0) submitter.step(blocked);
  assert.ok(submitter.all.every(({ begun, fate }) => begun === 1 && fate === "done"));
  assert.equal(submitter.tasks.pending, 0);
});

test("a lease of which nothing is left is kept, and gets nothing, until its worker gets on", () => {
  const submitter = new Submitter();
  const frozen = submitter.grant();
  const task = submitter.submit();
  submitter.dispatch();
  submitter.tasks.look();
  submitter.tasks.look();
  submitter.dispatch();
  assert.deepEqual([task.state, frozen.lease.inFlight], ["queued", 0]);
  assert.equal(submitter.wanted, 2, "another lease is wanted for it");
  submitter.cancel(task);
  submitter.tasks.trim(Infinity, 0);
  submitter.dispatch();
  assert.equal(submitter.workers.size, 1, "it is of no use to anybody else");
  const next = submitter.submit();
  submitter.dispatch();
  assert.equal(next.state, "queued");
  submitter.step(frozen);
  submitter.dispatch();
  assert.equal(next.state, "pushed");
});

test("a worker that gets on is left alone, and so is a lease that has just got its task", () => {
  const submitter = new Submitter();
  const worker = submitter.grant();
  for (let round = 0; round < 5; round++) {
    submitter.submit();
    submitter.submit();
    submitter.dispatch();
    assert.equal(submitter.tasks.look(), true);
    submitter.step(worker);
    submitter.finish(worker);
    assert.equal(submitter.tasks.look(), true);
    submitter.step(worker);
    submitter.finish(worker);
  }
  assert.equal(submitter.tasks.look(), false, "nothing is in flight");
  assert.deepEqual(submitter.takenBackNumbers, []);
});

test("taken back from where nothing has begun, a task then waits for its worker", () => {
  const submitter = new Submitter();
  const frozen = [submitter.grant(), submitter.grant()];
  const task = submitter.submit();
  for (let round = 0; round < 4; round++) {
    submitter.dispatch();
    submitter.tasks.look();
  }
  assert.deepEqual(submitter.takenBackNumbers, [task.number]);
  assert.equal(task.state, "pushed");
  for (const worker of frozen) submitter.step(worker);
  assert.equal(task.begun, 1);
});

test("of tasks in line one of which ends workers before it begins, that one is found", () => {
  const submitter = new Submitter();
  for (let i = 0; i < 6; i++) submitter.submit();
  const poison = submitter.all[2]!;
  let deaths = 0;
  for (let round = 0; submitter.tasks.pending > 0; round++) {
    assert.ok(round < 100, `${submitter.tasks.pending} tasks never end`);
    if (submitter.workers.size < submitter.wanted) submitter.grant();
    submitter.dispatch();
    for (const worker of [...submitter.workers.values()]) {
      if ([...worker.inbox].some(({ task }) => task === poison)) {
        deaths++;
        submitter.kill(worker);
      } else {
        submitter.step(worker);
        submitter.finish(worker);
      }
    }
  }
  const lost = submitter.all.filter(({ fate }) => fate === "lost");
  assert.deepEqual([lost, deaths], [[poison], 2]);
});

const steps = fc.array(fc.record({ act: fc.nat(99), pick: fc.nat(999) }), {
  maxLength: 150,
  size: "max",
});

function apply(submitter: Submitter, act: number, pick: number): void {
  const workers = [...submitter.workers.values()];
  const worker = workers[pick % Math.max(1, workers.length)];
  const task = submitter.all[pick % Math.max(1, submitter.all.length)];
  if (act < 30) for (let i = 0; i < 1 + (pick % 5); i++) submitter.submit(pick % 2);
  else if (act < 36) submitter.grant(pick % 4 !== 0);
  else if (worker === undefined || task === undefined) return;
  else if (act < 60) submitter.step(worker);
  else if (act < 75) submitter.finish(worker);
  else if (act < 87) submitter.tasks.look();
  else if (act < 92) submitter.cancel(task);
  else if (act < 96) submitter.kill(worker);
  else submitter.tasks.reclaim(worker.lease, pick % 2 === 0 ? 0 : -1_000);
}

test("random histories: each task begins once, is cancelled before it begins, or is lost", () => {
  fc.assert(
    fc.property(steps, (history) => {
      const submitter = new Submitter();
      for (const { act, pick } of history) {
        apply(submitter, act, pick);
        submitter.dispatch();
      }
      for (let round = 0; submitter.tasks.pending > 0; round++) {
        assert.ok(round < 2_000, `${submitter.tasks.pending} tasks never end`);
        if (submitter.workers.size < submitter.wanted) submitter.grant();
        for (const worker of [...submitter.workers.values()]) {
          submitter.step(worker);
          submitter.finish(worker);
        }
        submitter.tasks.look();
        submitter.dispatch();
      }
      for (const { number, begun, fate, lease, wasStranded } of submitter.all) {
        const mayBe = { open: [], done: [1], lost: [0, 1], cancelled: [0] }[fate] as number[];
        assert.ok(mayBe.includes(begun), `${number} is ${fate}, has begun ${begun} times`);
        if (fate !== "lost" || begun > 0 || wasStranded) continue;
        assert.equal(lease!.canClaim, false);
      }
    }),
    { numRuns: 1_000, includeErrorInReport: true },
  );
});
