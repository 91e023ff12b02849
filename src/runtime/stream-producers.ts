/** The generators that run in this process, found by the calls that they belong to. */

import { objectKey } from "./object-record.ts";
import type { RunningTask } from "./running-task.ts";
import { StreamProducer, type AnyIterator } from "./stream-producer.ts";

export class StreamProducers {
  readonly #nowUs: () => number;
  readonly #producers = new Map<number, { producer: StreamProducer; consumerId: number }>();

  constructor(nowUs: () => number) {
    this.#nowUs = nowUs;
  }

  async run(task: RunningTask, iterator: AnyIterator): Promise<void> {
    const producer = new StreamProducer(task, iterator, this.#nowUs);
    this.#producers.set(task.id, { producer, consumerId: task.spec.submitterId });
    try {
      await producer.run();
    } finally {
      this.#producers.delete(task.id);
    }
  }

  consumed(consumerId: number, taskNumber: number, count: number): void {
    this.#producers.get(objectKey(consumerId, taskNumber))?.producer.consumed(count);
  }

  stop(consumerId: number, taskNumber: number): void {
    this.#producers.get(objectKey(consumerId, taskNumber))?.producer.stop();
  }

  /** Nobody consumes what was meant for the process. */
  processGone(processId: number): void {
    for (const { producer, consumerId } of this.#producers.values()) {
      if (consumerId === processId) producer.stop();
    }
  }
}
