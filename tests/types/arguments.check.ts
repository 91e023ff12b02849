/** Arguments of remote functions: values or refs in every position, and nothing else. */

import { put, remote, type ObjectRef } from "mobula";
import { same, type Equal, type Result } from "./equal.ts";

const square = remote((x: number) => x * x);
same<Equal<Result<typeof square>, ObjectRef<number>>>();
void square(1);
void square(put(1));
void square(square(2));
// @ts-expect-error a string is no number
void square("x");
// @ts-expect-error nor is a ref of a string
void square(put("x"));
// @ts-expect-error a plain promise is no argument: it would have to be awaited first
void square(Promise.resolve(1));
// @ts-expect-error too many
void square(1, 2);
// @ts-expect-error too few
void square();

// Default, rest and optional parameters.
const sum = remote((x: number, y = 2, ...labels: string[]) => x + y + labels.length);
same<Equal<Result<typeof sum>, ObjectRef<number>>>();
void sum(1);
void sum(1, 2);
void sum(1, undefined, "c");
void sum(put(1), put(2), "a", put("b"));
// @ts-expect-error the default makes it a number
void sum(1, "x");
// @ts-expect-error a label is a string
void sum(1, 2, "a", 3);
const negate = remote((x?: boolean) => !x);
void negate();
void negate(true);
void negate(undefined);
void negate(put(Math.random() > 0.5));

// Destructured parameters, unions, literals.
const join = remote(({ p = 1, q }: { p?: number; q: string }, [z]: [number]) => `${q}${p}${z}`);
void join({ q: "x" }, [1]);
void join(put({ q: "x" }), put<[number]>([1]));
const union = remote((x: string | number | null) => x);
same<Equal<Result<typeof union>, ObjectRef<string | number | null>>>();
void union(put(1));
void union(put(null));
void union(put<string | number>("a"));
const literal = remote((x: "a" | "b") => x);
void literal("a");
// @ts-expect-error neither "a" nor "b"
void literal("c");

// `any` and `unknown` take everything, refs included.
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a user's function may have it
const anything = remote((x: any): any => x);
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- and so has its result
same<Equal<Result<typeof anything>, ObjectRef<any>>>();
void anything(1);
void anything(put(1));
const unknown = remote((x: unknown) => x);
same<Equal<Result<typeof unknown>, ObjectRef<unknown>>>();
void unknown(1);
void unknown(put(1));
// @ts-expect-error a parameter without a type is `never`, not `any`
remote((x) => x.foo);

// A ref as argument arrives as its value; inside a value it stays a ref.
const direct = remote((r: ObjectRef<number>) => r);
// @ts-expect-error the body would get a number
void direct(put(3));
const nested = remote((x: { r: ObjectRef<number> }) => x.r);
void nested({ r: put(3) });
const list = remote((refs: ObjectRef<number>[]) => refs.length);
void list([put(3)]);

// Of overloads the last one counts; a generic function's parameters become their constraints.
function overloaded(x: string): string;
function overloaded(x: number): number;
function overloaded(x: string | number): string | number {
  return x;
}
const last = remote(overloaded);
same<Equal<Result<typeof last>, ObjectRef<number>>>();
void last(1);
// @ts-expect-error the first overload is lost
void last("a");
const generic = remote(<T>(x: T) => [x]);
same<Equal<Result<typeof generic>, ObjectRef<unknown[]>>>();

// A body that needs a `this` cannot be shipped alone.
// @ts-expect-error `this` would be undefined
remote(function (this: { k: number }, x: number) {
  return this.k + x;
});
