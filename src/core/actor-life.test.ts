import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ActorLife, type ActorEnd, type ActorLifeSink, type ActorState } from "./actor-life.ts";

const LEASE = 3;
const WORKER = 7;

/** Writes down what it is told, and holds what must hold whatever happens. */
class Shell implements ActorLifeSink<string> {
  readonly life: ActorLife<string>;
  readonly #maxRestarts: number;
  #log: string[] = [];
  #wanted = 0;
  #granted: number | undefined;
  /** Workers in which a constructor was called, and that have not ended. */
  readonly workers = new Set<number>();
  readonly killed = new Set<number>();
  readonly #constructed = new Set<number>();
  #isDead = false;

  constructor(maxRestarts: number) {
    this.#maxRestarts = maxRestarts;
    this.life = new ActorLife<string>(maxRestarts, this);
  }

  /** What it was told since the last time. */
  take(): string {
    const log = this.#log.join(", ");
    this.#log = [];
    return log;
  }

  grant(leaseId: number, workerId: number): void {
    this.#granted = leaseId;
    this.life.granted(leaseId, workerId);
    assert.equal(this.#granted, undefined, "a grant is used or given back");
  }

  gone(workerId: number): void {
    this.workers.delete(workerId);
    this.life.workerGone(workerId, "crash");
  }

  acquire(): void {
    assert.equal(this.#wanted++, 0, "one worker at a time is asked for");
    this.#tell("acquire");
  }

  withdraw(): void {
    assert.equal(this.#wanted--, 1, "what was asked for is withdrawn");
    this.#tell("withdraw");
  }

  giveBack(leaseId: number): void {
    assert.equal(leaseId, this.#granted);
    this.#granted = undefined;
    this.#log.push(`giveBack ${leaseId}`);
  }

  construct(workerId: number, incarnation: number): void {
    assert.equal(this.#wanted--, 1, "only where a worker was asked for");
    this.#granted = undefined;
    assert(!this.#constructed.has(incarnation), `two constructs of life ${incarnation}`);
    this.#constructed.add(incarnation);
    assert.deepEqual([...this.workers].filter(this.#lives), [], "its former worker has ended");
    this.workers.add(workerId);
    this.#tell(`construct ${workerId} ${incarnation}`);
  }

  finish(workerId: number, incarnation: number): void {
    assert(this.workers.has(workerId));
    this.#tell(`finish ${workerId} ${incarnation}`);
  }

  killWorker(workerId: number, reason: string): void {
    assert(this.workers.has(workerId), "only what it has is ended");
    this.killed.add(workerId);
    this.#tell(`killWorker ${workerId}: ${reason}`);
  }

  changed(state: ActorState, end: ActorEnd<string> | undefined): void {
    this.#tell(end === undefined ? state : `${state} (${describe(end)})`);
    if (state !== "dead") return;
    this.#isDead = true;
    assert.equal(this.#wanted, 0, "nothing is asked for any more");
    assert.deepEqual([...this.workers].filter(this.#lives), [], "its worker is ended");
  }

  readonly #lives = (workerId: number): boolean => !this.killed.has(workerId);

  #tell(text: string): void {
    assert(!this.#isDead, `dead, and told to ${text}`);
    this.#log.push(text);
  }

  check(): void {
    this.life.validate();
    assert(this.life.restarts <= this.#maxRestarts);
    assert.equal(this.life.state === "dead", this.#isDead);
  }
}

function describe(end: ActorEnd<string>): string {
  if (end.kind === "creation") return "creation";
  return end.kind === "crashed" ? end.cause : end.reason;
}

type Step = (shell: Shell) => void;

const begin: Step = ({ life }) => life.begin();
const grant: Step = (shell) => shell.grant(LEASE, WORKER);
const constructed: Step = ({ life }) => life.constructed();
const gone: Step = (shell) => shell.gone(WORKER);
const end: Step = ({ life }) => life.end("unheld");

/** How an actor that may be restarted once comes to each of its states. */
const PATHS = {
  new: [],
  acquiring: [begin],
  constructing: [begin, grant],
  "constructing, to end": [begin, grant, end],
  alive: [begin, grant, constructed],
  ending: [begin, grant, constructed, end],
  "acquiring again": [begin, grant, constructed, gone],
  "constructing again": [begin, grant, constructed, gone, grant],
  "alive again": [begin, grant, constructed, gone, grant, constructed],
  dead: [begin, grant, constructed, gone, grant, constructed, gone],
} satisfies Record<string, readonly Step[]>;

const EVENTS = {
  begin,
  grant,
  constructed,
  creationFailed: ({ life }) => life.creationFailed(),
  gone,
  otherGone: (shell) => shell.gone(WORKER + 1),
  end,
  graceOver: ({ life }) => life.graceOver(),
  kill: ({ life }) => life.kill("killed"),
} satisfies Record<string, Step>;

type Column = keyof typeof EVENTS;

const late = `giveBack ${LEASE}`;
const failed = `killWorker ${WORKER}: the creation of its actor has failed, dead (creation)`;
const killed = `killWorker ${WORKER}: killed, dead (killed)`;
const again = "restarting (crash), acquire";

/** What follows; an event that is not named changes nothing. */
const EXPECTED: Record<keyof typeof PATHS, Partial<Record<Column, string>>> = {
  new: {
    begin: "acquire",
    grant: late,
    creationFailed: "dead (creation)",
    end: "dead (unheld)",
    kill: "dead (killed)",
  },
  acquiring: {
    grant: `construct ${WORKER} 1`,
    creationFailed: "withdraw, dead (creation)",
    end: "withdraw, dead (unheld)",
    kill: "withdraw, dead (killed)",
  },
  constructing: {
    grant: late,
    constructed: "alive",
    creationFailed: failed,
    gone: again,
    kill: killed,
  },
  "constructing, to end": {
    grant: late,
    constructed: `alive, ending, finish ${WORKER} 1`,
    creationFailed: failed,
    gone: "dead (unheld)",
    kill: killed,
  },
  alive: {
    grant: late,
    gone: again,
    end: `ending, finish ${WORKER} 1`,
    kill: killed,
  },
  ending: {
    grant: late,
    gone: "dead (unheld)",
    graceOver: `killWorker ${WORKER}: its actor did not end in time`,
    kill: killed,
  },
  "acquiring again": {
    grant: `construct ${WORKER} 2`,
    creationFailed: "withdraw, dead (creation)",
    end: "withdraw, dead (unheld)",
    kill: "withdraw, dead (killed)",
  },
  "constructing again": {
    grant: late,
    constructed: "alive",
    creationFailed: failed,
    gone: "dead (crash)",
    kill: killed,
  },
  "alive again": {
    grant: late,
    gone: "dead (crash)",
    end: `ending, finish ${WORKER} 2`,
    kill: killed,
  },
  dead: { grant: late },
};

for (const [from, path] of Object.entries(PATHS) as [keyof typeof PATHS, Step[]][]) {
  test(`an actor that is ${from}: what each event does`, () => {
    const seen: Partial<Record<Column, string>> = {};
    for (const [name, event] of Object.entries(EVENTS) as [Column, Step][]) {
      const shell = new Shell(1);
      for (const step of path) step(shell);
      shell.take();
      event(shell);
      shell.check();
      const told = shell.take();
      if (told !== "") seen[name] = told;
    }
    assert.deepEqual(seen, EXPECTED[from]);
  });
}

test("each life has a number of its own, until there are no more", () => {
  const shell = new Shell(2);
  begin(shell);
  const seen: string[] = [];
  for (let workerId = 1; shell.life.state !== "dead"; workerId++) {
    shell.grant(LEASE, workerId);
    constructed(shell);
    const { incarnation, restarts } = shell.life;
    seen.push(`${shell.life.workerId}: life ${incarnation}, ${restarts} restarts`);
    shell.gone(workerId);
  }
  assert.deepEqual(
    seen,
    ["1", "2", "3"].map((n) => `${n}: life ${n}, ${Number(n) - 1} restarts`),
  );
});

test("the first reason to end is the one that counts", () => {
  const shell = new Shell(0);
  for (const step of PATHS.constructing) step(shell);
  shell.life.end("first");
  shell.life.end("second");
  constructed(shell);
  shell.life.end("third");
  shell.take();
  gone(shell);
  assert.equal(shell.take(), "dead (first)");
});

test("random histories: each life is made once, and nothing is left of a dead actor", () => {
  const names = Object.keys(EVENTS).filter((name) => name !== "begin") as Column[];
  const events = fc.array(fc.record({ name: fc.constantFrom(...names), pick: fc.nat(2) }), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(fc.nat(3), events, (maxRestarts, history) => {
      const shell = new Shell(maxRestarts);
      begin(shell);
      let workers = 0;
      for (const { name, pick } of history) {
        // Grants come for workers that there were not before; ends of these, or of former ones.
        if (name === "grant") shell.grant(++workers, workers);
        else if (name === "gone") shell.gone(workers - pick);
        else EVENTS[name](shell);
        shell.check();
      }
      shell.life.kill("the end");
      shell.check();
      for (let workerId = 1; workerId <= workers; workerId++) shell.gone(workerId);
      assert.equal(shell.life.state, "dead");
      assert.deepEqual([...shell.workers], []);
    }),
    { numRuns: 2_000 },
  );
});
