/**
 * Random histories of actors and tasks, whose processes report at some moments what they know
 * then, and whose reports arrive some time later. Beside them is what is true: each circle must
 * be one at the moment when it is found, and when all has been told nothing may be left stuck.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { WaitGraph, type WaitReport } from "./wait-graph.ts";

interface Call {
  readonly callId: number;
  readonly lane: Lane;
  /** What it awaits and has not heard of yet. Empty: it runs, or stands in line. */
  readonly awaited: Set<number>;
}

/** A concurrency group of an actor; of a process for tasks, which never stand in line. */
interface Lane {
  readonly slots: number;
  readonly queue: Call[];
  readonly running: Call[];
}

interface Process {
  readonly processId: number;
  readonly lanes: readonly Lane[];
  /** Reports on their way. */
  readonly link: WaitReport[];
}

/** Two actors of one call at a time, one of two, one with two groups, and a process for tasks. */
const SLOTS: readonly (readonly number[])[] = [[1], [1], [2], [1, 1], [Infinity]];

interface Verdict {
  readonly processId: number;
  readonly callId: number;
  readonly wasQueued: boolean;
}

class System {
  readonly graph = new WaitGraph();
  /** That have not ended. */
  readonly calls = new Map<number, Call>();
  readonly processes: Process[] = [];
  /** Victims whose process has not been told yet. */
  readonly verdicts: Verdict[] = [];
  callCount = 0;
  circleCount = 0;
  #processCount = 0;

  constructor() {
    for (const slots of SLOTS) this.processes.push(this.#newProcess(slots));
  }

  #newProcess(slots: readonly number[]): Process {
    const lanes = slots.map((count) => ({ slots: count, queue: [], running: [] }));
    return { processId: this.#processCount++, lanes, link: [] };
  }

  get lanes(): Lane[] {
    return this.processes.flatMap(({ lanes }) => lanes);
  }

  /** Calls that run and do not wait. */
  get free(): Call[] {
    return this.lanes.flatMap(({ running }) => running).filter(({ awaited }) => awaited.size === 0);
  }

  call(lane: Lane): Call {
    const call = { callId: ++this.callCount, lane, awaited: new Set<number>() };
    this.calls.set(call.callId, call);
    lane.queue.push(call);
    this.#fill(lane);
    return call;
  }

  #fill({ slots, queue, running }: Lane): void {
    while (running.length < slots && queue.length > 0) running.push(queue.shift()!);
  }

  end(call: Call): void {
    const { queue, running } = call.lane;
    const place = running.includes(call) ? running : queue;
    place.splice(place.indexOf(call), 1);
    this.calls.delete(call.callId);
    this.#fill(call.lane);
  }

  /** Calls that have not heard yet that something they await has ended. */
  uninformed(): [Call, number][] {
    return [...this.calls.values()].flatMap((call) =>
      [...call.awaited].filter((id) => !this.calls.has(id)).map((id): [Call, number] => [call, id]),
    );
  }

  report({ lanes, link }: Process): void {
    const running = lanes.flatMap((lane) => lane.running);
    const waiting = running.filter(({ awaited }) => awaited.size > 0);
    link.push({
      waiting: waiting.map(({ callId, awaited }) => ({ callId, awaited: [...awaited] })),
      queued: lanes.flatMap((lane) =>
        lane.queue.map(({ callId }) => ({ callId, running: lane.running.map((r) => r.callId) })),
      ),
      names: new Map(),
    });
  }

  arrive({ processId, link }: Process): void {
    const report = link.shift();
    if (report === undefined) return;
    const circles = this.graph.report(processId, report);
    this.graph.validate();
    const stuck = this.stuck();
    for (const { victim, callIds } of circles) {
      this.circleCount++;
      const free = callIds.filter((callId) => !stuck.has(callId));
      assert.deepEqual(free, [], `of ${callIds.join(" ")} some can go on`);
      const call = this.calls.get(victim.callId)!;
      const home = this.processes.find((process) => process.lanes.includes(call.lane))!;
      assert.equal(home.processId, victim.processId);
      this.verdicts.push({ ...victim, wasQueued: call.lane.queue.includes(call) });
    }
  }

