/**
 * How actors end, by themselves and by others, and how they begin anew.
 * Processes only: inline, the end of an actor's process would be the program's own.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { ActorDiedError, kill, remote, type ActorHandle, type ObjectRef } from "mobula";
import { collectGarbage } from "../support/garbage.ts";
import { announce, takePermit } from "../support/rendezvous.mjs";
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

test("using: pending calls are done, then the process ends", async () => {
  const { events, permits } = pipes();
  let pid: number;
  let ref: ObjectRef<number>;
  {
    using service = new RemoteService();
    pid = await service.pid();
    ref = service.hold(events.path, permits.path);
  }
  await events.take("holds");
  permits.give();
  assert.equal(await ref, 1);
  await fixture.gone(pid);
});

test("await using waits for the process' end; the class disposes of what it holds", async () => {
  const { events } = pipes();
  class Disposing extends Service {
    readonly #events: string;
    constructor(events: string) {
      super();
      this.#events = events;
    }
    async [Symbol.asyncDispose](): Promise<void> {
      announce(this.#events, "disposing");
      await new Promise(setImmediate);
      announce(this.#events, "disposed");
    }
  }
  let pid: number;
  {
    await using service = new (remote(Disposing))(events.path);
    pid = await service.pid();
  }
  assert.deepEqual([await events.next(), await events.next()], ["disposing", "disposed"]);
  await fixture.gone(pid);
  class Sync {
    [Symbol.dispose](): void {
      announce(events_, "sync");
    }
    ping(): number {
      return 1;
    }
  }
  const events_ = events.path;
  {
    await using service = new (remote(Sync))();
    await service.ping();
  }
  assert.equal(await events.next(), "sync");
});

test("disposal twice, of an actor that is dead, and of one that was never called", async () => {
  const service = new RemoteService();
  service[Symbol.dispose]();
  service[Symbol.dispose]();
  await service[Symbol.asyncDispose]();
  const dead = new RemoteService();
  await deathOf(dead.leave(1));
  await dead[Symbol.asyncDispose]();
  dead[Symbol.dispose]();
});

test("a disposed handle says so; others of the same actor learn of its end", async () => {
  const service = new RemoteService();
  const { again } = await remote((handle: Handle) => ({ again: handle }))(service);
  await service[Symbol.asyncDispose]();
  assert.throws(
    () => service.add(),
    (error: ActorDiedError) => {
      assert(error instanceof ActorDiedError);
      assert.equal(error.code, "ACTOR_DIED");
      assert.equal(
        error.message,
        `Cannot call Service.add: the handle of actor ${error.actorId} is disposed; ` +
          "keep it for as long as the actor is needed",
      );
      return true;
    },
  );
  assert.equal(
    textOf(await deathOf(again.add())),
    "Cannot call Service.add: actor A is dead, its handle was disposed of; create a new one",
  );
});

test("an actor whose handle was collected ends, but not while a call is pending", async () => {
  const { events, permits } = pipes();
  const start = async (): Promise<[number, ObjectRef<number>]> => {
    const service = new RemoteService();
    return [await service.pid(), service.hold(events.path, permits.path)];
  };
  const [pid, ref] = await start();
  await events.take("holds");
  await collectGarbage();
  await collectGarbage();
  permits.give();
  assert.equal(await ref, 1);
  await eventually(async () => {
    await collectGarbage();
    return fixture.sandbox.processes().some((one) => one.pid === pid) ? "it lives" : undefined;
  });
});

test("an actor lives for as long as another process has a handle", async () => {
  class Keeper {
    #kept: Handle | undefined;
    keep(service: Handle): void {
      this.#kept = service;
    }
    async use(): Promise<number> {
      return await this.#kept!.add();
    }
  }
  using keeper = new (remote(Keeper))();
  const start = async (): Promise<number> => {
    const service = new RemoteService();
    await keeper.keep(service);
    return await service.pid();
  };
  const pid = await start();
  await collectGarbage();
  await collectGarbage();
  assert.deepEqual([await keeper.use(), await keeper.use()], [1, 2]);
  await kill(keeper);
  await eventually(async () => {
    await collectGarbage();
    return fixture.sandbox.processes().some((one) => one.pid === pid) ? "it lives" : undefined;
  });
});

test("kill: idle, busy, blocked, twice; it resolves when the process is gone", async () => {
  const { events, permits } = pipes();
  const idle = new RemoteService();
  const pid = await idle.pid();
  await kill(idle);
  await fixture.gone(pid);
  await kill(idle);
  const text = "Cannot call Service.add: actor A is dead, it was killed; create a new one";
  assert.equal(textOf(await deathOf(idle.add())), text);

  const busy = new RemoteService();
  const refs = [busy.hold(events.path, permits.path), busy.add()];
  await events.take("holds");
  await Promise.all([kill(busy), kill(busy)]);
  assert.equal(
    textOf(await deathOf(refs[0]!)),
    "Cannot call Service.hold: actor A is dead, it was killed; create a new one",
  );
  assert.equal(textOf(await deathOf(refs[1]!)), text);

  const blocked = new RemoteService();
  const blocking = blocked.block(events.path);
  const queued = blocked.add();
  await events.take("blocks");
  await kill(blocked);
  await deathOf(blocking);
  assert.equal(textOf(await deathOf(queued)), text);
});

test("kill at once, and while the constructor waits or runs", async () => {
  const { events, permits } = pipes();
  const atOnce = new RemoteService();
  const ref = atOnce.add();
  await kill(atOnce);
  assert.match((await deathOf(ref)).message, /it was killed; create a new one$/);

  const late = remote(async (permits: string) => {
    await takePermit(permits);
    return undefined;
  });
  const argument = late(permits.path);
  const waiting = new RemoteService(argument);
  const call = waiting.add();
  await kill(waiting);
  assert.match((await deathOf(call)).message, /it was killed/);
  permits.give();
  await argument;

  class Endless {
    constructor(events: string) {
      announce(events, String(process.pid));
      for (;;);
    }
    ping(): number {
      return 1;
    }
  }
  const endless = new (remote(Endless))(events.path);
  const never = endless.ping();
  const pid = Number(await events.next());
  await kill(endless);
  await fixture.gone(pid);
  assert.match((await deathOf(never)).message, /it was killed/);
});

test("kill by a task, of an actor that it did not make", async () => {
  const service = new RemoteService();
  const pid = await service.pid();
  await remote(async (handle: Handle) => await kill(handle))(service);
  await fixture.gone(pid);
  assert.match((await deathOf(service.add())).message, /it was killed/);
  const made = await remote(() => new RemoteService())();
  const otherPid = await made.pid();
  await kill(made);
  await fixture.gone(otherPid);
  assert.match((await deathOf(made.add())).message, /it was killed/);
});

test("process.exit: the code and the last lines, for the call and for those after it", async () => {
  const service = new RemoteService();
  const refs = [service.leave(3, 30), service.add()];
  const error = await deathOf(refs[0]!);
  assert.deepEqual([error.exitCode, error.signal], [3, undefined]);
  assert.equal(error.stderrTail?.length, 20);
  const lines = Array.from({ length: 20 }, (_, i) => `\n  line ${i + 11}`).join("");
  const how =
    "actor A is dead, its process P exited with code 3; create a new one, or let it " +
    `restart with maxRestarts\nIts last lines on standard error:${lines}`;
  assert.equal(textOf(error), `Cannot call Service.leave: ${how}`);
  assert.equal(textOf(await deathOf(refs[1]!)), `Cannot call Service.add: ${how}`);
  assert.equal(textOf(await deathOf(service.add())), `Cannot call Service.add: ${how}`);
});

test("a signal from outside, idle and busy", async () => {
  const { events, permits } = pipes();
  const idle = new RemoteService();
  const pid = await idle.pid();
  process.kill(pid, "SIGKILL");
  await fixture.gone(pid);
  await eventually(async () => {
    const error = await failureOf(idle.add());
    return error instanceof ActorDiedError && error.signal === "SIGKILL"
      ? undefined
      : String(error);
  });
  const busy = new RemoteService();
  const busyPid = await busy.pid();
  const refs = [busy.hold(events.path, permits.path), busy.add()];
  await events.take("holds");
  process.kill(busyPid, "SIGKILL");
  for (const ref of refs) {
    const error = await deathOf(ref);
    assert.equal(error.signal, "SIGKILL");
    assert.match(
      textOf(error),
      /actor A is dead, its process P was ended by SIGKILL; create a new/,
    );
  }
});

test("a full heap: the error speaks of it", async () => {
  class Hoard {
    fill(): never {
      const kept: unknown[] = [];
      for (;;) kept.push(new Array(1_000).fill(kept.length));
    }
  }
  const hoard = new (remote(Hoard, { memoryBytes: 64 * 2 ** 20 }))();
  const error = await deathOf(hoard.fill());
  assert.match(
    error.message,
    /Hoard\.fill: actor [\w-]+ is dead, its process \d+ ran out of heap and /,
  );
  assert(error.stderrTail.some((line) => line.includes("heap out of memory")));
});

test("the actors of an actor end with its process, and their calls fail", async () => {
  const { events, permits } = pipes();
  class Parent {
    readonly #child = new RemoteService();
    child(): Handle {
      return this.#child;
    }
    leave(): never {
      process.exit(1);
    }
  }
  const parent = new (remote(Parent))();
  const child = await parent.child();
  const pid = await child.pid();
  const pending = child.hold(events.path, permits.path);
  await events.take("holds");
  await deathOf(parent.leave());
  await fixture.gone(pid);
  await failureOf(pending);
  const error = await deathOf(child.add());
  assert.equal(
    textOf(error),
    "Cannot call Service.add: actor A is dead, the process that created it has ended; " +
      "create a new one",
  );
});

test("many actors, one after the other: each has a process, none stays", async () => {
  const before = fixture.sandbox.pidsOf("mobula worker").length;
  const pids = new Set<number>();
  const one = async (): Promise<void> => {
    await using service = new RemoteService();
    assert.equal(await service.add(), 1);
    pids.add(await service.pid());
  };
  const lane = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      await one();
      const now = fixture.sandbox.pidsOf("mobula worker").length;
      assert(now <= before + 8, `${now} processes`);
    }
  };
  await Promise.all([lane(8), lane(8), lane(8)]);
  assert.equal(pids.size, 24);
});

test("an error outside of any call ends the actor like a crash", async () => {
  class Stray {
    throwLater(events: string): void {
      setTimeout(() => {
        announce(events, "throws");
        throw new Error("nobody catches this");
      }, 0);
    }
    ping(): number {
      return 1;
    }
  }
  const { events } = pipes();
  const stray = new (remote(Stray))();
  await stray.throwLater(events.path);
  await events.take("throws");
  await eventually(async () => {
    const [settled] = await Promise.allSettled([stray.ping()]);
    if (settled.status === "fulfilled") return "it lives";
    assert.match(String(settled.reason), /exited with code 1/);
    assert.match(String(settled.reason), /nobody catches this/);
    return undefined;
  });
});

test("a call that was given up holds nobody: its actor ends with its handle", async () => {
  const { events } = pipes();
  let pid: number;
  {
    await using service = new RemoteService();
    pid = await service.pid();
    const ref = service.block.options({ timeoutMs: 1 })(events.path);
    await assert.rejects(ref, { name: "TaskTimeoutError" });
  }
  await fixture.gone(pid);
});
