/** `mobula memory` beside running programs. */

import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { ObjectReport, SessionReport } from "../../src/cli/memory-report.ts";
import { Program, runProgram } from "../support/program.ts";
import { Sandbox } from "../support/sandbox.ts";
import { eventually } from "../support/within.ts";
import { mobula, named, NOBODY } from "./mobula.ts";

async function sessionsOf(sandbox: Sandbox): Promise<SessionReport[]> {
  const { exitCode, stdout, stderr } = await mobula(sandbox, "memory", "--json");
  assert.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: "" });
  return JSON.parse(stdout).sessions as SessionReport[];
}

/** Says its worker's pid when its task runs; lives until it is killed. */
const PROGRAM = `
  import { get, init, put, remote } from "mobula";
  await init({ numCpus: 1, objectStoreBytes: 64 * 2 ** 20 });
  const image = put(new Float64Array(125_000).fill(7));
  const album = put({ title: "x".repeat(2_000), image });
  const note = put("hello");
  const look = remote(async function look(pixels) {
    console.log("worker " + process.pid + " has " + pixels.length);
    await new Promise((resolve) => setTimeout(resolve, 2 ** 30));
    return [pixels, album];
  });
  const pixels = await image;
  const ref = look(image);
  await ref;
  console.log(pixels, note);
`;

async function start(sandbox: Sandbox, env = {}): Promise<{ program: Program; worker: number }> {
  const program = new Program(sandbox, PROGRAM, { env });
  return { program, worker: Number(await program.printed(/worker (\d+) has 125000/)) };
}

async function kill(program: Program): Promise<void> {
  program.kill("SIGKILL");
  await program.end();
}

/** Where files are read and not mapped there are none. */
const hasViews = process.env["MOBULA_PORTABLE"] !== "1";
const view = hasViews ? ["view"] : [];
const viewLines = hasViews ? "  1 view in driver D\n  1 view in worker W\n" : "";

function waysToHold(object: ObjectReport | undefined): string[] {
  return object!.holders.map(({ how }) => how);
}

test("objects, who owns and who holds them, and how much there is of each", async () => {
  await using sandbox = new Sandbox();
  const { program, worker } = await start(sandbox);
  const [session] = await sessionsOf(sandbox);
  const { exitCode, stdout, stderr } = await mobula(sandbox, "memory");
  assert.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: "" });
  assert.equal(
    named(stdout, { D: program.pid, W: worker, S: session!.sessionId }),
    `Session S: driver D, 1 worker
Memory of the store in use: 976.6 KiB of 64.0 MiB

Object  Size  Where  Owner  Held by
1-2  976.6 KiB  memory  driver D  1 ref in driver D
  task look on worker W
  inside 1-3
${viewLines}1-3  2.0 KiB  in process  driver D  1 ref in driver D
  1 ref in worker W
1-4  5 B  in process  driver D  1 ref in driver D

Owner  Objects  Memory  Disk  In process  Kept for reuse
driver D  3  976.6 KiB  0 B  2.0 KiB  0 B
worker W  0  0 B  0 B  0 B  0 B
Total  3  976.6 KiB  0 B  2.0 KiB  0 B
`,
  );
  await kill(program);
});

test("--json: the totals are the sums of the objects and of the processes", async () => {
  await using sandbox = new Sandbox();
  const { program } = await start(sandbox);
  const [session] = await sessionsOf(sandbox);
  const { objects, processes, totals, driverPid, limitBytes } = session!;
  assert.deepEqual([driverPid, limitBytes], [program.pid, 64 * 2 ** 20]);
  for (const [field, place] of [
    ["memoryBytes", "memory"],
    ["diskBytes", "disk"],
    ["processBytes", "process"],
  ] as const) {
    const placed = objects.filter((object) => object.place === place);
    const ofObjects = placed.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const ofProcesses = processes.reduce((sum, process) => sum + process[field], 0);
    assert.deepEqual([totals[field], totals[field]], [ofObjects, ofProcesses]);
  }
  assert.equal(totals.objects, objects.length);
  assert.equal(totals.memoryBytes, objects[0]!.sizeBytes);
  assert.deepEqual(waysToHold(objects[0]), ["ref", "task", "nested", ...view, ...view]);
  await kill(program);
});

test("a frozen worker is named, and does not keep the others from being heard", async () => {
  await using sandbox = new Sandbox();
  const { program, worker } = await start(sandbox);
  process.kill(worker, "SIGSTOP");
  const [session] = await sessionsOf(sandbox);
  const { objects, processes } = session!;
  assert.deepEqual(
    processes.map(({ pid, isHeard }) => [pid, isHeard]),
    [
      [program.pid, true],
      [worker, false],
    ],
  );
  assert.deepEqual(waysToHold(objects[0]), ["ref", "task", "nested", ...view]);
  const { stdout } = await mobula(sandbox, "memory");
  assert.match(stdout, new RegExp(`worker ${worker} .*  busy, not heard; holds 0 B\n`));
  await kill(program);
});

