/** The actors of one session, from what its daemon knows of them. Pure. */

import type { ActorState } from "../core/actor-life.ts";
import type { ActorsAnswer } from "../daemon/actor-records.ts";
import type { Session } from "../daemon/session-directory.ts";
import type { ActorRecord } from "../runtime/actor-record.ts";
import { objectName } from "../runtime/object-record.ts";
import { nameProcess, type ProcessName } from "./process-name.ts";

export interface ActorEndReport {
  /** "its process 71 exited with code 3" */
  readonly why: string;
  /** It was never alive. */
  readonly isCreation: boolean;
  /** The rest is known of a process that has crashed. */
  readonly pid: number | null;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly residentBytes: number | null;
  readonly stderrTail: readonly string[];
}

export interface ActorReport {
  readonly id: string;
  readonly className: string;
  readonly name: string | null;
  readonly namespace: string;
  readonly state: ActorState;
  /** Where it lives, if it does. Without a pid: that process has ended, its owner does not know. */
  readonly worker: ProcessName | null;
  readonly pid: number | null;
  readonly restarts: number;
  /** Which of its lives this is, from 1 on. */
  readonly incarnation: number;
  readonly isDetached: boolean;
  readonly owner: ProcessName;
  /** Why it is dead, or was started again last. */
  readonly end: ActorEndReport | null;
}

export interface SessionReport {
  readonly sessionId: string;
  readonly driverPid: number;
  /** As they were created by each process; then the dead, the newest first. */
  readonly actors: readonly ActorReport[];
}

export function reportOf(session: Session, { actors, workers }: ActorsAnswer): SessionReport {
  const pids = new Map(workers.map(({ processId, pid }) => [processId, pid]));
  const name = (processId: number): ProcessName => {
    return nameProcess(session, processId, pids.get(processId));
  };
  const living = actors.filter(({ state }) => state !== "dead");
  const dead = actors.filter(({ state }) => state === "dead");
  living.sort((left, right) => left.key - right.key);
  return {
    sessionId: session.sessionId,
    driverPid: session.driverPid,
    actors: [...living, ...dead.reverse()].map((record) => reportOfActor(record, name)),
  };
}

function reportOfActor(
  record: ActorRecord,
  nameOf: (processId: number) => ProcessName,
): ActorReport {
  const { key, className, name, namespace, state, restarts, incarnation, isDetached } = record;
  const worker = record.workerId === undefined ? null : nameOf(record.workerId);
  return {
    ...{ id: objectName(key), className, name: name ?? null, namespace, state },
    ...{ worker, pid: worker?.pid ?? null, restarts, incarnation, isDetached },
    owner: nameOf(record.ownerId),
    end: endOf(record),
  };
}

function endOf({ end }: ActorRecord): ActorEndReport | null {
  if (end === undefined) return null;
  const { why, isCreation, pid, exitCode, signal, residentBytes, stderrTail } = end;
  return {
    ...{ why, isCreation, pid: pid ?? null, exitCode: exitCode ?? null, signal: signal ?? null },
    ...{ residentBytes: residentBytes ?? null, stderrTail },
  };
}
