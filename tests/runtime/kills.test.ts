/**
 * Workers that are killed again and again while there is load: nothing is lost.
 * Processes only: inline there is nothing to kill.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { remote } from "mobula";
import { useRuntime } from "../support/runtime.ts";

const fixture = useRuntime({ logToDriver: false });

const LANES = 8;
const KILLS = 10;

/** Each lane makes one call after the other until all kills are done. */
async function underLoad(
  call: (n: number) => PromiseLike<number>,
  killAll: () => Promise<void>,
): Promise<number[]> {
  const answers: number[] = [];
  let [isOver, next] = [false, 0];
  const lane = async (): Promise<void> => {
    while (!isOver) {
      const n = next++;
      const answer = await call(n);
      assert.equal(answer, 2 * n);
      answers.push(n);
    }
  };
  const lanes = Promise.all(Array.from({ length: LANES }, lane));
  await killAll().finally(() => (isOver = true));
  await lanes;
  assert.deepEqual(
    answers.sort((a, b) => a - b),
    Array.from({ length: next }, (_, n) => n),
  );
  return answers;
}

/** A worker may have ended since for another reason: nothing keeps it. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

test("the worker of a task is killed ten times: all tasks give their results", async () => {
  const double = remote((n: number) => 2 * n, { maxRetries: Infinity });
  const pidOf = remote(() => process.pid, { maxRetries: Infinity });
  await underLoad(double, async () => {
    for (let kills = 0; kills < KILLS; kills++) {
      const pid = await pidOf();
      killIfThere(pid);
      await fixture.gone(pid);
    }
  });
});

test("an actor is killed ten times: each call is answered, each once", async () => {
  class Doubler {
    double(n: number): number {
      return 2 * n;
    }
    pid(): number {
      return process.pid;
    }
  }
  const options = { maxRestarts: Infinity, maxTaskRetries: Infinity };
  using actor = new (remote(Doubler, options))();
  const lives = new Set<number>();
  await underLoad(
    (n) => actor.double(n),
    async () => {
      for (let kills = 0; kills < KILLS; kills++) {
        const pid = await actor.pid();
        lives.add(pid);
        process.kill(pid, "SIGKILL");
        // The answer that names the next life comes from it.
        while ((await actor.pid()) === pid);
      }
    },
  );
  assert.equal(lives.size, KILLS);
});
