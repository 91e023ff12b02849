/**
 * Asks the processes of a session what they hold. A process in a loop does not answer: after a
 * while the others' answers are given without its own.
 */

import type { Clock } from "../base/clock.ts";
import { MEMORY_ANSWER_TIMEOUT_MS } from "../base/limits.ts";
import type { MsgpackReader } from "../base/msgpack.ts";
import type { MemoryTable } from "../runtime/memory-table.ts";
import type { StoreSettings } from "../store/store.ts";
import { usageIn } from "../store/usage.ts";
import { readPlain } from "../values/plain-data.ts";
import type { Link } from "../wire/link.ts";
import { Kind } from "../wire/messages.ts";

/** A process as the daemon knows it. */
export interface Member {
  readonly processId: number;
  /** Undefined for the driver, which has started the daemon. */
  readonly pid: number | undefined;
  readonly link: Link;
}

export interface MemberMemory {
  readonly processId: number;
  readonly pid: number | undefined;
  /** Undefined: it was busy. */
  readonly table: MemoryTable | undefined;
  /** Its files in memory, as it has counted them. */
  readonly fileBytes: number;
}

export interface MemoryAnswer {
  readonly limitBytes: number;
  readonly processes: readonly MemberMemory[];
}

interface Request {
  readonly awaited: Set<number>;
  readonly tables: Map<number, MemoryTable>;
  readonly finish: () => void;
}

export class MemoryGathering {
  readonly #store: StoreSettings;
  readonly #clock: Clock;
  readonly #requests = new Map<number, Request>();
  #requestCount = 0;

  constructor(store: StoreSettings, clock: Clock) {
    this.#clock = clock;
    this.#store = store;
  }

  /** Calls `onGathered` once: when all have answered or ended, or the time is up. */
  ask(members: readonly Member[], onGathered: (answer: MemoryAnswer) => void): void {
    const requestId = ++this.#requestCount;
    const tables = new Map<number, MemoryTable>();
    const finish = (): void => {
      this.#clock.clearTimeout(timer);
      this.#requests.delete(requestId);
      onGathered(this.#answer(members, tables));
    };
    const timer = this.#clock.setTimeout(finish, MEMORY_ANSWER_TIMEOUT_MS);
    timer.unref();
    const awaited = new Set(members.map(({ processId }) => processId));
    this.#requests.set(requestId, { awaited, tables, finish });
    for (const { link } of members) {
      const body = link.begin(Kind.describeMemory);
      body.arrayHeader(1);
      body.integer(requestId);
      link.end();
    }
  }

  #answer(members: readonly Member[], tables: ReadonlyMap<number, MemoryTable>): MemoryAnswer {
    const { limitBytes, memoryDirectory } = this.#store;
    const usage = usageIn(memoryDirectory);
    return {
      limitBytes,
      processes: members.map(({ processId, pid }) => {
        const fileBytes = usage.find((entry) => entry.processId === processId)?.sizeBytes ?? 0;
        return { processId, pid, table: tables.get(processId), fileBytes };
      }),
    };
  }

  tableCame(processId: number, body: MsgpackReader): void {
    const request = this.#requests.get(body.number());
    if (request === undefined) return;
    request.tables.set(processId, readPlain<MemoryTable>(body, "memory"));
    this.#settle(request, processId);
  }

  processGone(processId: number): void {
    for (const request of [...this.#requests.values()]) this.#settle(request, processId);
  }

  #settle({ awaited, finish }: Request, processId: number): void {
    if (awaited.delete(processId) && awaited.size === 0) finish();
  }
}
