/** Asks the daemon of a session, over its socket. */

import type { ActorsAnswer } from "../daemon/actor-records.ts";
import type { MemoryAnswer } from "../daemon/memory-gathering.ts";
import { SocketAddresses, type Session } from "../daemon/session-directory.ts";
import { readToken } from "../daemon/tools.ts";
import { MsgpackReader } from "../base/msgpack.ts";
import { sayHello } from "../runtime/hello.ts";
import { readPlain } from "../values/plain-data.ts";
import { Link } from "../wire/link.ts";
import { Kind } from "../wire/messages.ts";
import { connect } from "../wire/socket.ts";

/** Well beyond the time that it gives the processes which it asks. */
const ANSWER_TIMEOUT_MS = 10_000;

/** Nobody listens: the session is over, or runs inline, or begins just now. */
const GONE = new Set(["ENOENT", "ECONNREFUSED", "ENOTDIR"]);

interface Answers {
  readonly memory: MemoryAnswer;
  readonly actors: ActorsAnswer;
}

/** What a daemon can be asked for. */
export type Topic = keyof Answers;
export type AnswerOf<T extends Topic> = Answers[T];

const KINDS: Readonly<Record<Topic, { readonly ask: Kind; readonly answer: Kind }>> = {
  memory: { ask: Kind.askMemory, answer: Kind.memoryAnswer },
  actors: { ask: Kind.askActors, answer: Kind.actorsAnswer },
};

/** `undefined`: the session has no daemon that listens. Rejects if it does not answer. */
export async function askDaemon<T extends Topic>(
  session: Session,
  topic: T,
): Promise<AnswerOf<T> | undefined> {
  try {
    return await ask(session, readToken(session.directory), topic);
  } catch (error) {
    if (GONE.has((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}

function ask<T extends Topic>(
  { sessionId, directory }: Session,
  token: string,
  topic: T,
): Promise<AnswerOf<T>> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string, cause?: Error): void => {
      reject(new Error(`Cannot ask session ${sessionId}: its daemon ${reason}`, { cause }));
    };
    const timer = setTimeout(() => {
      fail(`has not answered within ${ANSWER_TIMEOUT_MS} ms`);
      link.close();
    }, ANSWER_TIMEOUT_MS);
    const link: Link = new Link(
      connect(new SocketAddresses(directory).of("daemon")),
      (kind, bytes, start, end) => {
        if (kind !== KINDS[topic].answer) return;
        const body = new MsgpackReader(bytes, start, end);
        body.arrayHeader();
        resolve(readPlain<AnswerOf<T>>(body, topic));
        link.close();
      },
      (cause) => {
        clearTimeout(timer);
        if (cause !== undefined && GONE.has((cause as NodeJS.ErrnoException).code ?? "")) {
          reject(cause);
        } else fail("has closed the link; is it of another version?", cause);
      },
    );
    sayHello(link, { sessionId, token, processId: 0, role: "tool", pid: process.pid });
    link.begin(KINDS[topic].ask).arrayHeader(0);
    link.end();
  });
}
