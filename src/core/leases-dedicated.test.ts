/** Wishes for a worker of one's own, as actors have it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Leases, type Lease, type LeaseSink, type Wish } from "./leases.ts";
import { demandOf } from "./resources.ts";
import { WorkerPool } from "./worker-pool.ts";

const CORES = 2;
const HARD_LIMIT = 3;
const STARTING_MAX = 2;

class Machine implements LeaseSink {
  readonly pool = new WorkerPool({
    warmWorkers: 1,
    softLimit: CORES + 1,
    hardLimit: HARD_LIMIT,
    startingMax: STARTING_MAX,
    idleMs: 5,
  });
  readonly leases: Leases;
  readonly held = new Map<number, Lease>();
  readonly starting: number[] = [];
  log: string[] = [];
  #nextWorkerId = 10;

  constructor(dedicatedMax?: number) {
    this.leases = new Leases(demandOf({ CPU: CORES, gpu: 1 }), this.pool, this, dedicatedMax);
  }

  grant(lease: Lease): void {
    for (const other of this.held.values()) {
      if (other.workerId !== lease.workerId) continue;
      assert(!lease.isDedicated && !other.isDedicated, `worker ${lease.workerId} is shared`);
    }
    this.held.set(lease.leaseId, lease);
    this.log.push(`${lease.classId} has ${lease.workerId}`);
  }

  reject(): void {
    assert.fail("nothing here is impossible");
  }

  rejectDedicated({ classId }: Wish, dedicatedMax: number): void {
    this.log.push(`${classId} is more than ${dedicatedMax}`);
  }

  reclaim(lease: Lease): void {
    assert(!lease.isDedicated, "an actor's worker is not asked for");
    this.log.push(`reclaim ${lease.workerId}`);
  }

  startWorker(environment: string): void {
    const workerId = this.#nextWorkerId++;
    this.pool.starting(workerId, environment);
    this.starting.push(workerId);
    this.log.push(`start ${workerId}`);
  }

  want(classId: number, wanted: number, isDedicated: boolean, cpus = isDedicated ? 0 : 1): void {
    const wish: Wish = {
      submitterId: 1,
      classId,
      demand: demandOf({ CPU: cpus }),
      environment: "",
      priority: 0,
      isRetriable: true,
      isLong: false,
      isDedicated,
      wanted,
    };
    this.leases.want(wish, 0);
  }

  ready(): void {
    const workerId = this.starting.shift();
    if (workerId !== undefined) this.leases.workerReady(workerId, 0);
  }

  allReady(): void {
    while (this.starting.length > 0) this.ready();
  }

  give({ leaseId }: Lease): void {
    this.held.delete(leaseId);
    this.leases.returned(leaseId, 0);
  }

  exit(workerId: number): void {
    for (const lease of this.held.values()) {
      if (lease.workerId === workerId) this.held.delete(lease.leaseId);
    }
    if (this.starting.includes(workerId)) this.starting.splice(this.starting.indexOf(workerId), 1);
    this.leases.workerExited(workerId, 0);
  }

  leaseOf(classId: number): Lease {
    return [...this.held.values()].find((lease) => lease.classId === classId)!;
  }

  take(): string[] {
    this.leases.validate();
    const { log } = this;
    this.log = [];
    return log;
  }
}

test("an actor's worker is its own: nobody else gets a lease of it, parked or not", () => {
  const machine = new Machine();
  machine.want(1, 1, true);
  machine.allReady();
  machine.leases.parked(machine.leaseOf(1).leaseId, 0);
  assert.equal(machine.leaseOf(1).parked, true);
  assert.deepEqual(machine.take(), ["start 10", "1 has 10"]);
  machine.want(2, 4, false, 0);
  machine.allReady();
  assert.deepEqual(
    machine.take(),
    ["start 11", "start 12", "start 13", "2 has 11", "2 has 12", "2 has 13"],
    "as many for tasks as there would be without the actor",
  );
});

test("parked tasks make room for an actor's cores, but not in their process", () => {
  const machine = new Machine();
  machine.want(1, 2, false);
  machine.allReady();
  machine.take();
  machine.want(2, 1, true, 2);
  assert.deepEqual(machine.take(), ["reclaim 10", "reclaim 11"]);
  for (const { leaseId } of machine.held.values()) machine.leases.parked(leaseId, 0);
  assert.deepEqual(machine.take(), ["start 12"]);
  machine.ready();
  assert.deepEqual(machine.take(), ["2 has 12"]);
  assert.equal(machine.leases.resources().available["CPU"], 0);
});

test("while an actor waits, others have its cores, and nothing else that it holds", () => {
  const machine = new Machine();
  machine.leases.want(
    {
      ...{ submitterId: 1, classId: 9, environment: "", priority: 0, isLong: true, wanted: 1 },
      ...{ isDedicated: true, isRetriable: true, demand: demandOf({ CPU: 2, gpu: 1 }) },
    },
    0,
  );
  machine.allReady();
  const { leaseId } = machine.leaseOf(9);
  const before = machine.leases.resources().available;
  machine.leases.parked(leaseId, 0);
  assert.deepEqual(machine.leases.resources().available, { ...before, CPU: before["CPU"]! + 2 });
  machine.leases.resumed(leaseId);
  assert.deepEqual(machine.leases.resources().available, before);
  machine.leases.parked(leaseId, 0);
  machine.give(machine.leaseOf(9));
  machine.leases.validate();
  assert.deepEqual(machine.leases.resources().available, machine.leases.resources().total);
});

test("what an actor holds is not asked back for others, however long they wait", () => {
  const machine = new Machine();
  machine.want(1, 1, true, 2);
  machine.allReady();
  machine.want(2, 1, false);
  machine.want(3, 1, true, 1);
  assert.deepEqual(machine.take(), ["start 10", "1 has 10"]);
  const [overdue] = machine.leases.overdue(10_000, 1);
  assert.deepEqual(
    overdue?.holders.map(({ classId }) => classId),
    [1],
  );
});

test("when the worker is gone the wish is gone: only who asks again gets another", () => {
  const machine = new Machine();
  machine.want(1, 1, true, 1);
  machine.allReady();
  machine.exit(10);
  assert.equal(machine.leases.isActive, false);
  assert.deepEqual(machine.take(), ["start 10", "1 has 10"]);
  assert.deepEqual(machine.leases.resources().available, { CPU: CORES, gpu: 1 });
  machine.want(1, 1, true, 1);
  machine.allReady();
  assert.deepEqual(machine.take(), ["start 11", "1 has 11"]);
});

test("a wish that is renewed before the worker is known to be gone is for the next one", () => {
  const machine = new Machine();
  machine.want(1, 1, true, 1);
  machine.allReady();
  machine.want(1, 1, true, 1);
  machine.want(1, 1, true, 1);
  assert.deepEqual(machine.take(), ["start 10", "1 has 10"], "one at a time");
  machine.exit(10);
  machine.allReady();
  assert.deepEqual(machine.take(), ["start 11", "1 has 11"]);
  machine.want(1, 1, true, 1);
  machine.want(1, 0, true, 1);
  machine.exit(11);
  assert.equal(machine.leases.isActive, false, "withdrawn");
});

test("a task's wish outlives its worker", () => {
  const machine = new Machine();
  machine.want(1, 1, false);
  machine.allReady();
  machine.exit(10);
  machine.allReady();
  assert.deepEqual(machine.take(), ["start 10", "1 has 10", "start 11", "1 has 11"]);
});

test("a worker that dies while it starts is started once more", () => {
  const machine = new Machine();
  machine.want(1, 1, true);
  machine.exit(10);
  machine.allReady();
  assert.deepEqual(machine.take(), ["start 10", "start 11", "1 has 11"]);
});

test("a worker that comes too late is not lost: given back unused, it runs tasks", () => {
  const machine = new Machine();
  machine.want(1, 1, true);
  machine.want(1, 0, true);
  assert.equal(machine.leases.isActive, false);
  machine.allReady();
  assert.deepEqual(machine.take(), ["start 10"]);
  machine.want(2, 1, true);
  machine.want(2, 0, true);
  machine.give(machine.leaseOf(2));
  assert.equal(machine.pool.find(10)?.isDedicated, false);
  machine.want(3, 1, false);
  assert.deepEqual(machine.take(), ["2 has 10", "3 has 10"]);
});

test("actors are not limited in number, but only some of them start at a time", () => {
  const machine = new Machine();
  const count = 4 * HARD_LIMIT;
  for (let classId = 1; classId <= count; classId++) machine.want(classId, 1, true);
  while (machine.starting.length > 0) {
    assert(machine.starting.length <= STARTING_MAX);
    machine.ready();
    machine.leases.validate();
  }
  assert.equal(machine.held.size, count);
  assert.equal(new Set([...machine.held.values()].map(({ workerId }) => workerId)).size, count);
  machine.take();
  machine.want(100, HARD_LIMIT + 1, false, 0);
  machine.allReady();
  const running = machine.take().filter((line) => line.startsWith("100 has"));
  assert.equal(running.length, HARD_LIMIT, "tasks have the processes that they had without");
});

test("a limit counts those that have a worker of their own, and those that wait for one", () => {
  const machine = new Machine(2);
  machine.want(1, 1, true);
  machine.ready();
  machine.want(2, 1, true);
  machine.want(3, 1, true);
  machine.want(4, 1, false);
  assert.deepEqual(
    machine.take().filter((line) => line.includes("more")),
    ["3 is more than 2"],
  );
  machine.want(1, 1, true);
  machine.want(2, 0, true);
  machine.want(5, 1, true);
  assert.deepEqual(
    machine.take().filter((line) => line.includes("more")),
    [],
    "the first one again, and one instead of the second",
  );
  machine.exit(machine.leaseOf(1).workerId);
  machine.want(6, 1, true);
  machine.allReady();
  assert.deepEqual([...machine.held.values()].map(({ classId }) => classId).sort(), [1, 4, 5]);
});

test("a process that starts for tasks does for an actor, if it comes first", () => {
  const machine = new Machine();
  machine.want(1, 1, true);
  machine.want(2, 1, false);
  machine.ready();
  machine.ready();
  assert.deepEqual(machine.take(), ["start 10", "start 11", "1 has 10", "2 has 11"]);
});

const steps = fc.array(fc.record({ act: fc.nat(99), pick: fc.nat(99) }), { maxLength: 60 });

function apply(machine: Machine, act: number, pick: number): void {
  const leases = [...machine.held.values()];
  const lease = leases[pick % Math.max(1, leases.length)];
  const classId = 1 + (pick % 8);
  const isDedicated = classId > 3;
  const cpus = classId % 2;
  if (act < 40) machine.want(classId, isDedicated ? pick % 2 : pick % 4, isDedicated, cpus);
  else if (act < 65) machine.ready();
  else if (act < 70) machine.exit(machine.starting[0] ?? 10);
  else if (lease === undefined) return;
  else if (act < 80) machine.give(lease);
  else if (act < 90) machine.leases.parked(lease.leaseId, 0);
  else if (act < 95) machine.leases.resumed(lease.leaseId);
  else machine.exit(lease.workerId);
}

test("random histories: whoever wants a worker of its own gets it, and it alone", () => {
  fc.assert(
    fc.property(steps, (history) => {
      const machine = new Machine();
      for (const { act, pick } of history) {
        apply(machine, act, pick);
        machine.leases.validate();
        const dedicated = [...machine.held.values()].filter((lease) => lease.isDedicated);
        for (const { workerId } of dedicated) {
          assert(machine.pool.find(workerId)!.isDedicated);
          assert.equal(machine.leases.leasesOf(workerId).length, 1);
        }
      }
      for (const lease of machine.held.values()) machine.leases.resumed(lease.leaseId);
      for (let classId = 1; classId <= 3; classId++) machine.want(classId, 0, false, classId % 2);
      for (let classId = 4; classId <= 8; classId++) machine.want(classId, 0, true, classId % 2);
      for (const lease of [...machine.held.values()]) machine.give(lease);
      assert.equal(machine.leases.isActive, false);
      for (let classId = 4; classId <= 8; classId += 2) machine.want(classId, 1, true);
      machine.allReady();
      assert.equal(machine.held.size, 3);
      assert.deepEqual(machine.leases.resources().available, { CPU: CORES, gpu: 1 });
    }),
    { numRuns: 1_000 },
  );
});

test("what an actor's worker needs of resources it holds until it has ended", () => {
  const machine = new Machine();
  machine.want(1, 1, true, 2);
  machine.allReady();
  machine.want(1, 0, true, 2);
  assert.equal(machine.leases.resources().available["CPU"], 0, "it is there still");
  machine.exit(10);
  assert.equal(machine.leases.resources().available["CPU"], CORES);
  assert.deepEqual(machine.leases.leasesOf(10), []);
});
