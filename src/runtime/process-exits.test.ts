import assert from "node:assert/strict";
import { test } from "node:test";
import type { Timer } from "../base/clock.ts";
import { STDERR_TAIL_LINES } from "../base/limits.ts";
import type { ExitNotice } from "./daemon-messages.ts";
import { DRIVER_ID } from "./identity.ts";
import { ProcessExits } from "./process-exits.ts";
import { systemClock } from "./system.ts";

const WORKER_ID = 7;
const NOTICE: ExitNotice = {
  ...{ processId: WORKER_ID, pid: 100, exitCode: 3, stderrTail: ["last"], reason: undefined },
};
const ITSELF = { pid: 0, stderrTail: [], reason: undefined };

/** A process that is linked to others, and what it hears of their ends. */
class Observer {
  readonly connected = new Set([WORKER_ID, DRIVER_ID]);
  readonly gone = new Set<number>();
  readonly killed: string[] = [];
  readonly over: [exit: ExitNotice, wasCutOff: boolean][] = [];
  readonly #timers = new Map<Timer, () => void>();
  readonly exits = new ProcessExits({
    clock: {
      ...systemClock,
      setTimeout: (job) => {
        const timer: Timer = { unref: () => timer, refresh: () => timer };
        this.#timers.set(timer, job);
        return timer;
      },
      clearTimeout: (timer) => void (timer && this.#timers.delete(timer)),
      setImmediate: (job) => job(),
    },
    isConnected: (processId) => this.connected.has(processId),
    isGone: (processId) => this.gone.has(processId),
    kill: (processId, reason) => this.killed.push(`${processId}: ${reason}`),
    over: (...exit) => this.over.push(exit),
  });

  close(processId: number): void {
    this.connected.delete(processId);
    this.exits.linksClosed(processId);
  }

  /** Longer than anything waits. */
  passTime(): void {
    for (const [timer, job] of [...this.#timers]) {
      this.#timers.delete(timer);
      job();
    }
  }
}

test("a process is over once it was announced and its links have closed, in either order", () => {
  for (const isAnnouncedFirst of [true, false]) {
    const observer = new Observer();
    const steps = [() => observer.exits.announced(NOTICE), () => observer.close(WORKER_ID)];
    const [first, second] = isAnnouncedFirst ? steps : steps.reverse();
    first!();
    assert.deepEqual(observer.over, []);
    second!();
    observer.passTime();
    assert.deepEqual(observer.over, [[NOTICE, false]]);
    assert.deepEqual(observer.killed, []);
  }
});

test("one that this process was never linked to is over when it is announced", () => {
  const observer = new Observer();
  const stranger = { ...NOTICE, processId: 8 };
  observer.exits.announced(stranger);
  assert.deepEqual(observer.over, [[stranger, false]]);
});

test("links that close while the process lives: it is ended, then it is over", () => {
  const observer = new Observer();
  observer.close(WORKER_ID);
  observer.passTime();
  assert.deepEqual(observer.killed, [`${WORKER_ID}: its link was closed`]);
  assert.deepEqual(observer.over, []);
  observer.exits.announced(NOTICE);
  assert.deepEqual(observer.over, [[NOTICE, true]]);
});

test("nobody announces the end of the driver, or one that was told before", () => {
  const observer = new Observer();
  observer.gone.add(WORKER_ID);
  for (const processId of [DRIVER_ID, WORKER_ID]) observer.close(processId);
  observer.passTime();
  const unannounced = [DRIVER_ID, WORKER_ID].map((processId) => [{ processId, ...ITSELF }, false]);
  assert.deepEqual(observer.over, unannounced);
  assert.deepEqual(observer.killed, []);
});

test("the last lines that it has written come with its end, whoever has heard them", () => {
  const observer = new Observer();
  const lines = Array.from({ length: STDERR_TAIL_LINES + 5 }, (_, index) => `line ${index}`);
  for (const line of lines) observer.exits.wrote(WORKER_ID, `${line}\n`);
  observer.exits.wrote(8, "of another");
  observer.close(WORKER_ID);
  observer.exits.announced(NOTICE);
  const stderrTail = [...lines.slice(-STDERR_TAIL_LINES + 1), "last"];
  assert.deepEqual(observer.over, [[{ ...NOTICE, stderrTail }, false]]);
});

test("when the runtime has ended nobody is waited for", () => {
  const observer = new Observer();
  observer.close(WORKER_ID);
  observer.exits.end();
  observer.passTime();
  assert.deepEqual([observer.over, observer.killed], [[], []]);
});
