/**
 * Where actors live and what they hold there: a process of their own, cores, resources, variables.
 * Processes only: inline, all of it is one process.
 */

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { kill, remote, type ActorHandle, type ObjectRef } from "mobula";
import { formatCores, usableCores } from "../../src/worker/affinity.ts";
import { announce, takePermit } from "../support/rendezvous.mjs";
import { useRuntime } from "../support/runtime.ts";

const fixture = useRuntime({ resources: { gpu: 1 }, logToDriver: false });

class Place {
  pid(): number {
    return process.pid;
  }
  variable(name: string): string | undefined {
    return process.env[name];
  }
  async pidOfTask(): Promise<number> {
    return await remote(() => process.pid)();
  }
  heapLimit(): Promise<number> {
    return import("node:v8").then((v8) => v8.getHeapStatistics().heap_size_limit);
  }
  /** Starts the threads of the pool, and one more. */
  async startThreads(): Promise<void> {
    const { readFile } = await import("node:fs/promises");
    const { Worker } = await import("node:worker_threads");
    await Promise.all(Array.from({ length: 8 }, () => readFile("/proc/self/status")));
    const worker = new Worker("require('worker_threads').parentPort.on('message', () => {})", {
      eval: true,
    });
    await new Promise((resolve) => worker.once("online", resolve));
  }
}
const RemotePlace = remote(Place);
const cores = usableCores() ?? [];
const linuxOnly = {
  skip:
    (process.platform !== "linux" || process.env["MOBULA_PORTABLE"] === "1") &&
    "this platform has no call for it",
};

/** The cores of each of a process' threads. */
function coresOf(pid: number): Set<string> {
  const threads = readdirSync(`/proc/${pid}/task`).map((threadId) => {
    const status = readFileSync(`/proc/${pid}/task/${threadId}/status`, "utf8");
    return /^Cpus_allowed_list:\s*(.*)$/m.exec(status)![1]!;
  });
  assert(threads.length > 4, `${threads.length} threads`);
  return new Set(threads);
}

/** How much of a resource nobody holds. */
async function available(resource: string): Promise<number | undefined> {
  return (await fixture.runtime.resources()).available[resource];
}

test("each actor has a process of its own; its tasks run elsewhere", async () => {
  using one = new RemotePlace();
  using other = new RemotePlace();
  const pids = await Promise.all([one.pid(), other.pid(), one.pid(), other.pid()]);
  assert.deepEqual([pids[0], pids[1]], [pids[2], pids[3]]);
  const taskPid = await one.pidOfTask();
  assert.equal(new Set([process.pid, pids[0], pids[1], taskPid]).size, 4);
});

test("an actor holds no core unless it says so; more of them than there are cores", async () => {
  const places = Array.from({ length: 5 }, () => new RemotePlace());
  await Promise.all(places.map((place) => place.pid()));
  assert.equal(await available("CPU"), 2);
  assert.equal(await remote(() => 1)(), 1);
  await Promise.all(places.map((place) => kill(place)));
});

test("cores and resources are held while it lives, and are free when it is gone", async () => {
  const [events, permits] = [fixture.sandbox.events(), fixture.sandbox.permits()];
  class Announcing extends Place {
    constructor(events: string) {
      super();
      announce(events, "made");
    }
  }
  const held = new (RemotePlace.options({ numCpus: 1.5, resources: { gpu: 1 } }))();
  await held.pid();
  assert.deepEqual([await available("CPU"), await available("gpu")], [0.5, 0]);
  const waiting = new (remote(Announcing, { resources: { gpu: 0.5 } }))(events.path);
  const pid = waiting.pid();
  const task = remote(async (events: string, permits: string) => {
    announce(events, "runs");
    await takePermit(permits);
  }).options({ numCpus: 0.5 });
  const running = task(events.path, permits.path);
  assert.equal(await events.next(), "runs");
  assert.deepEqual(events.pending, []);
  await kill(held);
  assert.equal(await events.next(), "made");
  assert.equal(typeof (await pid), "number");
  permits.give();
  await running;
  await kill(waiting);
});

test("an actor that holds all cores awaits tasks: they have them meanwhile", async () => {
  const cores = (await fixture.runtime.resources()).total["CPU"]!;
  using place = new (RemotePlace.options({ numCpus: cores, resources: { gpu: 1 } }))();
  const pid = await place.pid();
  for (let round = 0; round < 5; round++) assert.notEqual(await place.pidOfTask(), pid);
  assert.equal(await available("gpu"), 0);
});

