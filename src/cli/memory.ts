/** `mobula memory`: which objects there are, how large, whose, and who holds them. */

import type { MemoryAnswer } from "../daemon/memory-gathering.ts";
import { findSessions, type Session } from "../daemon/session-directory.ts";
import { askMemory } from "./ask-daemon.ts";
import { UsageError, type Command, type OptionValues, type Output } from "./command.ts";
import { reportOf, type SessionReport } from "./memory-report.ts";
import { formatSession } from "./memory-text.ts";

const ROWS_DEFAULT = 50;

const HELP = `Usage: mobula memory [options]

Shows the objects of this user's running programs: sizes, where they are, who owns and who holds
them, and how much of the store's memory is in use.

Options:
  --session <id>   only this session; the beginning of its id is enough
  --limit <rows>   objects shown of each session, the largest; ${ROWS_DEFAULT} by default, 0 for
                   totals only
  --json           one JSON document with all objects; sizes in bytes
  -h, --help       this text

Start the program with MOBULA_RECORD_CREATION_SITES=1, or init({ recordCreationSites: true }), to
see where each object was made, and results under 1 KiB too.

Exit code 1: there is no such session, or one did not answer.
`;

export const memory: Command = {
  summary: "objects: sizes, owners, who holds them",
  help: HELP,
  options: {
    session: { type: "string" },
    limit: { type: "string" },
    json: { type: "boolean" },
  },
  run,
};

async function run(values: OptionValues, output: Output): Promise<number> {
  const rowsMax = rowsFrom(values["limit"]);
  const wanted = typeof values["session"] === "string" ? values["session"] : "";
  const sessions = findSessions().filter(({ sessionId }) => sessionId.startsWith(wanted));
  const asked = await Promise.allSettled(sessions.map(ask));
  const failures = asked.filter((result) => result.status === "rejected");
  const reports = asked.flatMap((result) => {
    return result.status === "fulfilled" && result.value !== undefined ? [result.value] : [];
  });
  for (const { reason } of failures) output.error(`${(reason as Error).message}\n`);
  if (values["json"] === true) output.out(`${JSON.stringify({ sessions: reports }, null, 2)}\n`);
  else output.out(reports.map((report) => formatSession(report, rowsMax)).join("\n"));
  if (reports.length === 0 && failures.length === 0) output.error(`${nothingFound(wanted)}\n`);
  return reports.length === 0 || failures.length > 0 ? 1 : 0;
}

async function ask(session: Session): Promise<SessionReport | undefined> {
  const answer: MemoryAnswer | undefined = await askMemory(session);
  return answer === undefined ? undefined : reportOf(session, answer);
}

function nothingFound(wanted: string): string {
  if (wanted !== "") return `No session ${wanted} of this user is running`;
  return "No Mobula program of this user is running, or it has another TMPDIR";
}

function rowsFrom(given: string | boolean | undefined): number {
  if (given === undefined) return ROWS_DEFAULT;
  if (typeof given === "string" && /^\d+$/.test(given)) return Number(given);
  throw new UsageError(`Cannot show ${String(given)} objects: --limit must be a whole number`);
}
