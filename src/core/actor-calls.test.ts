import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  ActorCalls,
  type ActorCall,
  type ActorCallsSink,
  type ActorCallState,
} from "./actor-calls.ts";
import { Twin, type What } from "./actor-calls-twin.ts";

class Call implements ActorCall {
  state: ActorCallState = "waiting";
  incarnation = 0;
  isStopped = false;
  retriesLeft: number;
  /** An argument of it is lost. */
  lacks = false;
  readonly id: number;
  readonly caller: string;
  /** Its argument: if this one fails, so does the call. */
  readonly after: Call | undefined;

  constructor(id: number, caller: string, maxRetries: number, after?: Call) {
    this.id = id;
    this.caller = caller;
    this.retriesLeft = maxRetries;
    this.after = after;
  }
}

/** As the runtime: workers and lives have the same numbers, what fails takes others along. */
class Shell implements ActorCallsSink<Call> {
  readonly lines = new ActorCalls<Call>(this);
  readonly calls: Call[] = [];
  readonly lost = new Set<number>();
  readonly inFlight = new Set<Call>();
  readonly ended = new Set<Call>();
  readonly sends = new Map<Call, number>();
  log: string[] = [];
  onLack: ((call: Call) => void) | undefined;

  add(caller: string, maxRetries = 0, after?: Call): Call {
    const call = new Call(this.calls.length + 1, caller, maxRetries, after);
    this.calls.push(call);
    this.lines.add(call, caller);
    return call;
  }

  addReady(caller: string, maxRetries = 0): Call {
    const call = this.add(caller, maxRetries);
    this.lines.ready(call, caller);
    return call;
  }

  located(life: number): void {
    if (!this.lost.has(life)) this.lines.located(life, life);
  }

  lose(life: number): void {
    this.lost.add(life);
    this.lines.lost(life);
  }

  stop(call: Call): void {
    if (call.state === "sent") call.isStopped = true;
    else if (call.state !== "done") this.abandon(call);
  }

  abandon(call: Call): void {
    this.log.push(`abandon ${call.id}`);
    this.lines.abandon(call, call.caller);
    this.#end(call);
  }

  finish(call: Call): void {
    if (!this.inFlight.delete(call)) return;
    this.log.push(`finish ${call.id}`);
    this.lines.finished(call);
    this.ended.add(call);
  }

  send(call: Call, workerId: number, incarnation: number): void {
    assert(!this.lost.has(workerId), `sent to worker ${workerId}, which is lost`);
    assert(!call.isStopped, "a stopped call is not sent again");
    assert(!this.ended.has(call));
    assert.equal(call.incarnation, incarnation);
    this.inFlight.add(call);
    this.sends.set(call, (this.sends.get(call) ?? 0) + 1);
    this.log.push(`send ${call.id} to ${workerId}`);
  }

  isWhole(call: Call): boolean {
    return !call.lacks;
  }

  makeWhole(call: Call): void {
    call.lacks = false;
    this.log.push(`lacks ${call.id}`);
    this.onLack?.(call);
  }

  again(call: Call): void {
    assert(this.inFlight.delete(call));
    this.log.push(`again ${call.id}`);
  }

  unavailable(call: Call): void {
    this.log.push(`unavailable ${call.id}`);
    this.#end(call);
  }

  dead(call: Call, wasSent: boolean): void {
    assert.equal(wasSent, this.sends.has(call));
    this.log.push(`dead ${call.id}`);
    this.#end(call);
  }

  #end(call: Call): void {
    assert(!this.ended.has(call), `call ${call.id} ends twice`);
    this.ended.add(call);
    this.inFlight.delete(call);
    for (const other of this.calls) {
      if (other.after === call && other.state === "waiting") this.abandon(other);
    }
  }

  take(): string[] {
    const { log } = this;
    this.log = [];
    return log;
  }
}

test("calls wait for the actor, and go in their order, each caller for itself", () => {
  const shell = new Shell();
  const late = shell.add("a");
  shell.addReady("a");
  shell.addReady("b");
  assert.deepEqual(shell.take(), []);
  shell.located(1);
  assert.deepEqual(shell.take(), ["send 3 to 1"]);
  shell.lines.ready(late, "a");
  assert.deepEqual(shell.take(), ["send 1 to 1", "send 2 to 1"]);
  shell.lines.validate();
});

