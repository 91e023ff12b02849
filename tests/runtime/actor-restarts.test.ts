/**
 * Actors whose process has crashed begin anew: the constructor, and calls that were interrupted.
 * Processes only: inline, a crash is the program's own.
 */

import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { ActorDiedError, context, kill, remote, type ActorHandle, type ObjectRef } from "mobula";
import { announce, takePermit, takePermitSync } from "../support/rendezvous.mjs";
import { useRuntime } from "../support/runtime.ts";
import { eventually } from "../support/within.ts";

const fixture = useRuntime({ logToDriver: false });

class Service {
  #n = 0;
  constructor(events?: string) {
    if (events !== undefined) announce(events, `made ${process.pid}`);
  }
  add(): number {
    return ++this.#n;
  }
  pid(): number {
    return process.pid;
  }
  leave(code: number, lines = 0): never {
    for (let i = 1; i <= lines; i++) console.error(`line ${i}`);
    process.exit(code);
  }
  async hold(events: string, permits: string): Promise<number> {
    announce(events, "holds");
    await takePermit(permits);
    return this.add();
  }
  block(events: string): never {
    announce(events, "blocks");
    for (;;);
  }
  async leaveAfter(events: string, permits: string): Promise<never> {
    announce(events, "holds");
    await takePermit(permits);
    return process.exit(4);
  }
}
const RemoteService = remote(Service);
type Handle = ActorHandle<Service>;

function pipes() {
  return { events: fixture.sandbox.events(), permits: fixture.sandbox.permits() };
}

async function failureOf(ref: ObjectRef<unknown>): Promise<Error> {
  const [settled] = await Promise.allSettled([ref]);
  assert(settled.status === "rejected", "it did not fail");
  return settled.reason as Error;
}

async function deathOf(ref: ObjectRef<unknown>): Promise<ActorDiedError> {
  const error = await failureOf(ref);
  assert(error instanceof ActorDiedError, String(error));
  return error;
}

/** What a text of an actor's death says, less what differs each time. */
function textOf({ message, actorId }: ActorDiedError): string {
  return message
    .replaceAll(actorId, "A")
    .replace(/process \d+/, "process P")
    .replace(/ \(resident \d+ MiB\)/, "");
}

test("maxRestarts: the constructor runs again with the arguments of the first time", async () => {
  class Store {
    readonly #values: number[];
    #made: number;
    constructor(values: number[], made: string) {
      this.#values = values;
      this.#made = 0;
      writeFileSync(made, "x", { flag: "a" });
    }
    push(value: number): number[] {
      this.#values.push(value);
      this.#made++;
      return this.#values;
    }
    crash(): never {
      process.exit(5);
    }
  }
  const made = fixture.sandbox.newPath();
  const argument = remote(() => [1, 2])();
  using store = new (remote(Store, { maxRestarts: 2 }))(argument, made);
  for (let life = 1; life <= 3; life++) {
    assert.deepEqual(await store.push(3), [1, 2, 3]);
    assert.deepEqual(await store.push(4), [1, 2, 3, 4]);
    const error = await failureOf(store.crash());
    if (life === 3) assert(error instanceof ActorDiedError);
    else {
      assert.equal(error.name, "ActorUnavailableError");
      assert.equal(
        textOf(error as ActorDiedError),
        "Cannot finish Store.crash: actor A is being restarted, its process P exited with code " +
          "5; the call may have run in part: call it again, or give the actor maxTaskRetries",
      );
    }
  }
  assert.equal(
    textOf(await deathOf(store.push(1))),
    "Cannot call Store.push: actor A is dead, its process P exited with code 5, after it was " +
      "restarted 2 times; create a new one, or let it restart more often with maxRestarts",
  );
});

test("a restart: calls that wait go to the new life, in their order", async () => {
  const { events, permits } = pipes();
  using service = new (RemoteService.options({ maxRestarts: 1 }))(events.path);
  await events.next();
  const crash = service.leaveAfter(events.path, permits.path);
  await events.take("holds");
  const late = remote(async (permits: string) => await takePermit(permits))(permits.path);
  const waiting = service.hold(events.path, late as unknown as string);
  const after = service.add();
  permits.give(1);
  assert.equal((await failureOf(crash)).name, "ActorUnavailableError");
  assert.match(await events.next(), /^made \d+$/);
  permits.give(1);
  await late;
  await failureOf(waiting);
  assert.equal(await after, 1);
});

test("maxTaskRetries: what a crash interrupted runs again, before later calls", async () => {
  const { events } = pipes();
  class Flaky {
    readonly #log: unknown[] = [];
    tryOnce(events: string, marker: string): unknown[] {
      announce(events, "tried");
      this.#log.push("tried");
      if (existsSync(marker)) return this.#log;
      writeFileSync(marker, "");
      return process.exit(6);
    }
    crash(events: string): never {
      announce(events, "crashes");
      return process.exit(7);
    }
    note(value: unknown): unknown[] {
      this.#log.push(value);
      return this.#log;
    }
  }
  const marker = fixture.sandbox.newPath();
  using flaky = new (remote(Flaky, { maxRestarts: 5, maxTaskRetries: 2 }))();
  await flaky.note("lost with the first life");
  const refs = [flaky.tryOnce(events.path, marker), flaky.note("after")];
  assert.deepEqual(await refs[0], ["tried"]);
  assert.deepEqual(await refs[1], ["tried", "after"]);
  const failing = flaky.crash(events.path);
  assert.equal(
    textOf((await failureOf(failing)) as ActorDiedError),
    "Cannot finish Flaky.crash: actor A is being restarted, its process P exited with code 7, in " +
      "the last of 3 runs of the call; the call may have run in part: call it again, or give the " +
      "actor more maxTaskRetries",
  );
  await eventually(() => (events.pending.length < 5 ? "there are more" : undefined));
  assert.deepEqual(events.pending, ["tried", "tried", "crashes", "crashes", "crashes"]);
  assert.deepEqual(await flaky.note("on"), ["on"]);
});

