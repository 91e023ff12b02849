import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { WorkerPool } from "./worker-pool.ts";

const OPTIONS = { warmWorkers: 1, softLimit: 3, hardLimit: 6, startingMax: 4, idleMs: 100 };

/** A pool with workers that are ready, of the environments named. */
function poolOf(...environments: readonly string[]): WorkerPool {
  const pool = new WorkerPool(OPTIONS);
  environments.forEach((environment, index) => {
    pool.starting(index + 1, environment);
    pool.ready(index + 1, index);
  });
  return pool;
}

/** Leases a worker and parks the lease. */
function park(pool: WorkerPool, environment: string): number {
  const { workerId } = pool.takeIdle(environment)!;
  pool.leaseParked(workerId);
  return workerId;
}

test("the worker used last is taken first, of its own environment only", () => {
  const pool = poolOf("", "", "blue");
  assert.equal(pool.takeIdle("blue")?.workerId, 3);
  assert.equal(pool.takeIdle("blue"), undefined);
  assert.equal(pool.takeIdle("")?.workerId, 2);
  pool.leaseEnded(2, false, 10);
  assert.equal(pool.takeIdle("")?.workerId, 2);
  assert.equal(pool.takeIdle("")?.workerId, 1);
  assert.equal(pool.takeIdle(""), undefined);
});

test("who is being ended is given to nobody", () => {
  const pool = poolOf("");
  pool.doom(1);
  assert.equal(pool.takeIdle(""), undefined);
  const other = poolOf("");
  park(other, "");
  other.doom(1);
  assert.equal(other.takeParked(""), undefined);
});

test("a worker with nothing but parked leases takes one more", () => {
  const pool = poolOf("");
  assert.equal(pool.takeParked(""), undefined, "it is idle");
  const workerId = park(pool, "");
  assert.equal(pool.takeParked("blue"), undefined);
  assert.equal(pool.takeParked("")?.workerId, workerId);
  assert.equal(pool.takeParked(""), undefined, "the new lease uses it");
  pool.leaseParked(workerId);
  assert.equal(pool.takeParked("")?.workerId, workerId);
  assert.equal(pool.find(workerId)?.leases, 3);
});

test("beyond the soft limit parked workers are used; long tasks get their own process", () => {
  const pool = poolOf("", "", "");
  for (let left = 3; left > 0; left--) park(pool, "");
  assert.equal(pool.mayStart("", false), false);
  assert.equal(pool.mayStart("", true), true);
  pool.leaseResumed(1);
  pool.leaseResumed(2);
  assert.equal(pool.mayStart("", false), false, "one is still parked");
  pool.leaseResumed(3);
  assert.equal(pool.mayStart("", false), true, "none is left to be used");
  for (const id of [4, 5, 6]) pool.starting(id, "");
  assert.equal(pool.mayStart("", true), false, "the hard limit");
});

test("parked workers of another environment are of no use", () => {
  const pool = poolOf("", "", "");
  for (let left = 3; left > 0; left--) park(pool, "");
  assert.equal(pool.mayStart("blue", false), true);
  pool.doom(1);
  pool.doom(2);
  pool.doom(3);
  assert.equal(pool.mayStart("", false), true, "nor are those that are being ended");
});

test("idle workers go in time; warm ones stay, the one used last", () => {
  const pool = poolOf("", "", "blue");
  assert.deepEqual(pool.retire(99), []);
  assert.deepEqual(
    pool.retire(102).map(({ workerId }) => workerId),
    [3, 1],
  );
  pool.validate();
  assert.equal(pool.takeIdle("blue"), undefined, "it is going");
  pool.retireRefused(3, 110);
  assert.equal(pool.takeIdle("blue")?.workerId, 3);
  pool.exited(1);
  assert.equal(pool.size, 2);
});

test("workers of actors do not count among those for tasks, until they are given back", () => {
  const pool = poolOf("", "");
  assert.equal(pool.takeIdle("", true)?.isDedicated, true);
  assert.equal(pool.takeIdle("", true)?.isDedicated, true);
  for (const id of [3, 4, 5, 6, 7, 8]) {
    assert.equal(pool.mayStart("", true), true);
    pool.starting(id, "");
  }
  assert.equal(pool.mayStart("", true), false, "six for tasks");
  assert.equal(pool.takeParked(""), undefined);
  pool.exited(1);
  assert.equal(pool.mayStart("", true), false);
  pool.exited(3);
  assert.equal(pool.mayStart("", true), true);
  pool.leaseEnded(2, false, 10);
  assert.equal(pool.mayStart("", true), false, "it is for tasks again");
  assert.equal(pool.takeIdle("")?.isDedicated, false);
  pool.validate();
});

