/** Tasks: small, nested, mapped, with stored values, and with effects. */

import { put, remote, WorkerCrashedError } from "mobula";
import { announce } from "../../support/rendezvous.mjs";
import { countEffects, type Limit } from "./effects.ts";
import { expectEqual, settle, type Operation } from "./operation.ts";

const ALWAYS = { maxRetries: Infinity };
/** More than is sent in messages. */
const STORED_LENGTH = 20_000;

const square = remote((n: number) => n * n, ALWAYS);
const sumOfSquares = remote(async (from: number, to: number): Promise<number> => {
  if (to - from === 1) return await square(from);
  const middle = Math.floor((from + to) / 2);
  const [left, right] = [sumOfSquares(from, middle), sumOfSquares(middle, to)];
  return (await left) + (await right);
}, ALWAYS);
const fill = remote((n: number) => new Float64Array(STORED_LENGTH).fill(n), ALWAYS);
const sum = remote((values: Float64Array) => values.reduce((a, b) => a + b, 0), ALWAYS);
const leave = remote((file: string, limit: Limit, id: string) => {
  announce(file, `${limit} ${id}`);
  return id;
});

const small: Operation = async ({ random }) => {
  const numbers = Array.from({ length: 1 + random.below(200) }, () => random.below(1_000));
  const squares = await Promise.all(numbers.map((n) => square(n)));
  squares.forEach((value, index) => expectEqual("a square", value, numbers[index]! ** 2));
  return "ok";
};

const nested: Operation = async ({ random }) => {
  const count = 2 + random.below(30);
  const expected = Array.from({ length: count }, (_, n) => n * n).reduce((a, b) => a + b, 0);
  expectEqual("a sum of nested tasks", await sumOfSquares(0, count), expected);
  return "ok";
};

const mapped: Operation = async ({ random }) => {
  const items = Array.from({ length: 1 + random.below(300) }, () => random.below(1_000));
  const squares = await square.map(items, { batchSize: 1 + random.below(20) });
  expectEqual("the length of a map", squares.length, items.length);
  squares.forEach((value, index) => expectEqual("a mapped square", value, items[index]! ** 2));
  return "ok";
};

const stored: Operation = async ({ random }) => {
  const n = random.below(1_000);
  const total = await sum(put(new Float64Array(STORED_LENGTH).fill(n)));
  expectEqual("the sum of a value that was put", total, n * STORED_LENGTH);
  return "ok";
};

const passedOn: Operation = async ({ random }) => {
  const n = random.below(1_000);
  expectEqual("the sum of a stored result", await sum(fill(n)), n * STORED_LENGTH);
  return "ok";
};

const atMostOnce: Operation = async ({ effects, newId }) => {
  const id = newId();
  const call = leave.options({ maxRetries: 0 })(effects, "once", id);
  const outcome = await settle(call, WorkerCrashedError);
  if ("failure" in outcome) return outcome.failure;
  expectEqual("the effects of a finished task without retries", timesOf(effects, "once", id), 1);
  return "ok";
};

const atLeastOnce: Operation = async ({ effects, newId }) => {
  const id = newId();
  expectEqual("a result", await leave.options(ALWAYS)(effects, "again", id), id);
  const times = timesOf(effects, "again", id);
  if (times === 0) throw new Error(`violation: task ${id} has a result, and never ran`);
  return times > 1 ? "ok, run again" : "ok";
};

function timesOf(effects: string, limit: Limit, id: string): number {
  return countEffects(effects).get(`${limit} ${id}`) ?? 0;
}

export const taskOperations = { small, nested, mapped, stored, passedOn, atMostOnce, atLeastOnce };
