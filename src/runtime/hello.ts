/** The first message of every link between processes: who is there, and that it belongs here. */

import { PROTOCOL_VERSION } from "../base/limits.ts";
import type { MsgpackReader } from "../base/msgpack.ts";
import type { Link } from "../wire/link.ts";
import { Kind } from "../wire/messages.ts";
import type { Identity } from "./identity.ts";

/** Whoever has it may talk to the processes of the session. */
export type Ticket = Pick<Identity, "sessionId" | "token">;

export function sayHello(link: Link, self: Ticket & HelloSender): void {
  const body = link.begin(Kind.hello);
  body.arrayHeader(7);
  body.integer(PROTOCOL_VERSION);
  body.string(self.sessionId);
  body.string(self.token);
  body.integer(self.processId);
  body.string(self.role);
  body.string("javascript");
  body.integer(self.pid);
  link.end();
}

interface HelloSender {
  readonly processId: number;
  readonly role: string;
  readonly pid: number;
}

/** The process at the other end. Throws if it does not belong here. */
export function readHello(kind: number, body: MsgpackReader, ticket: Ticket): number {
  if (kind !== Kind.hello) throw new Error(`Cannot accept link: kind ${kind} came before hello`);
  body.arrayHeader();
  const version = body.number();
  const sessionId = body.string();
  const token = body.string();
  if (version !== PROTOCOL_VERSION) {
    throw new Error(`Cannot accept link: protocol ${version}, this is ${PROTOCOL_VERSION}`);
  }
  if (sessionId !== ticket.sessionId || token !== ticket.token) {
    throw new Error("Cannot accept link: the process does not belong to this session");
  }
  return body.number();
}
