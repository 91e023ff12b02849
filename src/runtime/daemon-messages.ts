/** What the daemon tells a process, read from frames. */

import { EnvironmentSetupError, UnschedulableError } from "../base/errors.ts";
import { MsgpackReader } from "../base/msgpack.ts";
import type { MemoryShortage } from "../core/memory-watch.ts";
import { readPlain } from "../values/plain-data.ts";
import { Kind } from "../wire/messages.ts";
import type { ResourcesAnswer } from "./daemon-link.ts";

/** How a worker process ended. */
export interface ExitNotice {
  readonly processId: number;
  readonly pid: number;
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly residentBytes?: number | undefined;
  readonly stderrTail: readonly string[];
  /** Why the daemon ended it, if it did. */
  readonly reason: string | undefined;
  /** It was ended for its memory, by the daemon or by the kernel. */
  readonly shortage?: MemoryShortage | undefined;
}

export interface DaemonMessages {
  welcome(): void;
  granted(leaseId: number, workerId: number, classId: number): void;
  rejected(classId: number, error: Error): void;
  reclaim(leaseId: number): void;
  exited(notice: ExitNotice): void;
  resources(requestId: number, answer: ResourcesAnswer): void;
  describeMemory(requestId: number): void;
  retire(): void;
  spill(): void;
  breakCircle(callId: number, names: readonly string[]): void;
  notice(text: string): void;
  /** A message of the control plane; others are passed over. */
  control(kind: number, body: MsgpackReader): void;
  workerStarted(pid: number): void;
  output(stream: 1 | 2, name: string, pid: number, text: string): void;
}

export function readDaemonMessage(
  kind: number,
  bytes: Buffer,
  start: number,
  end: number,
  messages: DaemonMessages,
): void {
  const body = new MsgpackReader(bytes, start, end);
  body.arrayHeader();
  switch (kind) {
    case Kind.welcome:
      return messages.welcome();
    case Kind.grant:
      return messages.granted(body.number(), body.number(), body.number());
    case Kind.reject:
      return messages.rejected(body.number(), readRejection(body));
    case Kind.reclaim:
      return messages.reclaim(body.number());
    case Kind.exited:
      return messages.exited(readExit(body));
    case Kind.resources:
      return messages.resources(body.number(), {
        total: readAmounts(body),
        available: readAmounts(body),
      });
    case Kind.spill:
      return messages.spill();
    case Kind.describeMemory:
      return messages.describeMemory(body.number());
    case Kind.retire:
      return messages.retire();
    case Kind.breakCircle:
      return messages.breakCircle(body.number(), readStrings(body));
    case Kind.notice:
      return messages.notice(body.string());
    case Kind.workerStarted:
      return messages.workerStarted(body.number());
    case Kind.output:
      return messages.output(
        body.number() === 2 ? 2 : 1,
        body.string(),
        body.number(),
        body.string(),
      );
    default:
      messages.control(kind, body);
  }
}

function readRejection(body: MsgpackReader): Error {
  const message = body.string();
  if (body.takeNil()) return new EnvironmentSetupError(message);
  const [resource, requested, total] = [body.string(), body.number(), body.number()];
  return new UnschedulableError(message, { resource, requested, total });
}

function readExit(body: MsgpackReader): ExitNotice {
  return {
    processId: body.number(),
    pid: body.number(),
    exitCode: body.takeNil() ? undefined : body.number(),
    signal: body.takeNil() ? undefined : body.string(),
    residentBytes: body.takeNil() ? undefined : body.number(),
    stderrTail: readStrings(body),
    reason: body.takeNil() ? undefined : body.string(),
    shortage: body.takeNil() ? undefined : readPlain<MemoryShortage>(body, "shortage"),
  };
}

function readStrings(body: MsgpackReader): string[] {
  const strings: string[] = [];
  for (let left = body.arrayHeader(); left > 0; left--) strings.push(body.string());
  return strings;
}

function readAmounts(body: MsgpackReader): Record<string, number> {
  const amounts: Record<string, number> = {};
  for (let left = body.mapHeader(); left > 0; left--) amounts[body.string()] = body.number();
  return amounts;
}
