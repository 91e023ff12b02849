/** A session's actors as text for people. Pure. */

import type { ActorReport, SessionReport } from "./actors-report.ts";
import { inWords } from "./process-name.ts";
import { counted, onOneLine, table } from "./table.ts";

export function formatSession(report: SessionReport, rowsMax: number): string {
  const { sessionId, driverPid, actors } = report;
  const shown = actors.slice(0, rowsMax);
  const hidden = actors.slice(rowsMax);
  return [
    `Session ${sessionId}: driver ${driverPid}, ${countsOf(actors)}`,
    ...(shown.length > 0 ? ["", actorTable(shown)] : []),
    ...(hidden.length > 0 ? ["", `Not shown: ${countsOf(hidden)}`] : []),
    "",
  ].join("\n");
}

/** "3 actors (2 alive, 1 dead)" */
function countsOf(actors: readonly ActorReport[]): string {
  if (actors.length === 0) return "no actors";
  const states = [...new Set(actors.map(({ state }) => state))];
  const counts = states.map((state) => {
    return `${actors.filter((actor) => actor.state === state).length} ${state}`;
  });
  return `${counted(actors.length, "actor")} (${counts.join(", ")})`;
}

function actorTable(actors: readonly ActorReport[]): string {
  const heads = ["Actor", "Class", "Name", "Namespace", "State", "Pid", "Restarts"];
  return table(
    [...heads, "Detached", "Owner", "Last end"],
    actors.map((actor) => [
      actor.id,
      onOneLine(actor.className),
      onOneLine(actor.name ?? ""),
      onOneLine(actor.namespace),
      actor.state,
      String(actor.pid ?? ""),
      String(actor.restarts),
      actor.isDetached ? "yes" : "no",
      inWords(actor.owner),
      onOneLine(lastEnd(actor)),
    ]),
  );
}

function lastEnd({ worker, end }: ActorReport): string {
  if (worker !== null && worker.pid === null) return "its process has just ended";
  return end?.why ?? "";
}
