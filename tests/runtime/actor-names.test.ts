/** Names of actors: who has one, who finds it, and when it is free again. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { context, getActor, kill, put, remote, type ActorHandle } from "mobula";
import { announce, takePermit } from "../support/rendezvous.mjs";
import { processesOnly, useRuntime } from "../support/runtime.ts";
import { eventually } from "../support/within.ts";

const fixture = useRuntime({ namespace: "tests", logToDriver: false });
const crashes = processesOnly("a process ends");

class Counter {
  #n: number;
  constructor(start = 0) {
    this.#n = start;
  }
  add(k = 1): number {
    return (this.#n += k);
  }
  id(): string {
    return context().actorId!;
  }
  pid(): number {
    return process.pid;
  }
  *list(to: number): Generator<number> {
    for (let n = 0; n < to; n++) yield n;
  }
}
class Other {
  ping(): number {
    return 1;
  }
}
const RemoteCounter = remote(Counter);
type CounterHandle = ActorHandle<Counter>;
const named = (name: string, options = {}): typeof RemoteCounter =>
  RemoteCounter.options({ name, ...options });
const shared = (name: string): typeof RemoteCounter => named(name, { getIfExists: true });

/** Waits until nobody has the name. */
async function free(name: string): Promise<void> {
  await eventually(async () => {
    const found = await getActor(name).then(
      () => true,
      () => false,
    );
    return found ? `${name} is not free` : undefined;
  });
}

test("getActor by name, with the class and with the remote class", async () => {
  using counter = new (named("found"))(5);
  const untyped = await getActor("found");
  const add = (untyped as unknown as CounterHandle).add;
  assert.equal(await add(), 6);
  assert.equal(await (await getActor(Counter, "found")).add(), 7);
  assert.equal(await (await getActor(RemoteCounter, "found")).add(), 8);
  const seen: number[] = [];
  for await (const n of (await getActor(Counter, "found")).list(3)) seen.push(n);
  assert.deepEqual(seen, [0, 1, 2]);
  assert.equal(await counter.add(), 9);
});

test("getActor in a task and from an actor; a handle of it goes anywhere", async () => {
  using counter = new (named("anywhere"))();
  const add = remote(async (name: string) => await (await getActor(Counter, name)).add());
  assert.equal(await add("anywhere"), 1);
  const hand = remote(async (name: string) => [await getActor(Counter, name)]);
  const [handle] = await hand("anywhere");
  assert.equal(await handle!.add(), 2);
  assert.equal(await counter.add(), 3);
});

test("what getActor is told when it asks for what is not there", async () => {
  using counter = new (named("wrong"))();
  await assert.rejects(getActor(Other, "wrong"), {
    name: "InvalidOptionError",
    message:
      'Cannot get actor: its name is "wrong", and that actor is a Counter, no Other; ' +
      'call getActor("name") or getActor(Class, "name")',
  });
  await assert.rejects(getActor("absent", { namespace: "empty" }), {
    name: "ActorNotFoundError",
    message:
      'Cannot get actor "absent": namespace "empty" has no such actor, no actor there has a ' +
      "name; create it first, or look in another namespace",
  });
  await assert.rejects(getActor(""), {
    message:
      'Cannot get actor: its name is "", and it must be a string that is not empty; ' +
      'call getActor("name") or getActor(Class, "name")',
  });
  assert.throws(() => RemoteCounter.options({ name: "" }), { name: "InvalidOptionError" });
  assert.throws(() => RemoteCounter.options({ getIfExists: true }), /is of use with a name only/);
  assert.equal(await counter.add(), 1);
});

test("a name that is taken: the calls say who has it", async () => {
  using first = new (named("taken"))();
  const id = await first.id();
  const second = new (named("taken"))();
  await assert.rejects(second.add(), {
    name: "ActorNameTakenError",
    message:
      `Cannot create actor "taken": actor ${id}, a Counter that process 1 created, has this ` +
      'name in namespace "tests"; choose another name, or get that actor with getIfExists or ' +
      "getActor",
  });
  using elsewhere = new (named("taken", { namespace: "others" }))(10);
  assert.equal(await elsewhere.add(), 11);
  assert.equal(await (await getActor(Counter, "taken", { namespace: "others" })).add(), 12);
  assert.equal(await first.add(), 1);
});

