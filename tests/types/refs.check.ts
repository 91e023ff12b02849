/** Refs: they are awaited like promises, and what takes them keeps their types. */

import { asCompleted, get, put, remote, wait, type ObjectRef } from "mobula";
import { same, type Equal } from "./equal.ts";

const square = remote((x: number) => x * x);
const negate = remote((x: boolean) => !x);

same<Equal<Awaited<ObjectRef<number>>, number>>();
export const squared: Promise<number> = square(1);
const stored = put({ a: 1 });
same<Equal<typeof stored, ObjectRef<{ a: number }>>>();
const value = await stored;
same<Equal<typeof value, { a: number }>>();

// Promise.all and get keep tuples and arrays.
const [n, b] = await Promise.all([square(1), negate(true)]);
same<Equal<[typeof n, typeof b], [number, boolean]>>();
const all = await Promise.all([1, 2].map((x) => square(x)));
same<Equal<typeof all, number[]>>();
const one = await get(square(1), { timeoutMs: 10 });
same<Equal<typeof one, number>>();
const [gotNumber, gotBoolean] = await get([square(1), negate(true)]);
same<Equal<[typeof gotNumber, typeof gotBoolean], [number, boolean]>>();
const got = await get([1, 2].map((x) => square(x)));
same<Equal<typeof got, number[]>>();
// @ts-expect-error a value is no ref
void get(1);
// @ts-expect-error no such option
void get(square(1), { timeout: 10 });

const { ready, pending } = await wait([square(1), square(2)], { count: 2 });
same<Equal<typeof ready, ObjectRef<number>[]>>();
same<Equal<typeof pending, ObjectRef<number>[]>>();
// The loop variable is a ref, not its value: there is no `await` in between. Twice, because before
// version 7 TypeScript awaits the type of all such loops but the first.
for await (const ref of asCompleted([square(1)])) same<Equal<typeof ref, ObjectRef<number>>>();
const { signal } = new AbortController();
for await (const ref of asCompleted([square(1)], { signal }))
  same<Equal<typeof ref, ObjectRef<number>>>();
// @ts-expect-error -- no such option
asCompleted([square(1)], { timeoutMs: 1 });
for await (const ref of asCompleted([square(1)])) same<Equal<typeof ref, ObjectRef<number>>>();

// map: items may be refs; the result is awaited as an array and iterated as values.
const mapped = await square.map([1, 2, put(3)], { concurrency: 4, signal: AbortSignal.timeout(1) });
same<Equal<typeof mapped, number[]>>();
for await (const item of square.map([1])) same<Equal<typeof item, number>>();
for await (const item of square.map(numbers())) same<Equal<typeof item, number>>();
const settled = await square.map([1, 2], { settled: true, onProgress: ({ done }) => done });
same<Equal<typeof settled, PromiseSettledResult<number>[]>>();
for await (const ref of square.map([1]).refs()) same<Equal<typeof ref, ObjectRef<number>>>();
// @ts-expect-error items are numbers
void square.map(["a"]);
async function* numbers(): AsyncGenerator<number> {
  yield Promise.resolve(1);
}

// A ref of less is a ref of more, not the other way round.
export const wide: ObjectRef<number | string> = square(1);
// @ts-expect-error it may hold a string
const narrow: ObjectRef<number> = wide;
void narrow;

// @ts-expect-error a forgotten `await`: a ref is always true
if (negate(true)) {
  same<true>();
}
// @ts-expect-error a forgotten `await`: a ref is no number
export const sum: number = square(1) + 1;

{
  using disposed = square(1);
  void disposed;
}
