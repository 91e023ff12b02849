/** Streams: what a call of a remote generator gives. */

import { asCompleted, get, put, remote, type ObjectRef, type RefStream } from "mobula";
import { same, type Equal, type Result } from "./equal.ts";

interface Row {
  readonly id: number;
}

// Generators of both kinds; what is yielded is awaited, as `for await` would.
const rows = remote(async function* (n: number) {
  for (let id = 0; id < n; id++) yield { id };
});
same<Equal<Result<typeof rows>, RefStream<{ id: number }>>>();
const counted = remote(function* (n: number) {
  for (let i = 0; i < n; i++) yield i;
});
same<Equal<Result<typeof counted>, RefStream<number>>>();
const forwarding = remote(function* (n: number) {
  yield put(n);
  yield Promise.resolve(n);
});
same<Equal<Result<typeof forwarding>, RefStream<number>>>();
const nesting = remote(function* (n: number) {
  yield { part: put(n) };
});
same<Equal<Result<typeof nesting>, RefStream<{ part: ObjectRef<number> }>>>();
const several = remote(function* (n: number) {
  yield n;
  yield String(n);
});
same<Equal<Result<typeof several>, RefStream<number | string>>>();

// What a generator returns, or takes by `next`, is not what it yields.
const returning = remote(function* (): Generator<number, string, boolean> {
  return (yield 1) ? "a" : "b";
});
same<Equal<Result<typeof returning>, RefStream<number>>>();
const failing = remote(function* (): Generator<never, void> {
  throw new Error("always");
});
same<Equal<Result<typeof failing>, RefStream<never>>>();
const untyped = remote(function* (text: string) {
  yield JSON.parse(text);
});
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what is yielded stays so
same<Equal<Result<typeof untyped>, RefStream<any>>>();

// However the result is declared.
declare const declared: {
  a(): AsyncGenerator<Row>;
  b(): AsyncIterableIterator<Row>;
  c(): AsyncIterable<Row>;
  d(): Generator<Row>;
  e(): IterableIterator<Row>;
};
const { a, b, c, d, e } = {
  a: remote(() => declared.a()),
  b: remote(() => declared.b()),
  c: remote(() => declared.c()),
  d: remote(() => declared.d()),
  e: remote(() => declared.e()),
};
same<Equal<Result<typeof a>, RefStream<Row>>>();
same<Equal<Result<typeof b>, RefStream<Row>>>();
same<Equal<Result<typeof c>, RefStream<Row>>>();
same<Equal<Result<typeof d>, RefStream<Row>>>();
same<Equal<Result<typeof e>, RefStream<Row>>>();

// What can be iterated, but is a value, stays a value.
const list = remote((n: number) => [n]);
same<Equal<Result<typeof list>, ObjectRef<number[]>>>();
const set = remote((n: number) => new Set([n]));
same<Equal<Result<typeof set>, ObjectRef<Set<number>>>>();
const text = remote((n: number) => String(n));
same<Equal<Result<typeof text>, ObjectRef<string>>>();
const bytes = remote((n: number): Uint8Array => new Uint8Array(n));
same<Equal<Result<typeof bytes>, ObjectRef<Uint8Array>>>();
const object = remote((n: number): object => ({ n }));
same<Equal<Result<typeof object>, ObjectRef<object>>>();
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a user's function may return it
const anything = remote((n: number): any => n);
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- and so has its result
same<Equal<Result<typeof anything>, ObjectRef<any>>>();
const unknown = remote((n: number): unknown => n);
same<Equal<Result<typeof unknown>, ObjectRef<unknown>>>();
class Series implements AsyncIterable<number> {
  readonly length = 1;
  async *[Symbol.asyncIterator](): AsyncGenerator<number> {
    yield this.length;
  }
}
const series = remote(() => new Series());
same<Equal<Result<typeof series>, ObjectRef<Series>>>();
const maybe = remote((n: number) => (n > 0 ? declared.d() : undefined));
// @ts-expect-error whether it is a stream is known when it is called
export const sometimes: RefStream<Row> = maybe(1);

// Iterating gives values, `refs` gives refs; twice, see refs.check.ts.
const stream = rows(put(3));
for await (const row of stream) same<Equal<typeof row, { id: number }>>();
for await (const row of rows(3)) same<Equal<typeof row, { id: number }>>();
for await (const ref of rows(3).refs()) same<Equal<typeof ref, ObjectRef<{ id: number }>>>();
for await (const ref of rows(3).refs()) same<Equal<typeof ref, ObjectRef<{ id: number }>>>();
for await (const part of nesting(3)) same<Equal<typeof part, { part: ObjectRef<number> }>>();
for await (const part of nesting(3)) same<Equal<typeof part, { part: ObjectRef<number> }>>();
// @ts-expect-error arguments are those of the function
void rows("3");
// @ts-expect-error elements come one after the other
for (const row of rows(3)) void row;

// The iterator can always be closed, also by hand.
const iterator = rows(3)[Symbol.asyncIterator]();
same<Equal<Awaited<ReturnType<typeof iterator.next>>, IteratorResult<{ id: number }, void>>>();
void iterator.return();
void rows(3).refs()[Symbol.asyncIterator]().return();
// @ts-expect-error nothing can be sent to the generator
void iterator.next(1);

// A stream is no promise, no ref and no argument; it is disposed asynchronously.
same<Equal<Awaited<typeof stream>, RefStream<{ id: number }>>>();
// @ts-expect-error no promise
void rows(3).then;
// @ts-expect-error no ref
void get(rows(3));
// @ts-expect-error no ref
asCompleted([rows(3)]);
// @ts-expect-error nor does a ref stand for its elements
void counted(counted(3));
{
  await using left = rows(3);
  for await (const row of left) {
    void row;
    break;
  }
}
{
  // @ts-expect-error closing it is asynchronous
  using left = rows(3);
  void left;
}

// A stream of less is a stream of more; it is an AsyncIterable like any other.
export const iterable: AsyncIterable<Row> = rows(3);
export const wide: RefStream<Row | string> = rows(3);
// @ts-expect-error it may give a string
wide satisfies RefStream<{ id: number }>;

// Options are kept, and the size of the buffer is one of them.
const configured = rows.options({ streamBuffer: 16, name: "rows" });
same<Equal<Result<typeof configured>, RefStream<{ id: number }>>>();
remote(
  function* () {
    yield 1;
  },
  { streamBuffer: 1 },
);
// @ts-expect-error a number of elements
rows.options({ streamBuffer: "16" });
// @ts-expect-error map gives one result for each item
void rows.map([1, 2]);
// @ts-expect-error nor of none
void rows.map([]);
void list.map([1, 2]);
void anything.map([1, 2]);
