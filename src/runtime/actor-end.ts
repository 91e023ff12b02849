/** How an actor ended, as its owner publishes it, and the errors that callers get. */

import { ActorDiedError, ActorUnavailableError } from "../base/errors.ts";
import type { ExitNotice } from "./daemon-messages.ts";
import { howItEnded, lastLines } from "./exit-text.ts";
import { objectName } from "./object-record.ts";

/** Plain data: it travels through the control plane. */
export type ActorDeath = {
  /** "its process 71 exited with code 3" */
  readonly why: string;
  /** It was never alive: calls fail with what the creation failed with. */
  readonly isCreation: boolean;
  readonly pid: number | undefined;
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly residentBytes: number | undefined;
  readonly stderrTail: readonly string[];
};

/** An end that is nobody's crash. */
export function endFor(why: string, isCreation = false): ActorDeath {
  const nothing = { pid: undefined, exitCode: undefined, signal: undefined };
  return { why, isCreation, ...nothing, residentBytes: undefined, stderrTail: [] };
}

export function crashOf(notice: ExitNotice): ActorDeath {
  const { pid, exitCode, signal, residentBytes, stderrTail } = notice;
  const why = `its process ${pid} ${howItEnded(notice)}`;
  return { why, isCreation: false, pid, exitCode, signal, residentBytes, stderrTail };
}

interface Who {
  readonly key: number;
  readonly className: string;
}

export function diedError(callName: string, { key, className }: Who, end: ActorDeath): Error {
  const { why, isCreation: _isCreation, ...figures } = end;
  const actorId = objectName(key);
  return new ActorDiedError(
    `Cannot call ${callName}: actor ${actorId} is dead, ${why}; ` +
      `create a new one${end.pid === undefined ? "" : ", or let it restart with maxRestarts"}` +
      lastLines(end.stderrTail),
    { actorId, className, ...figures },
  );
}

export function unavailableError(
  callName: string,
  { key, className }: Who,
  end: ActorDeath,
): Error {
  const { why, isCreation: _isCreation, ...figures } = end;
  const actorId = objectName(key);
  return new ActorUnavailableError(
    `Cannot finish ${callName}: actor ${actorId} is being restarted, ${why}; the call may have ` +
      `run in part: call it again, or give the actor maxTaskRetries${lastLines(end.stderrTail)}`,
    { actorId, className, ...figures },
  );
}
