import assert from "node:assert/strict";
import { test } from "node:test";
import type { ActorsAnswer } from "../daemon/actor-records.ts";
import { endFor } from "../runtime/actor-end.ts";
import type { ActorRecord } from "../runtime/actor-record.ts";
import { objectKey } from "../runtime/object-record.ts";
import { reportOf } from "./actors-report.ts";
import { formatSession } from "./actors-text.ts";

const session = { sessionId: "5e55", directory: "/nowhere", driverPid: 100 };

function record(processId: number, count: number, given: Partial<ActorRecord>): ActorRecord {
  return {
    ...{ key: objectKey(processId, count), className: "Counter", name: undefined },
    ...{ namespace: "default", isDetached: false, ownerId: processId, state: "alive" },
    ...{ incarnation: 1, restarts: 0, workerId: undefined, sameAs: undefined, end: undefined },
    ...given,
  };
}

const told = {
  ...{ why: "it has exited with code 3", isCreation: false, pid: 103, exitCode: 3 },
  stderrTail: ["last words"],
};
const crash = { ...told, restarts: 0, signal: undefined, residentBytes: undefined };

const answer: ActorsAnswer = {
  actors: [
    record(1, 4, { state: "dead", end: endFor("it was killed") }),
    record(2, 1, { className: "Child", state: "pending" }),
    record(1, 16, { workerId: 2, restarts: 1, incarnation: 2, end: crash, name: "main" }),
    record(1, 5, { workerId: 7, isDetached: true }),
    record(3, 1, { state: "dead", end: endFor("its creator's process has ended") }),
  ],
  workers: [{ processId: 2, pid: 102 }],
};

test("the living as they were created, then the dead, the newest first", () => {
  const lines = formatSession(reportOf(session, answer), 50).split("\n");
  assert.deepEqual(
    lines.map((line) => line.replaceAll(/ {2,}/g, "  ")),
    [
      "Session 5e55: driver 100, 5 actors (2 alive, 1 pending, 2 dead)",
      "",
      "Actor  Class  Name  Namespace  State  Pid  Restarts  Detached  Owner  Last end",
      "1-5  Counter  default  alive  0  yes  driver 100  its process has just ended",
      "1-10  Counter  main  default  alive  102  1  no  driver 100  it has exited with code 3",
      "2-1  Child  default  pending  0  no  worker 102",
      "3-1  Counter  default  dead  0  no  process 3, ended  its creator's process has ended",
      "1-4  Counter  default  dead  0  no  driver 100  it was killed",
      "",
    ],
  );
  const at = (line: number, text: string): number => lines[line]!.indexOf(text);
  assert.equal(at(4, "main"), at(2, "Name"));
  assert.equal(at(4, "102"), at(2, "Pid"));
});

test("as data: all that is known, and null for what is not", () => {
  const { actors, ...rest } = reportOf(session, answer);
  assert.deepEqual(rest, { sessionId: "5e55", driverPid: 100 });
  assert.deepEqual(actors[1], {
    ...{ id: "1-10", className: "Counter", name: "main", namespace: "default", state: "alive" },
    ...{ worker: { processId: 2, pid: 102, role: "worker" }, pid: 102 },
    ...{ restarts: 1, incarnation: 2, isDetached: false },
    owner: { processId: 1, pid: 100, role: "driver" },
    end: { ...told, signal: null, residentBytes: null },
  });
  assert.deepEqual(actors[0]!.worker, { processId: 7, pid: null, role: "worker" });
  assert.deepEqual([actors[2]!.worker, actors[2]!.pid, actors[2]!.end], [null, null, null]);
  const none = { pid: null, exitCode: null, signal: null, residentBytes: null, stderrTail: [] };
  assert.deepEqual(actors[4]!.end, { why: "it was killed", isCreation: false, ...none });
});

test("a limit: what is not shown is counted; 0 shows totals only", () => {
  const report = reportOf(session, answer);
  const lines = formatSession(report, 2).split("\n");
  assert.equal(lines[0], "Session 5e55: driver 100, 5 actors (2 alive, 1 pending, 2 dead)");
  assert.deepEqual(
    lines.slice(3, 5).map((line) => line.split(" ")[0]),
    ["1-5", "1-10"],
  );
  assert.deepEqual(lines.slice(5), ["", "Not shown: 3 actors (1 pending, 2 dead)", ""]);
  assert.equal(
    formatSession(report, 0),
    `Session 5e55: driver 100, 5 actors (2 alive, 1 pending, 2 dead)

Not shown: 5 actors (2 alive, 1 pending, 2 dead)
`,
  );
  const nobody = reportOf(session, { actors: [], workers: [] });
  assert.equal(formatSession(nobody, 50), "Session 5e55: driver 100, no actors\n");
});

test("names that users give can neither end a line nor command a terminal", () => {
  const name = "a\n\u001b[31mb\u007f";
  const report = reportOf(session, { actors: [record(1, 1, { name })], workers: [] });
  assert.equal(report.actors[0]!.name, name);
  const text = formatSession(report, 50);
  assert.match(text, /^1-1 +Counter +a\\u000a\\u001b\[31mb\\u007f +default +alive /m);
  assert.equal(text.split("\n").length, 5);
});
