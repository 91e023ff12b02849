/**
 * Finds calls that wait for one another in a circle: an actor that awaits a method of its own, two
 * actors that await each other. Pure: processes report, the daemon fails the victims.
 *
 * A call may go on once one of those that it waits for has ended: of those that it awaits (it may
 * need all of them, but then it reports the others still), or, if it stands in line, of those that
 * run. What can end is taken to end; what is left is stuck.
 *
 * Reports are of different times, and yet no circle is a false one. A call goes on only once one of
 * its targets has ended, so that a stuck call cannot go on before another stuck one has ended.
 * Let stuck calls have gone on since they were reported, and take the first of them: it saw a stuck
 * call end, which had been reported as waiting, and so had gone on before. There is no first one.
 * In a circle this is to say: when its youngest edge was drawn, all others were still there. What
 * ends calls from outside is known here: circles leave out victims, and processes that are gone.
 *
 * Assumed is that nobody gives up waiting by himself, and that nothing else wakes him: no call that
 * waits with a time limit or a signal, or beside a timer or a socket, may be reported. Where one
 * failure ends a wait for several, or a call is cancelled, a circle may be found before the process
 * has reported that: it was one, and is broken already. So a process fails a victim that stands in
 * line only if it still does.
 */

import { circleThrough, inverse, knotsOf, reach, type Neighbours } from "./wait-graph-knots.ts";

/** What waits in a process. Each call is listed once. */
export interface WaitReport {
  /** Calls that run here, each with all that could wake it. */
  readonly waiting: readonly { readonly callId: number; readonly awaited: readonly number[] }[];
  /** Calls that stand in line here, each until one of `running` ends: its group's calls. */
  readonly queued: readonly { readonly callId: number; readonly running: readonly number[] }[];
  /** What calls are called in messages: "Counter.add". */
  readonly names: ReadonlyMap<number, string>;
}

/** Begins with the victim; each call waits for the next one, the last one for the victim. */
export interface Circle {
  /** The newest call in line: nothing of it is left half done. The newest of all if none is. */
  readonly victim: { readonly processId: number; readonly callId: number };
  readonly callIds: readonly number[];
  readonly names: readonly string[];
}

interface Wait {
  readonly processId: number;
  readonly callId: number;
  readonly name: string;
  readonly isQueued: boolean;
  /** One of them has to end. */
  readonly targets: readonly number[];
}

export class WaitGraph {
  /** By call. A call without a wait can go on: it runs, is on its way, or has ended. */
  readonly #waits = new Map<number, Wait>();
  readonly #callIdsOfProcess = new Map<number, ReadonlySet<number>>();
  /**
   * Victims, until their processes report them no more, and whether they stood in line. Calls that
   * saw them fail may have gone on before that, and must not seem to be in a circle with them.
   */
  readonly #victims = new Map<number, boolean>();
  /** False: no call is stuck. */
  #mayHaveStuck = false;

  /**
   * Replaces what the process reported before. Reports of a process have to arrive in order.
   * Returns the circles that stand now, each once; the process of the victim fails it, and reports
   * without it before it may take it up again. A circle that waits for another one is returned
   * once that is broken, if it still stands: it may not need a victim of its own.
   */
  report(processId: number, report: WaitReport): Circle[] {
    const reported = waitsOf(processId, report);
    this.#remove(processId);
    this.#callIdsOfProcess.set(processId, new Set(reported.map(({ callId }) => callId)));
    for (const wait of reported) this.#waits.set(wait.callId, wait);
    this.#forgetVictims();

    // With nothing stuck before, every circle leads through one of the calls that are new.
    const changed = this.#mayHaveStuck ? this.#waits.values() : reported;
    const stuck = this.#stuckAmong(Array.from(changed, ({ callId }) => callId));
    this.#mayHaveStuck = stuck.size > 0;
    return this.#newCircles(stuck);
  }

  /** Its calls have ended, or will be made again elsewhere. */
  processGone(processId: number): void {
    this.#remove(processId);
    this.#forgetVictims();
  }

  #remove(processId: number): void {
    for (const callId of this.#callIdsOfProcess.get(processId) ?? []) {
      // A call is in one place at a time: where it was reported last.
      if (this.#waits.get(callId)?.processId === processId) this.#waits.delete(callId);
    }
    this.#callIdsOfProcess.delete(processId);
  }

  /** Also those that went on after all, because a process of their circle ended. */
  #forgetVictims(): void {
    for (const [callId, isQueued] of this.#victims) {
      if (this.#waits.get(callId)?.isQueued !== isQueued) this.#victims.delete(callId);
    }
  }

  /** Those that can never go on, of the calls and of what they wait for directly or not. */
  #stuckAmong(callIds: readonly number[]): Set<number> {
    const targetsOf: Neighbours = (callId) => this.#waits.get(callId)?.targets ?? [];
    const stuck = reach(callIds, targetsOf);
    const waitersOf = inverse(stuck, targetsOf);
    const ended = [...stuck].filter((callId) => targetsOf(callId).length === 0);
    for (const callId of ended) {
      if (!stuck.delete(callId)) continue;
      ended.push(...waitersOf(callId));
    }
    return stuck;
  }

  #newCircles(stuck: ReadonlySet<number>): Circle[] {
    const targetsOf: Neighbours = (callId) => {
      return this.#waits.get(callId)!.targets.filter((targetId) => stuck.has(targetId));
    };
    const circles: Circle[] = [];
    for (const knot of knotsOf(stuck, targetsOf)) {
      if (knot.some((callId) => this.#victims.has(callId))) continue;
      const waits = knot.map((callId) => this.#waits.get(callId)!);
      const victim = waits.reduce((a, b) => (isBetterVictim(b, a) ? b : a));
      this.#victims.set(victim.callId, victim.isQueued);
      const callIds = circleThrough(victim.callId, targetsOf);
      circles.push({
        victim: { processId: victim.processId, callId: victim.callId },
        callIds,
        names: callIds.map((callId) => this.#waits.get(callId)!.name),
      });
    }
    return circles;
  }

  /** Throws if what is remembered disagrees with the reports. */
  validate(): void {
    for (const { processId, callId } of this.#waits.values()) {
      if (this.#callIdsOfProcess.get(processId)?.has(callId) === true) continue;
      throw new Error(`Cannot let call ${callId} wait: process ${processId} does not report it`);
    }
    const stuck = this.#stuckAmong([...this.#waits.keys()]);
    if (stuck.size > 0 && !this.#mayHaveStuck) {
      throw new Error(`Cannot overlook stuck calls: ${[...stuck].join(", ")}`);
    }
    for (const [callId, isQueued] of this.#victims) {
      if (this.#waits.get(callId)?.isQueued === isQueued) continue;
      throw new Error(`Cannot have victim ${callId}: it does not wait as it did`);
    }
  }
}

function waitsOf(processId: number, { waiting, queued, names }: WaitReport): Wait[] {
  const name = (callId: number): string => names.get(callId) ?? `call ${callId}`;
  return [
    ...waiting.map(({ callId, awaited: targets }) => {
      return { processId, callId, name: name(callId), isQueued: false, targets };
    }),
    ...queued.map(({ callId, running: targets }) => {
      return { processId, callId, name: name(callId), isQueued: true, targets };
    }),
  ];
}

/** A circle has none in line if running calls were given each other's refs. */
function isBetterVictim(wait: Wait, other: Wait): boolean {
  if (wait.isQueued !== other.isQueued) return wait.isQueued;
  return wait.callId > other.callId;
}
