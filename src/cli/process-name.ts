/** Processes of a session, as people know them. Pure. */

import type { Session } from "../daemon/session-directory.ts";
import { DRIVER_ID } from "../runtime/identity.ts";

export interface ProcessName {
  readonly processId: number;
  /** Null: it has ended. */
  readonly pid: number | null;
  readonly role: "driver" | "worker";
}

/** `pid`: of a worker. */
export function nameProcess(
  session: Session,
  processId: number,
  pid: number | undefined,
): ProcessName {
  if (processId !== DRIVER_ID) return { processId, pid: pid ?? null, role: "worker" };
  return { processId, pid: session.driverPid, role: "driver" };
}

export function inWords({ role, pid, processId }: ProcessName): string {
  return pid === null ? `process ${processId}, ended` : `${role} ${pid}`;
}