test("resources come back after a crash, and are held again by the next life", async () => {
  class Crashing extends Place {
    leave(): never {
      process.exit(1);
    }
  }
  const options = { numCpus: 1, resources: { gpu: 1 }, maxRestarts: 1 };
  const crashing = new (remote(Crashing, options))();
  await assert.rejects(crashing.leave(), { name: "ActorUnavailableError" });
  await crashing.pid();
  assert.deepEqual([await available("CPU"), await available("gpu")], [1, 0]);
  await assert.rejects(crashing.leave(), { name: "ActorDiedError" });
});

test("what no machine has is refused by the first call, with what there is", async () => {
  for (const [options, text] of [
    [{ numCpus: 64 }, /CPU/],
    [{ resources: { tpu: 1 } }, /tpu/],
  ] as const) {
    const place = new (RemotePlace.options(options))();
    const refs = [place.pid(), place.pid()];
    for (const ref of refs) {
      await assert.rejects(ref, { name: "UnschedulableError", message: text });
    }
    place[Symbol.dispose]();
  }
});

test("variables of the environment: of this actor alone", async () => {
  using one = new (RemotePlace.options({ env: { PLACE: "one", EMPTY: "" } }))();
  using other = new (RemotePlace.options({ env: { PLACE: "other" } }))();
  using none = new RemotePlace();
  const values = [one, other, none].map((place) => place.variable("PLACE"));
  assert.deepEqual(await Promise.all(values), ["one", "other", undefined]);
  assert.equal(await one.variable("EMPTY"), "");
  assert.equal(await one.variable("PATH"), process.env["PATH"]);
});

test("memoryBytes is the limit of its heap, and is held", async () => {
  const { total } = await fixture.runtime.resources();
  const memoryBytes = 128 * 2 ** 20;
  using place = new (RemotePlace.options({ memoryBytes }))();
  const limit = await place.heapLimit();
  assert(limit >= memoryBytes && limit < 2 * memoryBytes, `${limit}`);
  assert.equal(await available("memory"), total["memory"]! - memoryBytes);
});

test("all threads are on the cores that were asked for", linuxOnly, async () => {
  for (const cpuAffinity of [[cores.at(-1)!], cores]) {
    using place = new (RemotePlace.options({ cpuAffinity }))();
    await place.startThreads();
    assert.deepEqual(coresOf(await place.pid()), new Set([formatCores(cpuAffinity)]));
  }
});

test("the constructor runs on the cores already, and the next life does", linuxOnly, async () => {
  const cpuAffinity = [cores[0]!];
  class Early {
    readonly #pid: number;
    readonly #status: string;
    constructor() {
      this.#pid = process.pid;
      this.#status = process.getBuiltinModule("node:fs").readFileSync("/proc/self/status", "utf8");
    }
    cores(): string {
      return /^Cpus_allowed_list:\s*(.*)$/m.exec(this.#status)![1]!;
    }
    leave(): never {
      process.exit(this.#pid > 0 ? 1 : 2);
    }
  }
  using early = new (remote(Early, { cpuAffinity, maxRestarts: 1 }))();
  assert.equal(await early.cores(), formatCores(cpuAffinity));
  await assert.rejects(early.leave(), { name: "ActorUnavailableError" });
  assert.equal(await early.cores(), formatCores(cpuAffinity));
});

test(
  "cores that the machine does not have: each call says which there are",
  linuxOnly,
  async () => {
    const outside = cores.at(-1)! + 7;
    const place = new (RemotePlace.options({ cpuAffinity: [outside] }))();
    const refs = [place.pid(), place.pid()];
    const settled = await Promise.allSettled([...refs, place.pid()]);
    for (const one of settled) {
      assert(one.status === "rejected");
      const { name, message } = one.reason as Error;
      const noun = cores.length === 1 ? "core" : "cores";
      assert.equal(name, "EnvironmentSetupError");
      assert.equal(
        message,
        `Cannot pin the process to core ${outside}: this machine lets it use ${noun} ` +
          `${formatCores(cores)}; choose cpuAffinity from these`,
      );
    }
    place[Symbol.dispose]();
  },
);

test("calls go to the instance that they are made of", async () => {
  class Shard {
    readonly #name: string;
    #seen = 0;
    constructor(name: string) {
      this.#name = name;
    }
    see(): string {
      return `${this.#name}${++this.#seen}`;
    }
  }
  const RemoteShard = remote(Shard);
  const shards: ActorHandle<Shard>[] = ["a", "b", "c"].map((name) => new RemoteShard(name));
  const refs: ObjectRef<string>[] = [];
  for (let i = 0; i < 9; i++) refs.push(shards[i % 3]!.see());
  assert.deepEqual(await Promise.all(refs), ["a1", "b1", "c1", "a2", "b2", "c2", "a3", "b3", "c3"]);
  await Promise.all(shards.map((shard) => kill(shard)));
});
