import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Leases, type Lease, type LeaseSink, type Wish } from "./leases.ts";
import { amountsOf, demandOf, type Demand, type Shortage } from "./resources.ts";
import { WorkerPool } from "./worker-pool.ts";

const CORES = 3;
const TOTAL = demandOf({ CPU: CORES, gpu: 1 });
const DEMANDS = [{ CPU: 1 }, { CPU: 2 }, { CPU: 0.5 }, { CPU: 1, gpu: 1 }, { CPU: 0 }].map(
  demandOf,
);

/** A machine whose decisions are collected; what it counts is counted again, naively. */
class Machine implements LeaseSink {
  readonly pool = new WorkerPool({
    warmWorkers: 1,
    softLimit: CORES + 1,
    hardLimit: 12,
    startingMax: 4,
    idleMs: 5,
  });
  readonly leases = new Leases(TOTAL, this.pool, this);
  readonly held = new Map<number, Lease>();
  readonly starting: number[] = [];
  readonly reclaimed = new Set<number>();
  readonly rejected: string[] = [];
  readonly order: number[] = [];
  nowMs = 0;
  #nextWorkerId = 10;

  grant(lease: Lease): void {
    this.held.set(lease.leaseId, lease);
    this.order.push(lease.submitterId);
  }

  reject(wish: Wish, shortage: Shortage): void {
    this.rejected.push(`${wish.classId}: ${shortage.resource}`);
  }

  rejectDedicated(): void {
    assert.fail("there is no limit here");
  }

  reclaim(lease: Lease): void {
    assert.ok(this.held.has(lease.leaseId), "only what is held is asked for");
    assert.ok(!this.reclaimed.has(lease.leaseId), "it is asked for once");
    this.reclaimed.add(lease.leaseId);
  }

  startWorker(environment: string): void {
    const workerId = this.#nextWorkerId++;
    this.pool.starting(workerId, environment);
    this.starting.push(workerId);
  }

  want(submitterId: number, wanted: number, more: Partial<Wish> = {}): void {
    const wish: Wish = {
      submitterId,
      classId: 1,
      demand: DEMANDS[0]!,
      environment: "",
      priority: 0,
      isRetriable: true,
      isLong: false,
      isDedicated: false,
      wanted,
      ...more,
    };
    this.leases.want(wish, this.nowMs);
  }

  ready(): void {
    const workerId = this.starting.shift();
    if (workerId !== undefined) this.leases.workerReady(workerId, this.nowMs);
  }

  give(lease: Lease): void {
    this.held.delete(lease.leaseId);
    this.reclaimed.delete(lease.leaseId);
    this.leases.returned(lease.leaseId, this.nowMs);
  }

  exit(workerId: number): void {
    for (const lease of [...this.held.values()]) {
      if (lease.workerId === workerId || lease.submitterId === workerId) this.forget(lease);
    }
    const index = this.starting.indexOf(workerId);
    if (index >= 0) this.starting.splice(index, 1);
    this.leases.workerExited(workerId, this.nowMs);
  }

  forget(lease: Lease): void {
    this.held.delete(lease.leaseId);
    this.reclaimed.delete(lease.leaseId);
  }

  /** What leases that are not parked hold of a resource. */
  inUse(resource: string): number {
    let sum = 0;
    for (const lease of this.held.values()) {
      if (!lease.parked) sum += amountsOf(lease.demand)[resource] ?? 0;
    }
    return sum;
  }
}

test("a wish is granted as soon as a worker is ready, and is a level", () => {
  const machine = new Machine();
  machine.want(1, 2);
  machine.want(1, 2);
  assert.equal(machine.starting.length, 2);
  machine.ready();
  machine.ready();
  assert.equal(machine.held.size, 2);
  machine.want(1, 2);
  assert.equal(machine.held.size, 2);
  machine.leases.validate();
});

test("what no machine can give is rejected at once", () => {
  const machine = new Machine();
  machine.want(1, 1, { demand: demandOf({ CPU: 4 }), classId: 7 });
  machine.want(1, 1, { demand: demandOf({ tpu: 1 }), classId: 8 });
  assert.deepEqual(machine.rejected, ["7: CPU", "8: tpu"]);
});

test("who waits for a resource is not overtaken by smaller demands", () => {
  const machine = new Machine();
  machine.want(1, 3);
  for (let i = 0; i < 3; i++) machine.ready();
  machine.want(2, 1, { demand: demandOf({ CPU: 2 }) });
  machine.want(3, 3);
  const [first, second] = [...machine.held.values()];
  machine.want(1, 0);
  machine.give(first!);
  assert.deepEqual(machine.order, [1, 1, 1], "one CPU is free: it waits for the second one");
  machine.give(second!);
  assert.deepEqual(machine.order, [1, 1, 1, 2]);
});

