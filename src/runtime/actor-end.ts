/** How an actor ended, as its owner publishes it, and the errors that callers get. */

import { ActorDiedError, ActorUnavailableError } from "../base/errors.ts";
import type { ExitNotice } from "./daemon-messages.ts";
import { howItEnded, lastLines } from "./exit-text.ts";
import type { MethodCall } from "./method-call.ts";
import { objectName } from "./object-record.ts";

/** Plain data: it travels through the control plane. */
export type ActorDeath = {
  /** "its process 71 exited with code 3" */
  readonly why: string;
  /** It was never alive: calls fail with what the creation failed with. */
  readonly isCreation: boolean;
  /** How often it has crashed before, and was restarted. */
  readonly restarts: number;
  readonly pid: number | undefined;
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly residentBytes: number | undefined;
  readonly stderrTail: readonly string[];
};

/** An end that is nobody's crash. */
export function endFor(why: string, isCreation = false): ActorDeath {
  const nothing = { pid: undefined, exitCode: undefined, signal: undefined };
  return { why, isCreation, restarts: 0, ...nothing, residentBytes: undefined, stderrTail: [] };
}

export function crashOf(notice: ExitNotice): ActorDeath {
  const { pid, exitCode, signal, residentBytes, stderrTail } = notice;
  const why = `its process ${pid} ${howItEnded(notice)}`;
  return { why, isCreation: false, restarts: 0, pid, exitCode, signal, residentBytes, stderrTail };
}

/** The crash was one too many. */
export function afterRestarts(crash: ActorDeath, restarts: number): ActorDeath {
  if (restarts === 0) return crash;
  const times = restarts === 1 ? "once" : `${restarts} times`;
  return { ...crash, restarts, why: `${crash.why}, after it was restarted ${times}` };
}

interface Who {
  readonly key: number;
  readonly className: string;
  readonly maxTaskRetries: number;
}

type WhoDied = Pick<Who, "key" | "className">;

export function diedError(callName: string, { key, className }: WhoDied, end: ActorDeath): Error {
  const { why, isCreation: _isCreation, restarts, ...figures } = end;
  const actorId = objectName(key);
  const more = restarts === 0 ? "" : " more often";
  const restart = end.pid === undefined ? "" : `, or let it restart${more} with maxRestarts`;
  return new ActorDiedError(
    `Cannot call ${callName}: actor ${actorId} is dead, ${why}; create a new one${restart}` +
      lastLines(end.stderrTail),
    { actorId, className, ...figures },
  );
}

/** The call ran, at least in part, and is not made again. */
export function unavailableError(call: MethodCall, who: Who, end: ActorDeath): Error {
  const { why, isCreation: _isCreation, restarts: _restarts, ...figures } = end;
  const { key, className } = who;
  const actorId = objectName(key);
  const runs = call.attempt === 1 ? "" : `, in the last of ${call.attempt} runs of the call`;
  return new ActorUnavailableError(
    `Cannot finish ${call.name}: actor ${actorId} is being restarted, ${why}${runs}; ` +
      `${adviceFor(call, who)}${lastLines(end.stderrTail)}`,
    { actorId, className, ...figures },
  );
}

function adviceFor({ stream }: MethodCall, { maxTaskRetries }: Who): string {
  if (stream?.isBegun === true)
    return "elements of it have come, so it does not begin again: call it anew";
  const more = maxTaskRetries === 0 ? "" : "more ";
  return `the call may have run in part: call it again, or give the actor ${more}maxTaskRetries`;
}
