import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { WaitGraph, type Circle, type WaitReport } from "./wait-graph.ts";

type Edges = readonly (readonly [callId: number, targets: readonly number[]])[];

/** Call 1 is named "1.m". */
function reportOf(waiting: Edges, queued: Edges = []): WaitReport {
  const callIds = [...waiting, ...queued].flatMap(([callId, targets]) => [callId, ...targets]);
  return {
    waiting: waiting.map(([callId, awaited]) => ({ callId, awaited })),
    queued: queued.map(([callId, running]) => ({ callId, running })),
    names: new Map(callIds.map((callId) => [callId, `${callId}.m`])),
  };
}

class Checked {
  readonly graph = new WaitGraph();

  /** The circles found, as "victim's process: its calls". */
  report(processId: number, waiting: Edges, queued: Edges = []): string[] {
    const circles = this.graph.report(processId, reportOf(waiting, queued));
    this.graph.validate();
    return circles.map(({ victim, callIds, names }) => {
      assert.equal(callIds[0], victim.callId);
      const expected = callIds.map((callId) => `${callId}.m`);
      assert.deepEqual(names, expected);
      return `${victim.processId}: ${callIds.join(" ")}`;
    });
  }

  gone(processId: number): void {
    this.graph.processGone(processId);
    this.graph.validate();
  }
}

test("a call that awaits another one of its own actor", () => {
  const graph = new Checked();
  assert.deepEqual(graph.report(7, [[1, [2]]]), [], "the other one is on its way");
  assert.deepEqual(graph.report(7, [[1, [2]]], [[2, [1]]]), ["7: 2 1"]);
  assert.deepEqual(graph.report(7, [[1, [2]]], [[2, [1]]]), [], "it is returned once");
  assert.deepEqual(graph.report(8, []), []);
  assert.deepEqual(graph.report(7, [[1, [3]]], [[3, [1]]]), ["7: 3 1"], "it tries again");
  assert.deepEqual(graph.report(7, []), []);
  assert.deepEqual(graph.report(7, [[1, [3]]], [[3, [1]]]), ["7: 3 1"], "another of the same ids");
});

const rings = [
  ["two actors", 2, "0: 12 1 11 2"],
  ["three actors", 3, "0: 13 1 11 2 12 3"],
] as const;
for (const [title, count, expected] of rings) {
  test(`${title} that await each other, whoever reports last`, () => {
    for (let last = 0; last < count; last++) {
      const graph = new Checked();
      for (let step = 1; step <= count; step++) {
        // Actor n runs call 1 + n, which awaits call 11 + n, in line at the next actor.
        const actor = (last + step) % count;
        const previous = (actor + count - 1) % count;
        const waiting: Edges = [[1 + actor, [11 + actor]]];
        const circles = graph.report(actor, waiting, [[11 + previous, [1 + actor]]]);
        assert.deepEqual(circles, step === count ? [expected] : []);
      }
    }
  });
}

test("where several calls may run, one that goes on is enough for those in line", () => {
  const graph = new Checked();
  assert.deepEqual(graph.report(1, [[1, [3]]], [[3, [1, 2]]]), []);
  const line: Edges = [
    [3, [1, 2]],
    [4, [1, 2]],
  ];
  const both: Edges = [
    [1, [3]],
    [2, [4]],
  ];
  assert.deepEqual(graph.report(1, both, line), ["1: 4 2"], "one victim frees all");
  const freed: Edges = [[1, [3]]];
  assert.deepEqual(graph.report(1, freed, [[3, [1, 2]]]), [], "call 2 goes on");
});

test("whatever a call awaits beside what is stuck may wake it", () => {
  const graph = new Checked();
  assert.deepEqual(graph.report(1, [[1, [5, 6, 2]]], [[2, [1]]]), []);
  assert.deepEqual(graph.report(1, [[1, [6, 2]]], [[2, [1]]]), [], "call 5 has ended");
  assert.deepEqual(graph.report(1, [[1, [2]]], [[2, [1]]]), ["1: 2 1"]);
  const other = new Checked();
  assert.deepEqual(other.report(2, [[5, []]]), [], "nothing is awaited");
  assert.deepEqual(other.report(1, [[1, [5, 5]]], [[2, [1]]]), []);
});

test("tasks may be part of a circle", () => {
  const graph = new Checked();
  // The method 1 awaits the task 2, which awaits the task 3, which calls the actor again.
  assert.deepEqual(graph.report(1, [[1, [2]]], [[4, [1]]]), []);
  assert.deepEqual(graph.report(2, [[2, [3]]]), []);
  assert.deepEqual(graph.report(3, [[3, [4]]]), ["1: 4 1 2 3"]);
});

test("calls that only wait: the newest one is the victim", () => {
  const graph = new Checked();
  assert.deepEqual(graph.report(1, [[1, [2]]]), []);
  assert.deepEqual(graph.report(2, [[2, [1]]]), ["2: 2 1"]);
  assert.deepEqual(new Checked().report(1, [[1, [1]]]), ["1: 1"], "awaits itself");
});

