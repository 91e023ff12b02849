import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test, type TestContext } from "node:test";
import { MEMORY_ANSWER_TIMEOUT_MS } from "../base/limits.ts";
import { MsgpackReader, MsgpackWriter } from "../base/msgpack.ts";
import { Usage } from "../store/usage.ts";
import { writePlain } from "../values/plain-data.ts";
import { Link } from "../wire/link.ts";
import { memoryTransports } from "../wire/memory.ts";
import { Kind } from "../wire/messages.ts";
import { systemClock } from "../runtime/system.ts";
import { MemoryGathering, type Member, type MemoryAnswer } from "./memory-gathering.ts";

const memoryDirectory = mkdtempSync(join(tmpdir(), "mobula-gathering-"));
after(() => rmSync(memoryDirectory, { recursive: true }));

const store = { memoryDirectory, diskDirectory: "", limitBytes: 64, storedBytesMin: 1 };

/** A process, which says what it is asked. */
function member(processId: number, onAsked = (..._asked: number[]): void => undefined): Member {
  const [near, far] = memoryTransports();
  const ignore = (): void => undefined;
  new Link(
    far,
    (kind, bytes, start, end) => {
      const body = new MsgpackReader(bytes, start, end);
      body.arrayHeader();
      onAsked(processId, kind, body.number());
    },
    ignore,
  );
  return { processId, pid: 100 + processId, link: new Link(near, ignore, ignore) };
}

/** What a process sends: a number stands for its table. */
function answer(requestId: number, table: number): MsgpackReader {
  const body = new MsgpackWriter();
  body.integer(requestId);
  writePlain(body, table, "memory");
  return new MsgpackReader(body.bytes.subarray(0, body.position));
}

function heard(answer: MemoryAnswer | undefined): unknown[] | undefined {
  return answer?.processes.map(({ processId, pid, table }) => [processId, pid, table]);
}

function useGathering(context: TestContext) {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const gathering = new MemoryGathering(store, systemClock);
  const answers: MemoryAnswer[] = [];
  const ask = (...members: Member[]): void => {
    gathering.ask(members, (given) => answers.push(given));
  };
  return { gathering, answers, ask };
}

test("each is asked, and the answer comes with the last table", async (context) => {
  const { gathering, answers, ask } = useGathering(context);
  const usage = new Usage(memoryDirectory, 3, 2);
  usage.add(40);
  usage.close();
  const members: Member[] = [];
  const asked = [1, 2].map((processId) => {
    return new Promise<number[]>((resolve) => {
      members.push(member(processId, (...given) => resolve(given)));
    });
  });
  ask(...members);
  assert.deepEqual(await Promise.all(asked), [
    [1, Kind.describeMemory, 1],
    [2, Kind.describeMemory, 1],
  ]);
  gathering.tableCame(2, answer(1, 22));
  assert.equal(answers.length, 0);
  gathering.tableCame(1, answer(1, 11));
  assert.deepEqual(answers, [
    {
      limitBytes: 64,
      processes: [
        { processId: 1, pid: 101, table: 11, fileBytes: 0 },
        { processId: 2, pid: 102, table: 22, fileBytes: 40 },
      ],
    },
  ]);
  context.mock.timers.tick(MEMORY_ANSWER_TIMEOUT_MS);
  assert.equal(answers.length, 1);
});

test("who is busy is left out when the time is up, and comes too late after it", (context) => {
  const { gathering, answers, ask } = useGathering(context);
  ask(member(1), member(2));
  gathering.tableCame(1, answer(1, 11));
  context.mock.timers.tick(MEMORY_ANSWER_TIMEOUT_MS - 1);
  assert.equal(answers.length, 0);
  context.mock.timers.tick(1);
  gathering.tableCame(2, answer(1, 22));
  assert.deepEqual(answers.map(heard), [
    [
      [1, 101, 11],
      [2, 102, undefined],
    ],
  ]);
});

test("nobody waits for who has ended; several may ask at once", (context) => {
  const { gathering, answers, ask } = useGathering(context);
  ask(member(1), member(2));
  ask(member(1), member(2));
  gathering.tableCame(1, answer(2, 12));
  gathering.processGone(2);
  assert.deepEqual(answers.map(heard), [
    [
      [1, 101, 12],
      [2, 102, undefined],
    ],
  ]);
  gathering.tableCame(1, answer(1, 11));
  assert.equal(answers.length, 2);
});
