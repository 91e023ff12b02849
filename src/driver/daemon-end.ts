/** How the daemon ended, in words. */

import { RuntimeEndedError } from "../base/errors.ts";

export interface DaemonEnd {
  readonly pid: number | undefined;
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  /** Its last lines. */
  readonly stderrTail: readonly string[];
}

/** `cause`: why the link to it was closed from this side. */
export function daemonEndedError(end: DaemonEnd, cause: Error | undefined): RuntimeEndedError {
  const { pid, exitCode, signal, stderrTail } = end;
  const who = pid === undefined ? "" : `, process ${pid},`;
  const last = stderrTail.length === 0 ? "" : `\n${stderrTail.join("\n")}`;
  return new RuntimeEndedError(
    `Cannot go on: the daemon of this runtime${who} ${howItEnded({ exitCode, signal }, cause)}; ` +
      `call init() to start a new one${last}`,
    { ...end },
    cause,
  );
}

function howItEnded(
  { exitCode, signal }: Pick<DaemonEnd, "exitCode" | "signal">,
  cause: Error | undefined,
): string {
  if (signal !== undefined) return `was ended by ${signal}`;
  if (exitCode !== undefined) return `exited with code ${exitCode}`;
  return cause === undefined ? "has ended" : `cannot be talked to: ${cause.message}`;
}
