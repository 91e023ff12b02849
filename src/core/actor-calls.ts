/**
 * The calls that one process makes of one actor: in which order they are sent, and what becomes of
 * them when the actor's worker is lost. Pure; decisions go to a sink.
 *
 * Each caller (a task, or the program itself) has a line of its own: its calls are sent in the
 * order in which they were made, also when an argument of an earlier one is late, or is lost while
 * the call stands in line. Callers do not wait for each other: an argument may depend on the call
 * of another one.
 *
 * Hot path: `add`, `ready` and `finished` run once per call.
 */

import { Deque } from "../base/deque.ts";

/** `sent`: to the worker; it may have begun. */
export type ActorCallState = "waiting" | "ready" | "sent" | "done";

/** What this class needs of a call; the runtime's own class has more. */
export interface ActorCall {
  state: ActorCallState;
  /** The life of the actor that it was sent to. */
  incarnation: number;
  /** How often it may be sent again when its worker is lost. */
  retriesLeft: number;
  /** Whoever made it does not want it any more. */
  isStopped: boolean;
}

export interface ActorCallsSink<C extends ActorCall> {
  send(call: C, workerId: number, incarnation: number): void;
  /**
   * Whether the call, which is next in its line, has its arguments still. If not, its turn waits:
   * the sink has them made again, and `ready` or `abandon` follows, at once or later.
   */
  isWhole(call: C): boolean;
  makeWhole(call: C): void;
  /** The call was sent, its answer is lost, and it is to be sent again. */
  again(call: C): void;
  /** Its worker is lost; the actor begins anew. It was sent. */
  unavailable(call: C): void;
  /** The actor is dead. `wasSent`: the call may have begun. */
  dead(call: C, wasSent: boolean): void;
}

interface Location {
  readonly workerId: number;
  readonly incarnation: number;
}

export class ActorCalls<C extends ActorCall> {
  readonly #sink: ActorCallsSink<C>;
  /** Calls that were not sent, by caller. */
  readonly #lines = new Map<unknown, Deque<C>>();
  /** Sent, in the order of sending. */
  readonly #inFlight = new Set<C>();
  /** To be sent again, ahead of the lines. */
  #again: C[] = [];
  /** They were sent, cannot be sent again, and it is not known whether the actor lives on. */
  #interrupted: C[] = [];
  #location: Location | undefined;
  /** Where the actor lives next; used once nothing of its former life is in flight. */
  #next: Location | undefined;
  #isDead = false;

  constructor(sink: ActorCallsSink<C>) {
    this.#sink = sink;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /**
   * Sends a call whose arguments are there, if nothing is in its way: as most calls are. Otherwise
   * returns false, and `add` and `ready` have to be called.
   */
  sendAtOnce(call: C, caller: unknown): boolean {
    if (this.#location === undefined || this.#isDead || this.#lines.has(caller)) return false;
    this.#send(call, this.#location);
    return true;
  }

  /** The newest call of a caller, which runs only after `ready`. */
  add(call: C, caller: unknown): void {
    let line = this.#lines.get(caller);
    if (line === undefined) {
      line = new Deque();
      this.#lines.set(caller, line);
    }
    line.push(call);
  }

  /** The call's arguments are there. */
  ready(call: C, caller: unknown): void {
    call.state = "ready";
    this.#advance(caller);
  }

  /** The call is over, and was not sent. */
  abandon(call: C, caller: unknown): void {
    call.state = "done";
    this.#again = this.#again.filter((other) => other !== call);
    this.#advance(caller);
  }

  /** The call is over, and was sent. */
  finished(call: C): void {
    call.state = "done";
    this.#inFlight.delete(call);
  }

  #advance(caller: unknown): void {
    const line = this.#lines.get(caller);
    if (line === undefined) return;
    for (let call = line.first(); call !== undefined; call = line.first()) {
      if (call.state === "done") line.shift();
      else if (call.state === "ready" && this.#isDead) {
        line.shift();
        call.state = "done";
        this.#sink.dead(call, false);
      } else if (call.state === "ready" && this.#location !== undefined) {
        if (!this.#sink.isWhole(call)) {
          call.state = "waiting";
          this.#sink.makeWhole(call);
          return;
        }
        line.shift();
        this.#send(call, this.#location);
      } else return;
    }
    this.#lines.delete(caller);
  }

  #send(call: C, { workerId, incarnation }: Location): void {
    call.state = "sent";
    call.incarnation = incarnation;
    this.#inFlight.add(call);
    this.#sink.send(call, workerId, incarnation);
  }