test("a call whose argument is lost while it stands in line keeps its place", () => {
  const shell = new Shell();
  const [first] = [shell.addReady("a"), shell.addReady("a"), shell.addReady("b")];
  first.lacks = true;
  shell.located(1);
  assert.deepEqual(shell.take(), ["lacks 1", "send 3 to 1"]);
  shell.addReady("a");
  shell.lines.validate();
  shell.lines.ready(first, "a");
  assert.deepEqual(shell.take(), ["send 1 to 1", "send 2 to 1", "send 4 to 1"]);
  shell.lines.validate();
});

test("the same if it is there at once, or cannot be made again", () => {
  for (const isThere of [true, false]) {
    const shell = new Shell();
    const [first] = [shell.addReady("a"), shell.addReady("a")];
    first.lacks = true;
    shell.onLack = () => (isThere ? shell.lines.ready(first, "a") : shell.abandon(first));
    shell.located(1);
    const then = isThere ? "send 1 to 1" : "abandon 1";
    assert.deepEqual(shell.take(), ["lacks 1", then, "send 2 to 1"]);
    shell.lines.validate();
  }
});

test("what is stopped before it is sent holds up nobody", () => {
  const shell = new Shell();
  shell.located(1);
  const [first, second] = [shell.add("a"), shell.add("a")];
  shell.addReady("a");
  shell.stop(second);
  shell.stop(first);
  assert.deepEqual(shell.take(), ["abandon 2", "abandon 1", "send 3 to 1"]);
});

test("the next life waits until the former one is read to its end", () => {
  const shell = new Shell();
  shell.located(1);
  shell.addReady("a", 1);
  shell.addReady("a");
  shell.located(2);
  shell.addReady("a");
  assert.deepEqual(shell.take(), ["send 1 to 1", "send 2 to 1", "send 3 to 1"]);
  shell.lose(1);
  assert.deepEqual(shell.take(), ["again 1", "unavailable 2", "unavailable 3", "send 1 to 2"]);
  shell.lines.validate();
});

test("the loss comes first: it is the new life that tells what became of the calls", () => {
  const shell = new Shell();
  shell.located(1);
  shell.addReady("a", 1);
  shell.addReady("a");
  shell.lose(1);
  shell.addReady("a");
  assert.deepEqual(shell.take(), ["send 1 to 1", "send 2 to 1", "again 1"]);
  shell.lines.restarting();
  assert.deepEqual(shell.take(), ["unavailable 2"]);
  shell.located(2);
  assert.deepEqual(shell.take(), ["send 1 to 2", "send 3 to 2"]);
});

test("a worker that is lost before anything went there is passed over", () => {
  const shell = new Shell();
  shell.located(1);
  shell.addReady("a", 2);
  shell.located(2);
  shell.lose(2);
  shell.located(1);
  shell.located(3);
  shell.lose(1);
  assert.deepEqual(shell.take(), ["send 1 to 1", "again 1", "send 1 to 3"]);
});

test("a dead actor: what was sent may be answered still, everything else has failed", () => {
  const shell = new Shell();
  shell.located(1);
  const answered = shell.addReady("a");
  shell.addReady("a", 5);
  const late = shell.add("b");
  shell.lines.died();
  assert.deepEqual(shell.take(), ["send 1 to 1", "send 2 to 1", "dead 3"]);
  shell.finish(answered);
  shell.lose(1);
  assert.deepEqual(shell.take(), ["finish 1", "again 2", "dead 2"]);
  assert.equal(late.state, "done");
  shell.addReady("b");
  shell.located(2);
  assert.deepEqual(shell.take(), ["dead 4"]);
  shell.lines.validate();
});

test("one death takes along the calls that wait for each other's results", () => {
  for (const caller of ["a", "b"]) {
    const shell = new Shell();
    const first = shell.addReady("a");
    shell.add(caller, 0, first);
    shell.addReady(caller);
    const last = shell.add("a", 0, first);
    shell.add("b", 0, last);
    shell.lines.died();
    assert.equal(shell.ended.size, 5);
    assert.deepEqual(shell.lines.unsent(), []);
    shell.lines.validate();
  }
});

/** How the twin's words show outside. */
const STATES: Record<What, ActorCallState> = {
  waiting: "waiting",
  ready: "ready",
  sent: "sent",
  again: "ready",
  interrupted: "sent",
  over: "done",
};

const EVENTS = [
  "add",
  "ready",
  "stop",
  "finish",
  "locate",
  "lose",
  "restarting",
  "die",
  "lack",
] as const;
const WEIGHTS = [8, 8, 2, 5, 3, 2, 1, 0.2, 2];

