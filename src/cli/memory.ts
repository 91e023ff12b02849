/** `mobula memory`: which objects there are, how large, whose, and who holds them. */

import type { Command } from "./command.ts";
import { reportOf } from "./memory-report.ts";
import { formatSession } from "./memory-text.ts";
import { ROWS_DEFAULT, SESSION_OPTIONS, showSessions } from "./sessions.ts";

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
  options: SESSION_OPTIONS,
  takesOperands: false,
  run: (values, _operands, output) => {
    const view = { topic: "memory", rows: "objects", reportOf, format: formatSession } as const;
    return showSessions(values, output, view);
  },
};
