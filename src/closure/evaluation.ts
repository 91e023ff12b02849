/** Where code of a file is being executed right now, seen from the call stack. */

export interface Position {
  /** Both from 0. */
  readonly line: number;
  readonly column: number;
}

/** Innermost first. What runs from a timer or a callback shows no trace of who started it. */
export function findExecutingPositions(file: string): Position[] {
  const sites = callSites().filter((site) => site.getFileName() === file);
  return sites.map((site) => ({
    line: (site.getLineNumber() ?? 1) - 1,
    column: (site.getColumnNumber() ?? 1) - 1,
  }));
}

function callSites(): NodeJS.CallSite[] {
  const { prepareStackTrace, stackTraceLimit } = Error;
  const holder: { stack?: NodeJS.CallSite[] } = {};
  try {
    Error.stackTraceLimit = Infinity;
    // Raw positions: source maps are not applied to call sites.
    Error.prepareStackTrace = (_error, sites) => sites;
    Error.captureStackTrace(holder, callSites);
    return holder.stack ?? [];
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}
