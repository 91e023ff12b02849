/**
 * Getting from and putting into the actor of a queue, so that no item is lost when somebody stops
 * waiting.
 *
 * The calls do not belong to the task that makes them: cancelled with it, their answers would be
 * dropped together with the items in them. Only the wait belongs to the task.
 */

import { AsyncResource } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import { get } from "../api/objects.ts";
import type { ActorHandle } from "../api/actor-types.ts";
import type { GetOptions, ObjectRef } from "../api/types.ts";
import {
  InvalidOptionError,
  QueueClosedError,
  QueueEmptyError,
  QueueFullError,
} from "../base/errors.ts";
import type { Answer } from "./bounded-queue.ts";
import type { QueueActor } from "./queue-actor.ts";

export type QueueHandle<T> = ActorHandle<QueueActor<T>>;

/** Made while the package is loaded, which is outside of all tasks. */
const outside = new AsyncResource("mobula.Queue");

const processTicket = randomUUID();
let tickets = 0;

export async function take<T>(
  actor: QueueHandle<T>,
  count: number,
  { timeoutMs = Infinity, signal }: GetOptions,
): Promise<T[]> {
  const answer = await ask(actor, signal, (ticket) => actor.get(ticket, count, onWire(timeoutMs)));
  if (answer.state === "done") return [...answer.items];
  const what = `Cannot get ${count === 1 ? "1 item" : `${count} items`} of the queue`;
  const { size, maxSize } = answer;
  if (answer.state === "closed") {
    throw new QueueClosedError(`${what}: it is closed and empty; stop getting`);
  }
  if (answer.state === "never") {
    throw new InvalidOptionError(
      `${what}: it never has more than its maxSize of ${maxSize}; get fewer at once`,
      { option: "count", value: count },
    );
  }
  const why = size < count ? `it has ${size}` : `others who came first wait for the ${size} in it`;
  throw new QueueEmptyError(`${what}: ${why}${after(timeoutMs)}`, { size });
}

export async function bring<T>(
  actor: QueueHandle<T>,
  items: readonly T[],
  { timeoutMs = Infinity, signal }: GetOptions,
): Promise<void> {
  const answer = await ask(actor, signal, (ticket) => actor.put(ticket, items, onWire(timeoutMs)));
  if (answer.state === "done") return;
  const what = `Cannot put ${items.length === 1 ? "1 item" : `${items.length} items`} in the queue`;
  const { size, maxSize } = answer;
  if (answer.state === "closed") {
    throw new QueueClosedError(`${what}: it is closed; put before close()`);
  }
  if (answer.state === "never") {
    throw new InvalidOptionError(
      `${what}: it never has room for more than its maxSize of ${maxSize}; put fewer at once`,
      { option: "items", value: items },
    );
  }
  throw new QueueFullError(`${what}: it has ${size} of at most ${maxSize}${after(timeoutMs)}`, {
    size,
    maxSize,
  });
}

/** null: without end. */
function onWire(timeoutMs: number): number | null {
  return timeoutMs === Infinity ? null : timeoutMs;
}

function after(timeoutMs: number): string {
  const next = "; try again later, or wait longer";
  return timeoutMs === 0 ? next : ` after timeoutMs of ${timeoutMs}${next}`;
}

async function ask<T>(
  actor: QueueHandle<T>,
  signal: AbortSignal | undefined,
  call: (ticket: string) => ObjectRef<Answer<T>>,
): Promise<Answer<T>> {
  signal?.throwIfAborted();
  const ticket = `${processTicket} ${++tickets}`;
  const answer = outside.runInAsyncScope(() => call(ticket));
  try {
    return await get(answer, signal === undefined ? {} : { signal });
  } catch (error) {
    outside.runInAsyncScope(() => {
      abandon(actor, ticket, answer).catch(() => {
        // The actor is gone, and all items with it: whoever waits is told that by `error`.
      });
    });
    throw error;
  }
}

/** Nobody waits for the answer any more: items that it brings after all go back. */
async function abandon<T>(
  actor: QueueHandle<T>,
  ticket: string,
  pending: ObjectRef<Answer<T>>,
): Promise<void> {
  await actor.withdraw(ticket);
  const answer = await pending;
  if (answer.state === "done" && answer.items.length > 0) await actor.putBack(answer.items);
}
