/** `mobula list actors` beside running programs. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ActorReport, SessionReport } from "../../src/cli/actors-report.ts";
import { Program } from "../support/program.ts";
import { Sandbox } from "../support/sandbox.ts";
import { eventually } from "../support/within.ts";
import { mobula, named, NOBODY } from "./mobula.ts";

async function sessionsOf(sandbox: Sandbox): Promise<SessionReport[]> {
  const { exitCode, stdout, stderr } = await mobula(sandbox, "list", "actors", "--json");
  assert.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: "" });
  return JSON.parse(stdout).sessions as SessionReport[];
}

/** The actors of the only session, once they are in these states. */
async function actorsIn(sandbox: Sandbox, ...states: string[]): Promise<readonly ActorReport[]> {
  let actors: readonly ActorReport[] = [];
  await eventually(async () => {
    actors = (await sessionsOf(sandbox))[0]?.actors ?? [];
    const found = actors.map(({ state }) => state).join(" ");
    return found === states.join(" ") ? undefined : `actors are ${found}`;
  });
  return actors;
}

async function kill(program: Program): Promise<void> {
  program.kill("SIGKILL");
  await program.end();
}

/** Lives until it is killed; at SIGUSR2 it blocks. */
const CLASSES = `
  import { init, kill, remote } from "mobula";
  const settled = (...refs) => Promise.allSettled(refs);
  const runtime = await init({ numCpus: 2, resources: { gpu: 1 } });
  const RemoteChild = remote(class Child {
    pid() { return process.pid; }
  });
  const RemoteCounter = remote(class Counter {
    pid() { return process.pid; }
    crash() { console.error("last words"); process.exit(3); }
    async hire() { this.child = new RemoteChild(); return await this.child.pid(); }
  });
  const RemoteBad = remote(class Bad {
    constructor() { throw new RangeError("no such thing"); }
    look() {}
  });
  process.on("SIGUSR2", () => { console.log("blocks"); for (;;); });
  setInterval(() => alive, 2 ** 30);
`;

const MANY = `${CLASSES}
  const bad = new RemoteBad();
  await settled(bad.look());
  const killed = new RemoteCounter();
  await killed.pid();
  await kill(killed);
  const crashed = new RemoteCounter();
  await settled(crashed.crash());
  const parent = new RemoteCounter();
  await parent.hire();
  await kill(parent);
  const named = { name: "main", namespace: "games", lifetime: "detached" };
  const main = new (RemoteCounter.options(named))();
  const again = new (RemoteCounter.options({ maxRestarts: 2 }))();
  await settled(again.crash());
  const first = new (RemoteChild.options({ resources: { gpu: 1 } }))();
  const pids = [await main.pid(), await again.pid(), await first.pid()];
  const second = new (RemoteChild.options({ resources: { gpu: 1 } }))();
  const alive = [main, again, first, second];
  console.log("pids " + pids.join(" "));
`;

test("the living as they were created, then the dead, with why they died", async () => {
  await using sandbox = new Sandbox();
  const program = new Program(sandbox, MANY);
  const printed = await program.printed(/pids ([\d ]+)\n/);
  const [main, again, first] = printed.split(" ");
  const living = ["alive", "alive", "alive", "pending"];
  const actors = await actorsIn(sandbox, ...living, "dead", "dead", "dead", "dead", "dead");
  const [{ sessionId }] = (await sessionsOf(sandbox)) as [SessionReport];
  const { exitCode, stdout, stderr } = await mobula(sandbox, "list", "actors");
  assert.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: "" });
  const crashes = actors.flatMap(({ end }) => (typeof end?.pid === "number" ? [end] : []));
  const [restart, crash] = crashes;
  assert.deepEqual(
    crashes.map(({ stderrTail }) => stderrTail),
    [["last words"], ["last words"]],
  );
  const crashPids = { R: restart!.pid!, C: crash!.pid! };
  const pids = { D: program.pid, M: main!, A: again!, F: first!, ...crashPids };
  // A process that was measured before its end has more said of it.
  const shown = stdout.replaceAll(/ \(resident \d+ MiB\)/g, "");
  const text = named(shown, { S: sessionId, ...pids }).trimEnd();
  const [title, empty, head, ...rows] = text.split("\n");
  assert.equal(title, "Session S: driver D, 9 actors (3 alive, 1 pending, 5 dead)");
  assert.equal(empty, "");
  assert.equal(
    head,
    "Actor  Class  Name  Namespace  State  Pid  Restarts  Detached  Owner  Last end",
  );
  const cells = rows.map((row) => row.split("  "));
  assert.deepEqual(
    cells.map(([id]) => id),
    actors.map(({ id }) => id),
  );
  assert.deepEqual(
    cells.map(([, ...others]) => others.join("  ")),
    [
      "Counter  main  games  alive  M  0  yes  driver D",
      "Counter  default  alive  A  1  no  driver D  its process R exited with code 3",
      "Child  default  alive  F  0  no  driver D",
      "Child  default  pending  0  no  driver D",
      "Child  default  dead  0  no  process 5, ended  the process that created it has ended",
      "Counter  default  dead  0  no  driver D  it was killed",
      "Counter  default  dead  0  no  driver D  its process C exited with code 3",
      "Counter  default  dead  0  no  driver D  it was killed",
      "Bad  default  dead  0  no  driver D  its creation has failed with RangeError: no such thing",
    ],
  );
  const few = await mobula(sandbox, "list", "actors", "--limit", "1", "--session", sessionId);
  assert.equal(few.exitCode, 0);
  assert.match(few.stdout, /^Not shown: 8 actors \(2 alive, 1 pending, 5 dead\)\n$/m);
  await kill(program);
});

