/**
 * Links of tools, such as `mobula memory`, that ask the daemon from outside: the programs of the
 * user who runs the session, who alone can read its ticket.
 */

import fs from "node:fs";
import path from "node:path";
import { HELLO_FRAME_BYTES_MAX, HELLO_TIMEOUT_MS } from "../base/limits.ts";
import { MsgpackReader } from "../base/msgpack.ts";
import { readHello, type Ticket } from "../runtime/hello.ts";
import { writePlain } from "../values/plain-data.ts";
import { Link } from "../wire/link.ts";
import { Kind } from "../wire/messages.ts";
import type { Transport } from "../wire/transport.ts";
import type { ActorsAnswer } from "./actor-records.ts";
import type { MemoryAnswer } from "./memory-gathering.ts";

const TOKEN_FILE = "token";

/** What tools may ask. */
export interface ToolPorts {
  askMemory(onGathered: (answer: MemoryAnswer) => void): void;
  /** As the daemon knows them: no process is asked. */
  describeActors(): ActorsAnswer;
}

export function writeToken(directory: string, token: string): void {
  fs.writeFileSync(path.join(directory, TOKEN_FILE), token, { mode: 0o600 });
}

/** Throws if there is none: the session's daemon has not started, or has ended. */
export function readToken(directory: string): string {
  return fs.readFileSync(path.join(directory, TOKEN_FILE), "utf8");
}

/** A connection from outside: it must say hello, rightly and soon. */
export function acceptTool(transport: Transport, ticket: Ticket, ports: ToolPorts): void {
  let isWelcome = false;
  const link: Link = new Link(
    transport,
    (kind, bytes, start, end) => {
      const body = new MsgpackReader(bytes, start, end);
      if (!isWelcome) {
        readHello(kind, body, ticket);
        isWelcome = true;
        clearTimeout(deadline);
      } else if (kind === Kind.askMemory) {
        ports.askMemory((answer) => send(link, Kind.memoryAnswer, answer, "memory"));
      } else if (kind === Kind.askActors) {
        send(link, Kind.actorsAnswer, ports.describeActors(), "actors");
      }
    },
    () => clearTimeout(deadline),
  );
  const deadline = setTimeout(() => link.close(), HELLO_TIMEOUT_MS);
  deadline.unref();
  // Also later: all that a tool says is short.
  link.limitFrames(HELLO_FRAME_BYTES_MAX);
}

function send(link: Link, kind: Kind, answer: MemoryAnswer | ActorsAnswer, root: string): void {
  if (!link.isOpen) return;
  const body = link.begin(kind);
  body.arrayHeader(1);
  writePlain(body, answer, root);
  link.end();
}
