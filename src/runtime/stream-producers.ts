/** The generators that run in this process, found by the calls that they belong to. */

import type { Clock } from "../base/clock.ts";
import { objectKey } from "./object-record.ts";
import type { RunningTask } from "./running-task.ts";
import { StreamProducer, type AnyIterator } from "./stream-producer.ts";

export class StreamProducers {
  readonly #clock: Clock;
  readonly #isGone: (processId: number) => boolean;
  readonly #producers = new Map<number, { producer: StreamProducer; consumerId: number }>();

  constructor(clock: Clock, isGone: (processId: number) => boolean) {
    this.#clock = clock;
    this.#isGone = isGone;
  }

  async run(task: RunningTask, iterator: AnyIterator): Promise<void> {
    const producer = new StreamProducer(task, iterator, this.#clock);
    const consumerId = task.spec.submitterId;
    // While the call was queued its consumer may have ended.
    if (this.#isGone(consumerId)) producer.stop();
    this.#producers.set(task.id, { producer, consumerId });
    try {
      await producer.run();
    } finally {
      this.#producers.delete(task.id);
    }
  }

  consumed(consumerId: number, taskNumber: number, count: number): void {
    this.#producers.get(objectKey(consumerId, taskNumber))?.producer.consumed(count);
  }

  /** Returns false if no generator runs for the call: it has not begun, or is over. */
  stop(consumerId: number, taskNumber: number): boolean {
    const found = this.#producers.get(objectKey(consumerId, taskNumber));
    found?.producer.stop();
    return found !== undefined;
  }

  /** Nobody consumes what was meant for the process. */
  processGone(processId: number): void {
    for (const { producer, consumerId } of this.#producers.values()) {
      if (consumerId === processId) producer.stop();
    }
  }
}