const BLOCKING = `${CLASSES}
  const alive = new RemoteCounter();
  console.log("pid " + await alive.pid());
`;

test("a driver that blocks, and a worker that has ended without its knowing", async () => {
  await using sandbox = new Sandbox();
  const program = new Program(sandbox, BLOCKING);
  const pid = Number(await program.printed(/pid (\d+)\n/));
  await actorsIn(sandbox, "alive");
  program.kill("SIGUSR2");
  await program.printed(/blocks/);
  const [actor] = await actorsIn(sandbox, "alive");
  assert.deepEqual([actor!.pid, actor!.worker?.pid], [pid, pid]);
  process.kill(pid, "SIGKILL");
  await eventually(async () => {
    const [lost] = await actorsIn(sandbox, "alive");
    return lost!.pid === null ? undefined : "the daemon has not noticed";
  });
  const { stdout } = await mobula(sandbox, "list", "actors");
  assert.match(stdout, /  alive +0 +no +driver \d+ +its process has just ended\n/);
  await kill(program);
});

test("of many dead actors the newest 1,000 are listed", async () => {
  await using sandbox = new Sandbox();
  const program = new Program(
    sandbox,
    `${CLASSES}
      const alive = new RemoteCounter();
      await alive.pid();
      // They never live: nothing is there for them.
      const options = RemoteChild.options({ resources: { gpu: 2 } });
      for (let i = 0; i < 1_005; i++) await settled(new options().pid());
      console.log("over");
    `,
  );
  await program.printed(/over/);
  const actors = await actorsIn(sandbox, "alive", ...new Array<string>(1_000).fill("dead"));
  const counts = actors.slice(1).map(({ id }) => parseInt(id.slice("1-".length), 16));
  assert.deepEqual(
    counts,
    counts.toSorted((left, right) => right - left),
  );
  const { stdout } = await mobula(sandbox, "list", "actors");
  assert.match(stdout, /^Not shown: 951 actors \(951 dead\)$/m);
  await kill(program);
});

test("a program without actors, two programs, and none", async () => {
  await using sandbox = new Sandbox();
  const nothing = { exitCode: 1, stdout: "", stderr: NOBODY };
  assert.deepEqual(await mobula(sandbox, "list", "actors"), nothing);
  const first = new Program(sandbox, BLOCKING);
  await first.printed(/pid/);
  const second = new Program(sandbox, `${CLASSES} const alive = []; console.log("ready");`);
  await second.printed(/ready/);
  const sessions = await sessionsOf(sandbox);
  const sessionOf = ({ pid }: Program): SessionReport => {
    return sessions.find(({ driverPid }) => driverPid === pid)!;
  };
  assert.equal(sessions.length, 2);
  assert.deepEqual(
    [first, second].map((program) => sessionOf(program).actors.length),
    [1, 0],
  );
  const { sessionId } = sessionOf(second);
  assert.deepEqual(await mobula(sandbox, "list", "--session", sessionId, "actors"), {
    exitCode: 0,
    stdout: `Session ${sessionId}: driver ${second.pid}, no actors\n`,
    stderr: "",
  });
  const unknown = await mobula(sandbox, "list", "actors", "--session", "nosuch");
  const stderr = "No session nosuch of this user is running\n";
  assert.deepEqual(unknown, { exitCode: 1, stdout: "", stderr });
  await kill(first);
  await kill(second);
});

test("what is wrong on the command line is said, with what to do", async () => {
  await using sandbox = new Sandbox();
  const cases: readonly (readonly [string, string])[] = [
    ["list", "Cannot list: it is not said what; name one of: actors\n"],
    ["list tasks", "Cannot list tasks: it is not known; name one of: actors\n"],
    ["list toString", "Cannot list toString: it is not known; name one of: actors\n"],
    ["list actors 1-1", "Cannot list actors 1-1: name one of: actors\n"],
    ["list actors --limit -1", "Cannot run list: Option '--limit' argument is ambiguous; "],
    ["list actors --limit=-1", "Cannot show -1 actors: --limit must be a whole number\n"],
    ["list actors --al", "Cannot run list: Unknown option '--al'; mobula list --help lists "],
    ["memory actors", "Cannot run memory: Unexpected argument 'actors'; mobula memory --help "],
  ];
  for (const [given, expected] of cases) {
    const { exitCode, stdout, stderr } = await mobula(sandbox, ...given.split(" "));
    const said = stderr.slice(0, expected.length);
    assert.deepEqual({ exitCode, stdout, said }, { exitCode: 2, stdout: "", said: expected });
  }
  const help = await mobula(sandbox, "list", "actors", "--help");
  assert.equal(help.exitCode, 0);
  assert.match(help.stdout, /^Usage: mobula list actors \[options\]\n/);
});
