/** Where a process that runs tasks may be killed on purpose: around their bodies. */

import type { FaultKind } from "../base/fault-kinds.ts";
import type { Faults } from "../base/faults.ts";

export interface FaultPoints {
  /** Whether the process ends instead of beginning a body. */
  dieBeforeBody(): boolean;
  /** Whether the process ends instead of replying. */
  dieBeforeReply(): boolean;
}

/** `crash` ends the process; where several live in one, it returns, and nothing more is heard. */
export function faultPoints(
  faults: Faults | undefined,
  crash: () => void,
  beforeBody: FaultKind,
  beforeReply: FaultKind,
): FaultPoints | undefined {
  if (faults === undefined) return undefined;
  const dies = (kind: FaultKind): boolean => {
    if (!faults.happens(kind)) return false;
    crash();
    return true;
  };
  return { dieBeforeBody: () => dies(beforeBody), dieBeforeReply: () => dies(beforeReply) };
}