  fail(index: number): void {
    const [verdict] = this.verdicts.splice(index, 1);
    const { processId, callId, wasQueued } = verdict!;
    const process = this.processes.find((each) => each.processId === processId);
    const call = this.calls.get(callId);
    // The end of a process may have freed it meanwhile.
    if (process === undefined || call === undefined) return;
    if (wasQueued ? call.lane.queue.includes(call) : call.awaited.size > 0) this.end(call);
    this.report(process);
  }

  crash(index: number): void {
    const { processId, lanes } = this.processes[index]!;
    for (const { queue, running } of lanes) {
      for (const { callId } of [...queue, ...running]) this.calls.delete(callId);
    }
    this.processes[index] = this.#newProcess(lanes.map(({ slots }) => slots));
    this.graph.processGone(processId);
    this.graph.validate();
  }

  /** What is left when everything has ended that can. */
  stuck(): Set<number> {
    const left = new Set(this.calls.keys());
    const canEnd = ({ callId, lane, awaited }: Call): boolean => {
      const isQueued = lane.queue.some((call) => call.callId === callId);
      if (isQueued) return lane.running.some((call) => !left.has(call.callId));
      return awaited.size === 0 || [...awaited].some((id) => !left.has(id));
    };
    for (let before = -1; before !== left.size;) {
      before = left.size;
      for (const call of this.calls.values()) if (canEnd(call)) left.delete(call.callId);
    }
    return left;
  }

  /** Everybody reports, and what was found is carried out, until nothing more is found. */
  settle(): void {
    do {
      while (this.verdicts.length > 0) this.fail(0);
      for (const process of this.processes) this.report(process);
      for (const process of this.processes) while (process.link.length > 0) this.arrive(process);
    } while (this.verdicts.length > 0);
  }
}

type Step = readonly [chance: number, a: number, b: number, c: number];

function pick<T>(list: readonly T[], index: number): T | undefined {
  return list[index % list.length];
}

/** `chance` is out of 100. */
function act(system: System, [chance, a, b, c]: Step): void {
  const { free, processes } = system;
  const caller = pick(free, a);
  if (chance < 10) {
    system.call(pick(system.lanes, b)!);
  } else if (chance < 32) {
    // The commonest of all: a call that is awaited at once.
    if (caller === undefined) return;
    caller.awaited.add(system.call(pick(system.lanes, b)!).callId);
    if (c % 3 === 0) caller.awaited.add(system.call(pick(system.lanes, c)!).callId);
  } else if (chance < 42) {
    // Refs that were handed to it; nobody has one of a call that will be.
    if (caller === undefined) return;
    for (const n of [b, c]) caller.awaited.add(1 + (n % system.callCount));
  } else if (chance < 48) {
    if (caller !== undefined) system.end(caller);
  } else if (chance < 58) {
    const [waiter, endedId] = pick(system.uninformed(), a) ?? [];
    waiter?.awaited.delete(endedId!);
  } else if (chance < 75) {
    system.report(pick(processes, a)!);
  } else if (chance < 92) {
    system.arrive(pick(processes, a)!);
  } else if (chance < 99) {
    if (system.verdicts.length > 0) system.fail(a % system.verdicts.length);
  } else {
    system.crash(a % processes.length);
  }
}

const step: fc.Arbitrary<Step> = fc.tuple(fc.nat(99), fc.nat(999), fc.nat(999), fc.nat(999));

test("every circle is one, and none is overlooked, although reports are old", () => {
  let early = 0;
  let late = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 200, size: "max" }), (steps) => {
      const system = new System();
      for (const each of steps) act(system, each);
      early += system.circleCount;
      system.settle();
      late += system.circleCount;
      assert.deepEqual([...system.stuck()], []);
    }),
    { numRuns: 600 },
  );
  assert(early > 100, `only ${early} of ${late} circles were found on the way`);
});
