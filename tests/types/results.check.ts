/** What a call gives: the awaited result, several refs with `numReturns`. */

import { put, remote, type ObjectRef, type RemoteFunction } from "mobula";
import { same, type Equal, type Result } from "./equal.ts";

const loaded = remote(async (n: number): Promise<Float64Array> => new Float64Array(n));
same<Equal<Result<typeof loaded>, ObjectRef<Float64Array>>>();
const nothing = remote(() => {});
same<Equal<Result<typeof nothing>, ObjectRef<void>>>();
const thrower = remote((): never => {
  throw new Error("always");
});
same<Equal<Result<typeof thrower>, ObjectRef<never>>>();

// A body that returns a ref forwards it, async or not; a ref inside a value stays one.
const forwardedAsync = remote(async (x: number) => put(x));
same<Equal<Result<typeof forwardedAsync>, ObjectRef<number>>>();
const forwarded = remote((x: number) => put(x));
same<Equal<Result<typeof forwarded>, ObjectRef<number>>>();
const nested = remote((x: number) => ({ r: put(x) }));
same<Equal<Result<typeof nested>, ObjectRef<{ r: ObjectRef<number> }>>>();

// numReturns: a tuple's elements one by one, an array's all of one type.
const pair = (x: number): [number, string] => [x, "a"];
const two = remote(pair, { numReturns: 2 });
same<Equal<Result<typeof two>, [ObjectRef<number>, ObjectRef<string>]>>();
const twoLater = remote(pair).options({ numReturns: 2, name: "q" }).options({ name: "z" });
same<Equal<Result<typeof twoLater>, [ObjectRef<number>, ObjectRef<string>]>>();
const many = remote(async (k: number) => Array.from({ length: k }, (_, i) => i));
same<Equal<Result<typeof many>, ObjectRef<number[]>>>();
const manyRefs = many.options({ numReturns: 3000 });
same<Equal<Result<typeof manyRefs>, ObjectRef<number>[]>>();

// Options are checked by name and by type, and change nothing else.
const square = remote((x: number) => x * x);
const configured = square.options({ numCpus: 2, timeoutMs: 10, signal: AbortSignal.timeout(1) });
same<Equal<Result<typeof configured>, ObjectRef<number>>>();
void configured(put(2));
// @ts-expect-error no such option
remote((x: number) => x, { numCPU: 1 });
// @ts-expect-error no such option
square.options({ numCPU: 1 });
// @ts-expect-error a number of milliseconds
square.options({ timeoutMs: "10" });

// The type can be written down, for `isolatedDeclarations` and for parameters.
export const annotated: RemoteFunction<(x: number) => number> = remote((x: number) => x * x);
// @ts-expect-error takes a string
export const wrong: RemoteFunction<(x: number) => number> = remote((x: string) => x.length);
