import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { demandOf } from "./resources.ts";
import { TaskQueue } from "./task-queue.ts";
import { SchedulingClass, type Task } from "./scheduling-class.ts";

const schedulingClass = new SchedulingClass(1, {
  demand: demandOf({ CPU: 1 }),
  environment: "",
  isExclusive: false,
  isRetriable: true,
  leasesMax: 1,
});

function taskOf(number: number, priority: number): Task {
  const profile = { estimateUs: undefined };
  const lease = undefined;
  return {
    number,
    priority,
    profile,
    schedulingClass,
    lease,
    state: "queued",
    expectedUs: 0,
    posting: 0,
    wasStranded: false,
    ahead: undefined,
    behind: undefined,
  };
}

const names = ["push", "push", "push", "shift", "takeNewest", "withdraw", "look"] as const;
type Step = readonly [name: (typeof names)[number], pick: number];

/** The twin is a list in the order of the calls. */
function run(steps: readonly Step[]): void {
  const queue = new TaskQueue();
  let twin: Task[] = [];
  let count = 0;
  const take = (task: Task | undefined): void => {
    twin = twin.filter((other) => other !== task);
  };
  for (const [name, pick] of steps) {
    const top = Math.max(...twin.map(({ priority }) => priority));
    const best = twin.filter(({ priority }) => priority === top);
    if (name === "push") {
      const task = taskOf(++count, [0, 0, 5, -1, 2.5][pick % 5]!);
      queue.push(task);
      twin.push(task);
    } else if (name === "shift") {
      assert.equal(queue.shift(), best[0]);
      take(best[0]);
    } else if (name === "takeNewest") {
      assert.equal(queue.takeNewest(), best.at(-1));
      take(best.at(-1));
    } else if (name === "withdraw") {
      const task = twin[pick % Math.max(1, twin.length)];
      if (task === undefined) continue;
      task.state = "done";
      queue.withdraw();
      take(task);
    } else {
      assert.equal(queue.newest(), best.at(-1));
      assert.equal(queue.first(), best[0]);
      if (twin.length > 0) assert.equal(queue.topPriority, top);
    }
    assert.equal(queue.size, twin.length);
    queue.validate();
  }
  const left = Array.from({ length: twin.length }, () => queue.shift());
  assert.deepEqual(
    left,
    [...twin].sort((a, b) => b.priority - a.priority),
  );
  assert.equal(queue.shift(), undefined);
}

test("higher priority first, then the order of the calls, whoever is withdrawn", () => {
  const step = fc.tuple(fc.constantFrom(...names), fc.nat(99));
  fc.assert(fc.property(fc.array(step, { maxLength: 200, size: "max" }), run), { numRuns: 1_000 });
});

test("withdrawn tasks do not pile up", () => {
  const queue = new TaskQueue();
  const first = taskOf(0, 0);
  queue.push(first);
  const refs: WeakRef<Task>[] = [];
  for (let number = 1; number <= 1_000; number++) {
    const task = taskOf(number, 0);
    queue.push(task);
    task.state = "done";
    queue.withdraw();
    refs.push(new WeakRef(task));
  }
  queue.validate();
  assert.equal(queue.size, 1);
  assert.equal(queue.shift(), first);
});