test("context().attempt: which run of a call it is, and which life of the actor", async () => {
  class Trying {
    readonly #life = context().attempt;
    async try(works: number): Promise<number[]> {
      const { attempt } = context();
      if (attempt < works) process.exit(attempt);
      return [await this.life(), attempt];
    }
    life(): Promise<number> {
      return Promise.resolve(this.#life);
    }
    *stream(): Generator<number> {
      yield context().attempt;
      process.exit(8);
    }
  }
  using trying = new (remote(Trying, { maxRestarts: Infinity, maxTaskRetries: Infinity }))();
  assert.deepEqual(await trying.try(1), [1, 1]);
  assert.deepEqual(await trying.try(3), [3, 3]);
  // Each call has its own; a named one as well.
  assert.deepEqual(await trying.try.options({ name: "named" })(2), [4, 2]);
  assert.deepEqual(await trying.try(1), [4, 1]);
  const attempts: number[] = [];
  const reading = async (): Promise<void> => {
    for await (const attempt of trying.stream()) attempts.push(attempt);
  };
  const error = await reading().catch((reason: unknown) => reason as ActorDiedError);
  assert.equal(
    textOf(error!),
    "Cannot finish Trying.stream: actor A is being restarted, its process P exited with code 8; " +
      "elements of it have come, so it does not begin again: call it anew",
  );
  assert.deepEqual(attempts, [1]);
});

test("a restart is seen by everybody: calls of tasks go to the new life", async () => {
  using service = new (RemoteService.options({ maxRestarts: 1 }))();
  class Caller {
    readonly #service: Handle;
    constructor(service: Handle) {
      this.#service = service;
    }
    /** This process may not have heard yet that the former life is over. */
    async add(): Promise<number> {
      for (;;) {
        try {
          return await this.#service.add();
        } catch (error) {
          if ((error as Error).name !== "ActorUnavailableError") throw error;
        }
      }
    }
  }
  using caller = new (remote(Caller))(service);
  assert.deepEqual([await caller.add(), await caller.add()], [1, 2]);
  await failureOf(service.leave(1));
  assert.equal(await caller.add(), 1);
  await failureOf(service.leave(1));
  assert.match(
    (await failureOf(caller.add())).message,
    /is dead, its process \d+ exited with code 1/,
  );
});

test("a constructor that fails when it runs again: every call fails with its error", async () => {
  class Once {
    constructor(marker: string) {
      if (existsSync(marker)) throw new RangeError("only once");
      writeFileSync(marker, "");
    }
    crash(): never {
      process.exit(1);
    }
    ping(): number {
      return 1;
    }
  }
  const once = new (remote(Once, { maxRestarts: 3 }))(fixture.sandbox.newPath());
  assert.equal(await once.ping(), 1);
  await failureOf(once.crash());
  const waiting = once.ping();
  await assert.rejects(waiting, { name: "RangeError", message: "only once" });
  await assert.rejects(once.ping(), { name: "RangeError", message: "only once" });
});

test("kill is final, also for an actor that may restart, and while it does", async () => {
  const { events, permits } = pipes();
  const service = new (RemoteService.options({ maxRestarts: 5 }))(events.path);
  await events.next();
  await kill(service);
  assert.match((await deathOf(service.add())).message, /it was killed/);

  class Held {
    constructor(events: string, permits: string) {
      announce(events, "made");
      takePermitSync(permits);
    }
    leave(): never {
      process.exit(1);
    }
    ping(): number {
      return 1;
    }
  }
  const held = new (remote(Held, { maxRestarts: 5 }))(events.path, permits.path);
  permits.give();
  const crash = held.leave();
  assert.equal(await events.next(), "made");
  assert.equal((await failureOf(crash)).name, "ActorUnavailableError");
  const waiting = held.ping();
  assert.equal(await events.next(), "made");
  await kill(held);
  assert.match((await deathOf(waiting)).message, /it was killed/);
  assert.deepEqual(events.pending, []);
});

test("timeoutMs counts from the start of the run that counts", async () => {
  const { events, permits } = pipes();
  class Slow {
    constructor(marker: string, permits: string) {
      if (existsSync(marker)) takePermitSync(permits);
    }
    run(events: string, marker: string): string {
      announce(events, "runs");
      if (existsSync(marker)) return "done";
      writeFileSync(marker, "");
      return process.exit(1);
    }
  }
  const marker = fixture.sandbox.newPath();
  const options = { maxRestarts: 1, maxTaskRetries: 1 };
  using slow = new (remote(Slow, options))(marker, permits.path);
  using witness = new RemoteService();
  await witness.add();
  // Longer than it takes until it is known that the first run has ended with its process.
  const timeoutMs = 1_500;
  const ref = slow.run.options({ timeoutMs })(events.path, marker);
  await events.take("runs");
  // Its time is up later than that of the first run would be.
  const never = fixture.sandbox.permits();
  const held = witness.hold.options({ timeoutMs })(events.path, never.path);
  await assert.rejects(held, { name: "TaskTimeoutError" });
  never.give();
  permits.give();
  assert.equal(await ref, "done");
});
