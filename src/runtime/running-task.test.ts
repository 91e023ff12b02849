/** What becomes of the calls of a task that is cancelled, also more than once. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Cancellation } from "./pending-call.ts";
import type { Runtime } from "./runtime.ts";
import { RunningTask, type TaskReply, type TaskSpec, type WaitListener } from "./running-task.ts";

/** A task, and how what it has called was cancelled, each time. */
function taskAndCancels(): { task: RunningTask; cancels: Cancellation[] } {
  const cancels: Cancellation[] = [];
  const cancelling = {
    cancelCallsOf: (caller: RunningTask, cancellation: Cancellation) => {
      assert.equal(caller, task);
      cancels.push(cancellation);
    },
  };
  const spec = { number: 1, submitterId: 1, extras: { depth: 0 } } as TaskSpec;
  const body = { name: "body", estimateUs: undefined, callable: undefined };
  const [reply, listener] = [{} as TaskReply, {} as WaitListener];
  const runtime = { calls: { cancelling } } as unknown as Runtime;
  const task = new RunningTask(runtime, spec, body, [], reply, listener);
  return { task, cancels };
}

function cancellation(reason: string, isForced: boolean, isRecursive = true): Cancellation {
  return { reason, isForced, isRecursive };
}

test("its calls are reached once, and once more with more force", () => {
  const { task, cancels } = taskAndCancels();
  const asked = cancellation("first", false);
  task.cancel(asked);
  task.cancel(cancellation("second", false));
  task.endCalls("third");
  assert.deepEqual(cancels, [asked]);
  const forced = cancellation("fourth", true);
  task.cancel(forced);
  task.cancel(cancellation("fifth", true));
  task.cancel(asked);
  assert.deepEqual(cancels, [asked, forced]);
  assert.equal(task.signal.reason, "first");
});

test("a second cancellation reaches what the first one has spared", () => {
  const { task, cancels } = taskAndCancels();
  task.cancel(cancellation("first", true, false));
  assert.deepEqual(cancels, []);
  const second = cancellation("second", false);
  task.cancel(second);
  assert.deepEqual(cancels, [second]);
  assert.equal(task.signal.reason, "first");
});

test("one that is not cancelled may call again, and end that as well", () => {
  const { task, cancels } = taskAndCancels();
  task.endCalls("first");
  task.endCalls("second");
  assert.deepEqual(
    cancels.map(({ reason, isForced, isRecursive }) => [reason, isForced, isRecursive]),
    [
      ["first", false, true],
      ["second", false, true],
    ],
  );
});