test("higher priority first, then who has waited longer", () => {
  const machine = new Machine();
  machine.want(1, 3);
  for (let i = 0; i < 3; i++) machine.ready();
  machine.want(1, 0);
  machine.want(2, 1);
  machine.want(3, 1);
  machine.want(4, 1, { priority: 1 });
  for (const lease of [...machine.held.values()]) machine.give(lease);
  assert.deepEqual(machine.order.slice(3), [4, 2, 3]);
});

test("a parked process gets a lease only when there are processes enough", () => {
  const machine = new Machine();
  machine.want(1, 3);
  for (let i = 0; i < 3; i++) machine.ready();
  for (const lease of [...machine.held.values()]) machine.leases.parked(lease.leaseId, 0);
  machine.want(2, 3);
  assert.equal(machine.starting.length, 1, "one more than cores is started");
  machine.ready();
  assert.equal(machine.held.size, 6);
  assert.equal(machine.pool.size, CORES + 1);
  machine.want(3, 1, { isLong: true, demand: demandOf({ CPU: 0 }) });
  assert.equal(machine.starting.length, 1, "a long task does not go where tasks wait");
});

interface Step {
  readonly act: number;
  readonly pick: number;
  readonly demand: number;
  readonly wanted: number;
}

const steps = fc.array(
  fc.record({ act: fc.nat(99), pick: fc.nat(99), demand: fc.nat(4), wanted: fc.nat(4) }),
  { maxLength: 60 },
);

/** One event; returns the resources that resumed leases may have taken beyond what there is. */
function apply(machine: Machine, { act, pick, demand, wanted }: Step): void {
  const leases = [...machine.held.values()];
  const lease = leases[pick % Math.max(1, leases.length)];
  const submitterId = 1 + (pick % 3);
  machine.nowMs++;
  if (act < 35) {
    const isDedicated = pick % 7 === 0;
    machine.want(submitterId, isDedicated ? wanted % 2 : wanted, {
      demand: DEMANDS[demand] as Demand,
      classId: isDedicated ? DEMANDS.length + demand : demand,
      priority: pick % 2,
      isLong: pick % 5 === 0,
      isDedicated,
    });
  } else if (act < 55) machine.ready();
  else if (lease === undefined) return;
  else if (act < 75) machine.give(lease);
  else if (act < 85) machine.leases.parked(lease.leaseId, machine.nowMs);
  else if (act < 95) machine.leases.resumed(lease.leaseId);
  else machine.exit(lease.workerId);
}

test("random histories: nothing is granted twice or beyond what there is", () => {
  fc.assert(
    fc.property(steps, (history) => {
      const machine = new Machine();
      for (const step of history) {
        const granted = machine.order.length;
        apply(machine, step);
        machine.leases.validate();
        if (machine.order.length === granted) continue;
        // Resuming may owe a CPU; nothing new is granted of it until the debt is paid.
        for (const lease of [...machine.held.values()].slice(granted - machine.order.length)) {
          for (const resource of Object.keys(amountsOf(lease.demand))) {
            const total = amountsOf(TOTAL)[resource]!;
            assert.ok(machine.inUse(resource) <= total, `${resource} is granted beyond ${total}`);
          }
        }
      }
    }),
    { numRuns: 2_000 },
  );
});

test("random histories end: everybody gets what is possible, and nothing is left", () => {
  fc.assert(
    fc.property(steps, (history) => {
      const machine = new Machine();
      for (const step of history) apply(machine, step);
      for (const lease of machine.held.values()) machine.leases.resumed(lease.leaseId);
      for (let submitter = 1; submitter <= 3; submitter++) {
        DEMANDS.forEach((demand, classId) => machine.want(submitter, 0, { demand, classId }));
      }
      const asked = new Set<string>();
      for (let submitter = 1; submitter <= 3; submitter++) {
        DEMANDS.forEach((demand, classId) => {
          asked.add(`${submitter}/${classId}`);
          machine.want(submitter, 1, { demand, classId });
        });
      }
      for (let round = 0; round < 200 && asked.size > 0; round++) {
        while (machine.starting.length > 0) machine.ready();
        for (const lease of [...machine.held.values()]) {
          asked.delete(`${lease.submitterId}/${lease.classId}`);
          const { submitterId, classId, demand } = lease;
          machine.want(submitterId, 0, { demand, classId });
          if (machine.held.has(lease.leaseId)) machine.give(lease);
        }
      }
      assert.deepEqual([...asked], [], "all wishes were granted in the end");
      machine.leases.validate();
      const { total, available } = machine.leases.resources();
      assert.deepEqual(available, total);
      assert.equal(machine.leases.isActive, false);
    }),
    { numRuns: 500 },
  );
});