test("those in line behind a circle are no victims", () => {
  const graph = new Checked();
  const line: Edges = [
    [2, [1]],
    [3, [1]],
    [9, [1]],
  ];
  assert.deepEqual(graph.report(1, [[1, [2, 3]]], line), ["1: 3 1"]);
  assert.deepEqual(graph.report(2, [[20, [9]]], [[21, [20]]]), []);
});

test("two circles are two; one that waits for another one has to wait", () => {
  const graph = new Checked();
  const one: Edges = [[1, [2]]];
  const two: Edges = [[3, [4]]];
  assert.deepEqual(graph.report(1, one, [[2, [1]]]), ["1: 2 1"]);
  assert.deepEqual(graph.report(2, two, [[4, [3]]]), ["2: 4 3"]);
  assert.deepEqual(graph.report(3, [[5, [6, 3]]], [[6, [5]]]), [], "call 3 may be freed and fail");
  assert.deepEqual(graph.report(2, []), [], "call 3 may go on");
  assert.deepEqual(graph.report(3, [[5, [6]]], [[6, [5]]]), ["3: 6 5"], "that was not enough");
  // Of the two that run, one waits for the other circle alone: that one has to end only.
  const both: Edges = [
    [11, [12]],
    [13, [1]],
  ];
  assert.deepEqual(graph.report(4, both, [[12, [11, 13]]]), []);
  assert.deepEqual(graph.report(1, []), []);
});

test("nothing waits for a process that is gone", () => {
  const graph = new Checked();
  assert.deepEqual(graph.report(1, [[1, [12]]], [[11, [1]]]), []);
  graph.gone(1);
  assert.deepEqual(graph.report(2, [[2, [11]]], [[12, [2]]]), []);
  assert.deepEqual(graph.report(1, [[1, [12]]], [[11, [1]]]), ["2: 12 2 11 1"]);
  graph.gone(2);
  graph.gone(3);
  assert.deepEqual(graph.report(1, [[1, [12]]], [[11, [1]]]), []);
});

test("a call is where it was reported last", () => {
  const graph = new Checked();
  assert.deepEqual(graph.report(1, [], [[2, [1]]]), []);
  assert.deepEqual(graph.report(2, [], [[2, [3]]]), []);
  assert.deepEqual(graph.report(1, [[1, [2]]]), [], "call 2 is behind call 3");
  graph.gone(1);
  assert.deepEqual(graph.report(3, [[3, [2]]]), ["2: 2 3"]);
});

test("a victim is no part of other circles before its process reports again", () => {
  const graph = new Checked();
  assert.deepEqual(graph.report(1, [[1, [2]]]), []);
  assert.deepEqual(graph.report(2, [[2, [1]]]), ["2: 2 1"]);
  // Call 2 has failed, which is known where it was awaited first: call 1 goes on to await call 3.
  assert.deepEqual(graph.report(1, [[1, [3]]]), []);
  assert.deepEqual(graph.report(2, [[2, [1]]], [[3, [2]]]), [], "sent before it failed");
  assert.deepEqual(graph.report(2, [[3, [1]]]), ["2: 3 1"]);
});

test("a victim that went on may become one again", () => {
  const graph = new Checked();
  assert.deepEqual(graph.report(1, [[1, [2]]], [[3, [1]]]), []);
  assert.deepEqual(graph.report(2, [[2, [3]]]), ["1: 3 1 2"]);
  graph.gone(2);
  assert.deepEqual(graph.report(1, [[3, [4]]], [[4, [3]]]), ["1: 4 3"]);
});

/** What processes have reported, and what follows from it, found in the dumbest way. */
class Twin {
  readonly reports = new Map<number, { readonly waiting: Edges; readonly queued: Edges }>();

  targets(): Map<number, readonly number[]> {
    const reports = [...this.reports.values()];
    return new Map(reports.flatMap(({ waiting, queued }) => [...waiting, ...queued]));
  }

  stuck(): Set<number> {
    const stuck = new Set(this.targets().keys());
    for (let before = -1; before !== stuck.size;) {
      before = stuck.size;
      for (const { waiting, queued } of this.reports.values()) {
        for (const [callId, targets] of [...waiting, ...queued]) {
          if (targets.length === 0 || targets.some((id) => !stuck.has(id))) stuck.delete(callId);
        }
      }
    }
    return stuck;
  }

  /** By stuck call: the stuck calls that it waits for, directly or not. */
  reached(): Map<number, ReadonlySet<number>> {
    const stuck = this.stuck();
    const targets = this.targets();
    const reached = new Map([...stuck].map((callId) => [callId, new Set<number>()]));
    for (let hasGrown = true; hasGrown;) {
      hasGrown = false;
      for (const [callId, ids] of reached) {
        const before = ids.size;
        const direct = targets.get(callId)!.filter((id) => stuck.has(id));
        for (const id of direct) for (const next of [id, ...reached.get(id)!]) ids.add(next);
        hasGrown ||= ids.size > before;
      }
    }
    return reached;
  }