test("names of odd characters", async () => {
  for (const name of ["a/b", "/", "%2F", "🦕", "new\nline", " ", "__proto__", "x".repeat(400)]) {
    using counter = new (named(name, { namespace: "a/b" }))(3);
    assert.equal(await counter.add(), 4);
    const found = await getActor(Counter, name, { namespace: "a/b" });
    assert.equal(await found.add(), 5);
    await assert.rejects(getActor(name), { name: "ActorNotFoundError" });
  }
});

test("free again after kill, after the end of the handle, after a failed constructor", async () => {
  const killed = new (named("again"))();
  await killed.add();
  await kill(killed);
  await free("again");
  {
    await using ended = new (named("again"))(5);
    assert.equal(await ended.add(), 6);
  }
  await free("again");
  class Failing {
    constructor() {
      throw new RangeError("not made");
    }
    ping(): void {}
  }
  const failing = new (remote(Failing).options({ name: "again" }))();
  await assert.rejects(failing.ping(), { message: "not made" });
  await free("again");
  using last = new (named("again"))(7);
  assert.equal(await last.add(), 8);
});

test("free again after a crash, and when its owner's process has ended", crashes, async () => {
  const crashed = new (named("crash"))();
  process.kill(await crashed.pid(), "SIGKILL");
  await assert.rejects(eventually(async () => void (await crashed.add())));
  await free("crash");
  const own = remote(async () => {
    const counter = new (named("crash"))();
    await counter.add();
    process.kill(process.pid, "SIGKILL");
  });
  await assert.rejects(own(), { name: "WorkerCrashedError" });
  await free("crash");
  using again = new (named("crash"))(1);
  assert.equal(await again.add(), 2);
});

test("getIfExists: one actor, whoever comes first; calls keep their order", async () => {
  using first = new (shared("one"))(100);
  using second = new (shared("one"))(200);
  const sums = await Promise.all([1, 2, 3, 4, 5].map((k) => second.add(k)));
  assert.deepEqual(sums, [101, 103, 106, 110, 115]);
  assert.equal(await first.id(), await second.id());
  const pass = remote(async ([handle]: [CounterHandle]) => await handle.add(10));
  const third = new (shared("one"))();
  assert.equal(await pass([third]), 125);
  assert.equal(await first.add(0), 125);
});

test("getIfExists by many processes at once: one actor is made", async () => {
  const permits = fixture.sandbox.permits();
  const events = fixture.sandbox.events();
  using keeper = new (named("keeper"))();
  const join = remote(
    async (events: string, permits: string) => {
      announce(events, "ready");
      await takePermit(permits);
      const counter = new (shared("race"))();
      return [await counter.id(), [counter]] as const;
    },
    { numCpus: 0 },
  );
  const joining = Array.from({ length: 5 }, () => join(events.path, permits.path));
  for (let i = 0; i < 5; i++) await events.take("ready");
  permits.give(5);
  const joined = await Promise.all(joining);
  assert.equal(new Set(joined.map(([id]) => id)).size, 1);
  const sums = await Promise.all(joined.map(([, [counter]]) => counter.add()));
  assert.deepEqual([...sums].sort(), [1, 2, 3, 4, 5]);
  await kill(joined[0]![1][0]);
  assert.equal(await keeper.add(), 1);
});

test("detached, created in a task whose worker then dies: it lives", crashes, async () => {
  const make = remote(async (ref: [ReturnType<typeof put<number>>]) => {
    const counter = new (named("detached", { lifetime: "detached" }))(await ref[0]);
    const sum = await counter.add();
    return [sum, process.pid] as const;
  });
  const [sum, pid] = await make([put(41)]);
  assert.equal(sum, 42);
  process.kill(pid, "SIGKILL");
  await fixture.gone(pid);
  const found = await getActor(Counter, "detached");
  assert.equal(await found.add(), 43);
  await kill(found);
  await free("detached");
});

test("detached, killed by the task that has just created it: it is gone", async () => {
  const make = remote(async () => {
    const counter = new (named("short", { lifetime: "detached" }))();
    await kill(counter);
  });
  await make();
  await free("short");
});

test("detached, and its name is taken: the task is told", async () => {
  using first = new (named("both"))();
  const make = remote(async () => {
    const counter = new (named("both", { lifetime: "detached" }))();
    return await counter.add();
  });
  await assert.rejects(make(), { name: "ActorNameTakenError" });
  const join = remote(async () => {
    const counter = new (named("both", { lifetime: "detached", getIfExists: true }))();
    return await counter.add();
  });
  assert.equal(await join(), 1);
  assert.equal(await first.add(), 2);
});
