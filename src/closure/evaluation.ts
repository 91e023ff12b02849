/** Where code of a file is being executed right now, seen from the call stack. */

import { fileURLToPath } from "node:url";

export interface Position {
  /** Both from 0. */
  readonly line: number;
  readonly column: number;
}

/** Innermost first. What runs from a timer or a callback shows no trace of who started it. */
export function findExecutingPositions(url: string): Position[] {
  // The engine knows modules by their URL, CommonJS files by their path.
  const path = url.startsWith("file:") ? fileURLToPath(url) : url;
  const sites = callSites().filter((site) => [url, path].includes(site.getFileName() ?? ""));
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