const histories = fc.array(
  fc.record({
    event: fc.oneof(
      ...EVENTS.map((event, index) => {
        return { arbitrary: fc.constant(event), weight: WEIGHTS[index]! * 5 };
      }),
    ),
    caller: fc.constantFrom("a", "b"),
    pick: fc.nat(1_000),
    retries: fc.nat(2),
  }),
  { maxLength: 60 },
);

type Happened = typeof histories extends fc.Arbitrary<readonly (infer T)[]> ? T : never;

function pickOf<T>(values: readonly T[], pick: number): T | undefined {
  return values[pick % values.length];
}

function apply({ event, caller, pick, retries }: Happened, shell: Shell, twin: Twin): void {
  const among = (state: ActorCallState): Call | undefined => {
    return pickOf(
      shell.calls.filter((call) => call.state === state),
      pick,
    );
  };
  const life = (pick % 6) + 1;
  if (event === "add") {
    // Some wait for another call.
    const after = pick % 3 === 0 ? among("waiting") : undefined;
    shell.add(caller, retries, after);
    twin.add(caller, retries);
  } else if (event === "ready") {
    const call = among("waiting");
    if (call === undefined) return;
    twin.ready(call.id);
    shell.lines.ready(call, call.caller);
  } else if (event === "lack") {
    // Those that are sent again fail if an argument is lost.
    const call = among("ready");
    if (call === undefined || twin.calls[call.id - 1]!.what !== "ready") return;
    twin.lack(call.id);
    call.lacks = true;
  } else if (event === "stop") {
    const call = pickOf(shell.calls, pick);
    if (call === undefined) return;
    twin.stop(call.id);
    shell.stop(call);
  } else if (event === "finish") {
    const call = pickOf(
      [...shell.inFlight].filter(({ state }) => state === "sent"),
      pick,
    );
    if (call === undefined || twin.calls[call.id - 1]!.what !== "sent") return;
    twin.finish(call.id);
    shell.finish(call);
  } else if (event === "locate") {
    if (!shell.lost.has(life)) twin.located(life);
    shell.located(life);
  } else if (event === "lose") {
    twin.lost(life);
    shell.lose(life);
  } else if (event === "restarting") {
    twin.restarting();
    shell.lines.restarting();
  } else {
    twin.died();
    shell.lines.died();
  }
}

/** What fails takes along what waits for it. */
function follow(shell: Shell, twin: Twin): void {
  for (const line of shell.log) {
    const [what, id] = line.split(" ");
    if (what === "abandon" && twin.calls[Number(id) - 1]!.what === "waiting") {
      twin.fails(Number(id));
    }
  }
}

/** What one caller's calls were sent as, first sendings only: the order in which they were made. */
function assertOrder(shell: Shell): void {
  for (const caller of ["a", "b"]) {
    const ids = [...shell.sends.keys()].filter((call) => call.caller === caller);
    assert.deepEqual(
      ids.map(({ id }) => id),
      ids.map(({ id }) => id).sort((one, other) => one - other),
    );
  }
}

test("random histories end like those of a machine that looks at everything each time", () => {
  fc.assert(
    fc.property(histories, (history) => {
      const shell = new Shell();
      const twin = new Twin();
      for (const happened of history) {
        apply(happened, shell, twin);
        follow(shell, twin);
        shell.log = [];
        shell.lines.validate();
        assert.deepEqual(
          shell.calls.map(({ state }) => state),
          twin.calls.map(({ what }) => STATES[what]),
        );
      }
      const retries = new Map(shell.calls.map((call, index) => [call, twin.calls[index]!.retries]));
      for (const [call, left] of retries) assert.equal(call.retriesLeft, left);
      assertOrder(shell);
      shell.lines.died();
      shell.lines.endInFlight();
      for (let life = 1; life <= 6; life++) shell.lose(life);
      // Made when it was dead: they learn it once they are ready.
      for (const call of shell.calls) {
        if (call.state === "waiting") shell.lines.ready(call, call.caller);
      }
      shell.lines.validate();
      assert.equal(shell.ended.size, shell.calls.length, "each call ends");
      assert.deepEqual(shell.lines.unsent(), []);
    }),
    { numRuns: 3_000 },
  );
});

test("a call is sent once more for each retry, and no more often", () => {
  for (const maxRetries of [0, 1, 3]) {
    const shell = new Shell();
    const call = shell.addReady("a", maxRetries);
    for (let life = 1; life <= 6; life++) {
      shell.located(life);
      shell.lose(life);
      shell.lines.restarting();
    }
    assert.equal(shell.sends.get(call), maxRetries + 1);
    assert.equal(shell.log.at(-1), `unavailable ${call.id}`);
  }
});
