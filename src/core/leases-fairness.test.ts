/** Who gets what when several submitters, classes and environments compete for a machine. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Leases, type Lease, type LeaseSink, type Wish } from "./leases.ts";
import { demandOf, type Shortage } from "./resources.ts";
import { WorkerPool } from "./worker-pool.ts";

const CORES = 2;
const ONE = demandOf({ CPU: 1 });

class Machine implements LeaseSink {
  readonly pool = new WorkerPool({
    warmWorkers: 0,
    softLimit: 3,
    hardLimit: 16,
    startingMax: 4,
    idleMs: 0,
  });
  readonly leases = new Leases(demandOf({ CPU: CORES, gpu: 1 }), this.pool, this);
  readonly held = new Map<number, Lease>();
  readonly reclaimed: Lease[] = [];
  /** Grants per class, ever. */
  readonly grants = new Map<string, number>();
  readonly #starting: number[] = [];
  #workerCount = 100;
  nowMs = 0;

  grant(lease: Lease): void {
    this.held.set(lease.leaseId, lease);
    const key = `${lease.submitterId}/${lease.classId}`;
    this.grants.set(key, (this.grants.get(key) ?? 0) + 1);
  }

  reject(wish: Wish, shortage: Shortage): void {
    assert.fail(`${wish.classId} is rejected for ${shortage.resource}`);
  }

  rejectDedicated(): void {
    assert.fail("there is no limit here");
  }

  reclaim(lease: Lease): void {
    this.reclaimed.push(lease);
  }

  startWorker(environment: string): void {
    this.pool.starting(++this.#workerCount, environment);
    this.#starting.push(this.#workerCount);
  }

  want(submitterId: number, wanted: number, more: Partial<Wish> = {}): void {
    const wish: Wish = {
      submitterId,
      classId: 1,
      demand: ONE,
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
    while (this.#starting.length > 0) {
      this.leases.workerReady(this.#starting.shift()!, this.nowMs);
    }
  }

  giveBack(lease: Lease): void {
    if (this.held.delete(lease.leaseId)) this.leases.returned(lease.leaseId, this.nowMs);
  }

  park(): void {
    for (const { leaseId } of this.held.values()) this.leases.parked(leaseId, this.nowMs);
  }

  available(): Record<string, number> {
    this.leases.validate();
    return this.leases.resources().available;
  }
}

test("children in another environment start although all others wait for them", () => {
  const machine = new Machine();
  machine.want(1, 3);
  machine.ready();
  machine.park();
  machine.ready();
  machine.park();
  assert.deepEqual([machine.held.size, machine.pool.size], [3, 3]);
  machine.want(2, 1, { environment: "blue" });
  machine.ready();
  assert.equal(machine.grants.get("2/1"), 1);
});

test("starting workers are counted on, but hold nothing", () => {
  const machine = new Machine();
  machine.want(1, 2);
  assert.deepEqual(machine.available(), { CPU: 2, gpu: 1 });
  machine.want(2, 2);
  machine.leases.schedule(0);
  assert.equal(machine.pool.size, 2, "one for each core");
  machine.ready();
  assert.deepEqual(Object.fromEntries(machine.grants), { "1/1": 1, "2/1": 1 });
  assert.deepEqual(machine.available(), { CPU: 0, gpu: 1 });
});

test("a lower number withdraws what is not granted", () => {
  const machine = new Machine();
  machine.want(1, 2);
  machine.want(1, 0);
  machine.ready();
  assert.equal(machine.held.size, 0);
  assert.equal(machine.leases.isActive, false);
  machine.want(2, 1);
  assert.equal(machine.held.size, 1, "the workers are there for others");
});

test("who resumes takes its CPU back; nothing is granted before the debt is paid", () => {
  const machine = new Machine();
  machine.want(1, 2);
  machine.ready();
  machine.park();
  machine.want(2, 4);
  machine.ready();
  const [first, second, third, fourth] = [...machine.held.values()];
  for (const lease of [first!, second!]) machine.leases.resumed(lease.leaseId);
  assert.deepEqual(machine.available(), { CPU: -2, gpu: 1 });
  machine.giveBack(third!);
  machine.giveBack(fourth!);
  assert.deepEqual(machine.available(), { CPU: 0, gpu: 1 });
  assert.equal(machine.held.size, 2);
  machine.giveBack(first!);
  assert.equal(machine.held.size, 2, "the next one");
  assert.deepEqual(machine.available(), { CPU: 0, gpu: 1 });
});

test("only what helps is asked back: no parked lease, none of the class itself, each once", () => {
  const machine = new Machine();
  machine.want(1, 1);
  machine.want(2, 3);
  machine.ready();
  const submitters = (): number[] => machine.reclaimed.map(({ submitterId }) => submitterId);
  assert.deepEqual(submitters(), [1]);
  machine.park();
  machine.want(4, 3, { demand: demandOf({ CPU: 2 }) });
  machine.ready();
  assert.deepEqual(submitters(), [1, 2]);
});

test("wishes of an environment that cannot start are given up, others stay", () => {
  const machine = new Machine();
  machine.want(1, 1, { environment: "broken" });
  machine.want(1, 1, { classId: 2 });
  machine.want(2, 1, { environment: "broken", classId: 3 });
  const taken = machine.leases.takeWishes("broken").map((wish) => [wish.submitterId, wish.classId]);
  assert.deepEqual(taken, [
    [1, 1],
    [2, 3],
  ]);
  assert.deepEqual(machine.leases.takeWishes("broken"), []);
  machine.ready();
  assert.deepEqual([...machine.grants], [["1/2", 1]]);
});

test("what is held of a wish that is given up is not granted again", () => {
  const machine = new Machine();
  machine.want(1, 1);
  machine.ready();
  machine.want(1, 2);
  assert.equal(machine.leases.takeWishes("").length, 1);
  const [lease] = [...machine.held.values()];
  machine.giveBack(lease!);
  machine.ready();
  assert.deepEqual([machine.held.size, machine.leases.isActive], [0, false]);
});

test("who waits too long is named once, with those who hold what it lacks", () => {
  const machine = new Machine();
  machine.want(1, 1, { demand: demandOf({ CPU: 1, gpu: 1 }) });
  machine.want(1, 1, { classId: 2 });
  machine.ready();
  machine.nowMs = 100;
  machine.want(2, 1, { demand: demandOf({ gpu: 1 }) });
  assert.deepEqual(machine.leases.overdue(1_099, 1_000), []);
  const [found, ...more] = machine.leases.overdue(1_100, 1_000);
  assert.equal(more.length, 0);
  assert.equal(found?.wish.submitterId, 2);
  assert.deepEqual(
    found.holders.map(({ classId }) => classId),
    [1],
  );
  assert.deepEqual(machine.leases.overdue(9_999, 1_000), []);
});

test("who is gone leaves nothing: submitters, and workers that submit", () => {
  const machine = new Machine();
  machine.want(1, 1);
  machine.ready();
  const [lease] = [...machine.held.values()];
  machine.want(lease!.workerId, 2, { classId: 7 });
  machine.ready();
  assert.equal(machine.held.size, 2);
  assert.equal(machine.leases.leasesFrom(lease!.workerId).length, 1);
  machine.leases.workerExited(lease!.workerId, 0);
  assert.deepEqual(machine.leases.leasesFrom(lease!.workerId), []);
  machine.leases.submitterGone(1, 0);
  assert.deepEqual(machine.available(), { CPU: 2, gpu: 1 });
  assert.equal(machine.leases.isActive, false);
  assert.equal(machine.pool.size, 1);
});

interface Greedy {
  readonly submitterId: number;
  readonly cpus: number;
  readonly gpus: number;
  readonly environment: string;
  readonly wanted: number;
}

const greedy: fc.Arbitrary<Greedy> = fc.record(
  {
    submitterId: fc.integer({ min: 1, max: 3 }),
    cpus: fc.constantFrom(0.5, 1, 2),
    gpus: fc.constantFrom(0, 0, 1),
    environment: fc.constantFrom("", "blue"),
    wanted: fc.integer({ min: 1, max: 5 }),
  },
  { noNullPrototype: true },
);

/**
 * All need some CPU, as tasks do: one that needs two resources may wait long behind others that
 * need one of them each, for it reserves only what it lacks.
 */
test("whoever gives back when asked starves nobody who wants without end", () => {
  fc.assert(
    fc.property(fc.array(greedy, { minLength: 2, maxLength: 6 }), (classes) => {
      const machine = new Machine();
      const keys = classes.map(({ submitterId, cpus, gpus, environment, wanted }, classId) => {
        const demand = demandOf({ CPU: cpus, gpu: gpus });
        machine.want(submitterId, wanted, { classId, demand, environment });
        return `${submitterId}/${classId}`;
      });
      const demanded = classes.reduce((sum, { cpus, wanted }) => sum + cpus * wanted, 0);
      for (let round = 0; round < 100; round++) {
        machine.ready();
        for (const lease of machine.reclaimed.splice(0)) machine.giveBack(lease);
        machine.leases.validate();
      }
      const turns = keys.map((key) => machine.grants.get(key) ?? 0);
      // Who holds all of one resource waits for itself: then the others keep what they have.
      const isContested = demanded > CORES && classes.every(({ gpus }) => gpus === 0);
      const leastTurns = isContested ? 5 : 1;
      for (const count of turns) {
        assert.ok(count >= leastTurns, `of ${keys.join(" ")}: ${turns.join(" ")} turns`);
      }
    }),
    { numRuns: 500, includeErrorInReport: true },
  );
});