  /** Calls that wait for one another and for nothing else that is stuck, as texts. */
  knots(): Set<string> {
    const reached = this.reached();
    const isKnotted = ([callId, ids]: [number, ReadonlySet<number>]): boolean =>
      [...ids].every((id) => reached.get(id)!.has(callId));
    const knotted = [...reached].filter(isKnotted);
    return new Set(knotted.map(([, ids]) => [...ids].sort((a, b) => a - b).join(" ")));
  }

  isQueued(callId: number): boolean {
    return [...this.reports.values()].some(({ queued }) => queued.some(([id]) => id === callId));
  }
}

const PROCESSES = 4;
const CALLS = 16;
const targetIds = fc.array(fc.nat(CALLS + 3), { maxLength: 2 });
/** A call is always in the process that its number, modulo their count, gives. */
const randomReport = fc.record({
  processId: fc.nat(PROCESSES - 1),
  isGone: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  calls: fc.uniqueArray(
    fc.record({ callId: fc.nat(CALLS - 1), isQueued: fc.boolean(), targets: targetIds }),
    { minLength: 1, maxLength: 8, selector: ({ callId }) => callId },
  ),
});

type RandomReport = typeof randomReport extends fc.Arbitrary<infer T> ? T : never;

function applyRandom(
  graph: WaitGraph,
  twin: Twin,
  { processId, isGone, calls }: RandomReport,
): Circle[] {
  const own = calls.filter(({ callId }) => callId % PROCESSES === processId);
  const edges = (isQueued: boolean): Edges =>
    own.filter((call) => call.isQueued === isQueued).map((call) => [call.callId, call.targets]);
  const [waiting, queued] = [edges(false), edges(true)];
  if (isGone) {
    twin.reports.delete(processId);
    graph.processGone(processId);
    return [];
  }
  twin.reports.set(processId, { waiting, queued });
  return graph.report(processId, reportOf(waiting, queued));
}

function assertIsCircle({ victim, callIds, names }: Circle, twin: Twin): void {
  const stuck = twin.stuck();
  const targets = twin.targets();
  assert.equal(victim.processId, victim.callId % PROCESSES);
  assert.equal(callIds[0], victim.callId);
  assert.equal(new Set(callIds).size, callIds.length);
  for (const [index, callId] of callIds.entries()) {
    assert(stuck.has(callId), `${callId} can go on`);
    const nextId = callIds[(index + 1) % callIds.length]!;
    assert(targets.get(callId)!.includes(nextId), `${callId} does not wait for ${nextId}`);
    assert.equal(names[index], `${callId}.m`);
  }
  const queued = callIds.filter((callId) => twin.isQueued(callId));
  const candidates = queued.length > 0 ? queued : callIds;
  assert.equal(victim.callId, Math.max(...candidates));
}

test("each knot has one circle, whatever is reported in whatever order", () => {
  let circlesFound = 0;
  fc.assert(
    fc.property(fc.array(randomReport, { maxLength: 25 }), (steps) => {
      const graph = new WaitGraph();
      const twin = new Twin();
      /** Returned, and reported in the same way ever since. */
      let victims: { readonly callId: number; readonly isQueued: boolean }[] = [];
      const hasVictim = (ids: Iterable<number>): boolean =>
        [...ids].some((id) => victims.some(({ callId }) => callId === id));
      for (const step of steps) {
        const circles = applyRandom(graph, twin, step);
        graph.validate();
        victims = victims.filter(({ callId, isQueued }) => {
          return twin.targets().has(callId) && twin.isQueued(callId) === isQueued;
        });
        for (const circle of circles) {
          circlesFound++;
          assertIsCircle(circle, twin);
          const { callId } = circle.victim;
          assert(!hasVictim(twin.reached().get(callId)!), "the knot has a victim already");
          victims.push({ callId, isQueued: twin.isQueued(callId) });
        }
        if (step.isGone) continue;
        for (const knot of twin.knots()) {
          assert(hasVictim(knot.split(" ").map(Number)), `nobody breaks ${knot}`);
        }
      }
    }),
    { numRuns: 2_000 },
  );
  assert(circlesFound > 100, `only ${circlesFound} circles`);
});

test("failing the victims frees everything", () => {
  fc.assert(
    fc.property(fc.array(randomReport, { maxLength: 12 }), (steps) => {
      const graph = new WaitGraph();
      const twin = new Twin();
      const pending = steps.flatMap((step) => applyRandom(graph, twin, step));
      for (let circle = pending.pop(); circle !== undefined; circle = pending.pop()) {
        const { processId, callId } = circle.victim;
        const { waiting, queued } = twin.reports.get(processId) ?? { waiting: [], queued: [] };
        const without = (edges: Edges): Edges => edges.filter(([id]) => id !== callId);
        const left = { waiting: without(waiting), queued: without(queued) };
        twin.reports.set(processId, left);
        pending.push(...graph.report(processId, reportOf(left.waiting, left.queued)));
        graph.validate();
      }
      // A process that is gone may have left stuck calls, of which nobody has heard since.
      const rest = graph.report(PROCESSES, reportOf([]));
      if (steps.every(({ isGone }) => !isGone)) assert.deepEqual([...twin.stuck()], []);
      else assert.equal(rest.length > 0, twin.stuck().size > 0);
    }),
    { numRuns: 500 },
  );
});