test("where objects were made, also in bursts", async () => {
  await using sandbox = new Sandbox();
  const source = `
    import { get, init, put, remote } from "mobula";
    await init({ numCpus: 1, recordCreationSites: true });
    const square = remote((x) => x * x);
    const first = put(1);
    const refs = [];
    for (let i = 0; i < 20; i++) refs.push(square(i));
    const there = remote(() => put("there"));
    const last = await get([...refs, there()]);
    console.log("ready");
    setInterval(() => [first, refs, last], 2 ** 30);
  `;
  const program = new Program(sandbox, source);
  await program.printed(/ready/);
  const [session] = await sessionsOf(sandbox);
  const lines = session!.objects.map(({ site }) => /:(\d+):\d+\)?$/.exec(site ?? "")?.[1]);
  const count = (line: string): number => lines.filter((each) => each === line).length;
  assert.equal(count("5"), 1, lines.join(" "));
  assert.equal(count("7"), 20, lines.join(" "));
  const { stdout } = await mobula(sandbox, "memory", "--limit", "1");
  assert.match(stdout, /Held by +Made at\n/);
  assert.match(stdout, /\n\d+ objects not shown, \d+ B\n/);
  await kill(program);
});

test("two programs: both, or the one that is asked for", async () => {
  await using sandbox = new Sandbox();
  const { program: first } = await start(sandbox);
  const { program: second } = await start(sandbox);
  const sessions = await sessionsOf(sandbox);
  const pids = sessions.map(({ driverPid }) => driverPid);
  assert.deepEqual(pids.toSorted(), [first.pid, second.pid].toSorted());
  const { stdout } = await mobula(sandbox, "memory");
  assert.equal(stdout.match(/^Session \w+: driver \d+, 1 worker$/gm)?.length, 2);
  const { sessionId, driverPid } = sessions[0]!;
  const one = await mobula(sandbox, "memory", "--session", sessionId.slice(0, 12));
  assert.match(one.stdout, new RegExp(`^Session ${sessionId}: driver ${driverPid}, 1 worker\n`));
  assert.equal(one.stdout.includes("Session", 1), false);
  await kill(first);
  await kill(second);
});

test("no program, and one that was killed with its daemon: a line that says so", async () => {
  await using sandbox = new Sandbox();
  const nothing = { exitCode: 1, stdout: "", stderr: NOBODY };
  assert.deepEqual(await mobula(sandbox, "memory"), nothing);
  const { program, worker } = await start(sandbox);
  const daemon = sandbox.pidsOf("mobula daemon");
  assert.equal(daemon.length, 1);
  // So that it does not find out, and removes nothing.
  program.kill("SIGSTOP");
  for (const pid of [...daemon, worker, program.pid]) process.kill(pid, "SIGKILL");
  await program.end();
  await eventually(() => (sandbox.processes().length > 0 ? "processes live" : undefined));
  assert(sandbox.files().some((file) => file.endsWith("daemon.sock")));
  assert.deepEqual(await mobula(sandbox, "memory"), nothing);
  const json = await mobula(sandbox, "memory", "--json");
  assert.deepEqual(json, { exitCode: 1, stdout: '{\n  "sessions": []\n}\n', stderr: NOBODY });
  // The next one removes what that one has left.
  await runProgram(sandbox, `import { init } from "mobula"; await init({ numCpus: 1 });`);
});

test("only the user who runs a program can ask its daemon", async () => {
  await using sandbox = new Sandbox();
  const { program } = await start(sandbox);
  const token = sandbox.files().find((file) => file.endsWith("/token"))!;
  const path = join(sandbox.temporaryDirectory, token);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(statSync(join(path, "..")).mode & 0o777, 0o700);
  await kill(program);
});

test("what is wrong on the command line is said, with what to do", async () => {
  await using sandbox = new Sandbox();
  const cases: readonly (readonly [readonly string[], string])[] = [
    [["memroy"], "Cannot run memroy: there is no such command; mobula --help lists all\n"],
    [
      ["memory", "--jsno"],
      "Cannot run memory: Unknown option '--jsno'; mobula memory --help lists the options\n",
    ],
    [["memory", "--limit", "many"], "Cannot show many objects: --limit must be a whole number\n"],
  ];
  for (const [args, stderr] of cases) {
    assert.deepEqual(await mobula(sandbox, ...args), { exitCode: 2, stdout: "", stderr });
  }
  const { exitCode, stdout } = await mobula(sandbox);
  assert.deepEqual([exitCode, stdout.split("\n")[0]], [2, "Usage: mobula <command> [options]"]);
  const help = await mobula(sandbox, "memory", "--help");
  assert.deepEqual(
    [help.exitCode, help.stdout.split("\n")[0]],
    [0, "Usage: mobula memory [options]"],
  );
});
