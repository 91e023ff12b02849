/** `mobula list`: what there is in running programs, one kind at a time. */

import { reportOf } from "./actors-report.ts";
import { formatSession } from "./actors-text.ts";
import { UsageError, type Command, type OptionValues, type Output } from "./command.ts";
import { ROWS_DEFAULT, SESSION_OPTIONS, showSessions } from "./sessions.ts";

const HELP = `Usage: mobula list actors [options]

Shows the actors of this user's running programs: what they are, where they live, who owns them,
and why they died or had to be started again. The dead come last, the newest first.

Options:
  --session <id>   only this session; the beginning of its id is enough
  --limit <rows>   actors shown of each session; ${ROWS_DEFAULT} by default, 0 for totals only
  --json           one JSON document with all actors and all that is known of them
  -h, --help       this text

Exit code 1: there is no such session, or one did not answer.
`;

type Listing = (values: OptionValues, output: Output) => Promise<number>;

const LISTINGS: Readonly<Record<string, Listing>> = {
  actors: (values, output) => {
    const view = { topic: "actors", rows: "actors", reportOf, format: formatSession } as const;
    return showSessions(values, output, view);
  },
};

export const list: Command = {
  summary: "actors: states, processes, restarts, why they died",
  help: HELP,
  options: SESSION_OPTIONS,
  takesOperands: true,
  run: (values, operands, output) => listingFor(operands)(values, output),
};

/** Throws UsageError. */
function listingFor(operands: readonly string[]): Listing {
  const [what] = operands;
  const known = Object.keys(LISTINGS).join(", ");
  if (what === undefined) {
    throw new UsageError(`Cannot list: it is not said what; name one of: ${known}`);
  }
  if (!Object.hasOwn(LISTINGS, what)) {
    throw new UsageError(`Cannot list ${what}: it is not known; name one of: ${known}`);
  }
  if (operands.length > 1) {
    throw new UsageError(`Cannot list ${operands.join(" ")}: name one of: ${known}`);
  }
  return LISTINGS[what]!;
}