  /** The actor lives in this worker. */
  located(workerId: number, incarnation: number): void {
    const known = this.#next ?? this.#location;
    if (this.#isDead || (known !== undefined && known.incarnation >= incarnation)) return;
    this.#next = { workerId, incarnation };
    this.#moveOn();
  }

  /** The worker has ended, and all that it had sent was read. */
  lost(workerId: number): void {
    if (this.#next?.workerId === workerId) this.#next = undefined;
    if (this.#location?.workerId !== workerId) return;
    this.#location = undefined;
    for (const call of [...this.#inFlight]) this.#interrupt(call);
    if (this.#isDead) this.#failLost();
    else this.#moveOn();
  }

  #interrupt(call: C): void {
    this.#inFlight.delete(call);
    if (call.retriesLeft > 0 && !call.isStopped) {
      call.retriesLeft--;
      call.state = "ready";
      this.#again.push(call);
      this.#sink.again(call);
    } else this.#interrupted.push(call);
  }

  #moveOn(): void {
    if (this.#next === undefined || this.#location !== undefined) return;
    this.#location = this.#next;
    this.#next = undefined;
    this.restarting();
    const again = this.#again;
    this.#again = [];
    for (const call of again) this.#send(call, this.#location);
    for (const caller of [...this.#lines.keys()]) this.#advance(caller);
  }

  /** The actor's constructor is to run again. */
  restarting(): void {
    const interrupted = this.#interrupted;
    this.#interrupted = [];
    for (const call of interrupted) {
      call.state = "done";
      this.#sink.unavailable(call);
    }
  }

  /** The actor is over for good; `lost` may follow, and ends what is in flight still. */
  died(): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#next = undefined;
    this.#failLost();
    // One that fails takes along those that wait for its result: the lines change meanwhile.
    const waiting = [...this.#lines.values()].flatMap((line) => [...line]);
    for (const call of waiting) if (call.state !== "done") this.#fail(call, false);
    this.#lines.clear();
  }

  #failLost(): void {
    const lost = [...this.#interrupted, ...this.#again];
    this.#interrupted = [];
    this.#again = [];
    for (const call of lost) this.#fail(call, true);
  }

  /** Nothing more will come from the actor. */
  endInFlight(): void {
    for (const call of [...this.#inFlight]) {
      this.#inFlight.delete(call);
      this.#fail(call, true);
    }
  }

  #fail(call: C, wasSent: boolean): void {
    call.state = "done";
    this.#sink.dead(call, wasSent);
  }

  /** Takes out all calls that were not sent, in their order. */
  takeUnsent(): C[] {
    const taken = this.unsent();
    this.#again = [];
    this.#lines.clear();
    return taken;
  }

  /** Calls that were not sent, or are to be sent again. */
  unsent(): C[] {
    const waiting = [...this.#lines.values()].flatMap((line) => [...line]);
    return [...this.#again, ...waiting].filter(({ state }) => state !== "done");
  }

  /** Throws if two fields disagree. */
  validate(): void {
    for (const call of this.#inFlight) {
      if (call.state !== "sent" || call.incarnation !== this.#location?.incarnation) {
        throw new Error(`Cannot have a call ${call.state} in flight to ${call.incarnation}`);
      }
    }
    for (const [caller, line] of this.#lines) {
      const first = line.first();
      if (first === undefined) throw new Error(`Cannot keep an empty line of ${String(caller)}`);
      const canGo = first.state === "ready" && (this.#isDead || this.#location !== undefined);
      if (canGo || first.state === "sent") {
        throw new Error(`Cannot let a call wait: it is ${first.state}`);
      }
    }
    if (this.#location !== undefined && (this.#again.length > 0 || this.#interrupted.length > 0)) {
      throw new Error("Cannot put off calls: the actor is there");
    }
  }
}
