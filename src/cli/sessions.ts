/** What commands share that show something of each running session. */

import { findSessions, type Session } from "../daemon/session-directory.ts";
import { askDaemon, type AnswerOf, type Topic } from "./ask-daemon.ts";
import { UsageError, type OptionValues, type Output } from "./command.ts";

export const ROWS_DEFAULT = 50;

/** What such a command shows. */
export interface View<T extends Topic, Report> {
  readonly topic: T;
  /** What a row is: "objects". */
  readonly rows: string;
  /** What is shown of a session, as data: the documents of `--json` are made of it. */
  reportOf(session: Session, answer: AnswerOf<T>): Report;
  /** The same for people. */
  format(report: Report, rowsMax: number): string;
}

export const SESSION_OPTIONS = {
  session: { type: "string" },
  limit: { type: "string" },
  json: { type: "boolean" },
} as const;

/** Asks all sessions, or the one that is named, and returns the exit code. Throws UsageError. */
export async function showSessions<T extends Topic, Report>(
  values: OptionValues,
  output: Output,
  view: View<T, Report>,
): Promise<number> {
  const rowsMax = rowsFrom(values["limit"], view.rows);
  const wanted = typeof values["session"] === "string" ? values["session"] : "";
  const sessions = findSessions().filter(({ sessionId }) => sessionId.startsWith(wanted));
  const asked = await Promise.allSettled(
    sessions.map(async (session) => {
      const answer = await askDaemon(session, view.topic);
      return answer === undefined ? [] : [view.reportOf(session, answer)];
    }),
  );
  const failures = asked.filter((result) => result.status === "rejected");
  const reports = asked.flatMap((result) => (result.status === "fulfilled" ? result.value : []));
  for (const { reason } of failures) output.error(`${(reason as Error).message}\n`);
  if (values["json"] === true) output.out(`${JSON.stringify({ sessions: reports }, null, 2)}\n`);
  else output.out(reports.map((report) => view.format(report, rowsMax)).join("\n"));
  if (reports.length === 0 && failures.length === 0) output.error(`${nothingFound(wanted)}\n`);
  return reports.length === 0 || failures.length > 0 ? 1 : 0;
}

function nothingFound(wanted: string): string {
  if (wanted !== "") return `No session ${wanted} of this user is running`;
  return "No Mobula program of this user is running, or it has another TMPDIR";
}

function rowsFrom(given: string | boolean | undefined, rows: string): number {
  if (given === undefined) return ROWS_DEFAULT;
  if (typeof given === "string" && /^\d+$/.test(given)) return Number(given);
  throw new UsageError(`Cannot show ${String(given)} ${rows}: --limit must be a whole number`);
}