test("no more workers may be starting when one is started for an actor", () => {
  const pool = new WorkerPool(OPTIONS);
  for (const id of [1, 2, 3, 4]) {
    assert.equal(pool.mayStartDedicated(), true);
    pool.starting(id, ["", "blue"][id % 2]!);
  }
  assert.equal(pool.mayStartDedicated(), false);
  pool.ready(1, 0);
  assert.equal(pool.mayStartDedicated(), true);
  pool.starting(5, "");
  assert.equal(pool.mayStartDedicated(), false);
  pool.exited(2);
  assert.equal(pool.mayStartDedicated(), true);
  pool.validate();
});

test("illegal moves throw and say which", () => {
  const pool = poolOf("");
  assert.throws(() => pool.ready(1, 0), { message: "Cannot move worker 1 from idle to idle" });
  pool.takeIdle("");
  pool.leaseEnded(1, false, 0);
  pool.validate();
  pool.leaseEnded(1, false, 0);
  assert.throws(() => pool.validate(), {
    message: "Cannot have worker 1: state idle, -1 leases, 0 parked, in the idle list",
  });
});

type Step = readonly [act: number, pick: number];

/** Per worker, what a naive bookkeeper knows. */
interface Twin {
  readonly environment: string;
  state: "starting" | "idle" | "leased" | "retiring";
  leases: number;
  parked: number;
}

function step(pool: WorkerPool, twins: Map<number, Twin>, [act, pick]: Step, nowMs: number): void {
  const environment = ["", "blue"][pick % 2]!;
  const ids = [...twins.keys()];
  const workerId = ids[pick % Math.max(1, ids.length)] ?? 0;
  const twin = twins.get(workerId);
  if (act === 0) {
    pool.starting(1_000 + nowMs, environment);
    twins.set(1_000 + nowMs, { environment, state: "starting", leases: 0, parked: 0 });
  } else if (act === 1) {
    const taken = pool.takeIdle(environment);
    const isThere = [...twins.values()].some(
      (each) => each.state === "idle" && each.environment === environment,
    );
    assert.equal(taken !== undefined, isThere);
    if (taken !== undefined)
      Object.assign(twins.get(taken.workerId)!, { state: "leased", leases: 1 });
  } else if (act === 2) {
    const taken = pool.takeParked(environment);
    const isThere = [...twins.values()].some(
      (each) => each.environment === environment && each.leases > 0 && each.leases === each.parked,
    );
    assert.equal(taken !== undefined, isThere);
    if (taken !== undefined) twins.get(taken.workerId)!.leases++;
  } else if (act === 3) {
    for (const { workerId: id } of pool.retire(nowMs)) twins.get(id)!.state = "retiring";
  } else if (twin !== undefined) stepOne(pool, twins, workerId, twin, act, nowMs);
}

function stepOne(
  pool: WorkerPool,
  twins: Map<number, Twin>,
  workerId: number,
  twin: Twin,
  act: number,
  nowMs: number,
): void {
  if (act === 4 && twin.state === "starting") {
    pool.ready(workerId, nowMs);
    twin.state = "idle";
  } else if (act === 5 && twin.state === "retiring") {
    pool.retireRefused(workerId, nowMs);
    twin.state = "idle";
  } else if (act === 6 && twin.leases > twin.parked) {
    pool.leaseParked(workerId);
    twin.parked++;
  } else if (act === 7 && twin.parked > 0) {
    pool.leaseResumed(workerId);
    twin.parked--;
  } else if (act === 8 && twin.leases > 0) {
    const wasParked = twin.parked === twin.leases;
    pool.leaseEnded(workerId, wasParked, nowMs);
    twin.leases--;
    if (wasParked) twin.parked--;
    if (twin.leases === 0) twin.state = "idle";
  } else if (act === 9) {
    pool.exited(workerId);
    twins.delete(workerId);
  }
}

test("random histories agree with a naive bookkeeper", () => {
  const steps = fc.array(fc.tuple(fc.nat(9), fc.nat(99)), { maxLength: 100, size: "max" });
  fc.assert(
    fc.property(steps, (history) => {
      const pool = new WorkerPool(OPTIONS);
      const twins = new Map<number, Twin>();
      history.forEach((each, index) => {
        step(pool, twins, each, index * 10);
        pool.validate();
        assert.equal(pool.size, twins.size);
        for (const [workerId, { state, leases, parked }] of twins) {
          const worker = pool.find(workerId)!;
          assert.deepEqual(
            [worker.state, worker.leases, worker.parkedLeases],
            [state, leases, parked],
          );
        }
        const starting = [...twins.values()].filter(
          (each) => each.state === "starting" && each.environment === "blue",
        );
        assert.equal(pool.countStarting("blue"), starting.length);
      });
    }),
    { numRuns: 1_000 },
  );
});
