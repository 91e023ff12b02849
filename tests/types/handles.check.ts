/** Handles of actors: the public methods of the class, and nothing else. */

import { getActor, kill, put, remote } from "mobula";
import type { ActorHandle, AnyActorHandle, ObjectRef, RefStream } from "mobula";
import { same, type Equal, type Result } from "./equal.ts";

class Counter {
  #n = 0;
  field = 3;
  text?: () => void;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a user's class may have it
  anything: any;
  arrow = (x: number): string => String(x);
  private secret(): number {
    return this.#n + this.hidden();
  }
  protected hidden(): number {
    return this.secret();
  }
  static make(): Counter {
    return new Counter();
  }
  get size(): number {
    return this.#n;
  }
  add(k: number, times = 1): number {
    return (this.#n += k * times);
  }
  async load(path: string): Promise<Float64Array> {
    return new Float64Array(path.length);
  }
  async *rows(n: number): AsyncGenerator<{ id: number }> {
    for (let id = 0; id < n; id++) yield { id };
  }
  pair(): [number, string] {
    return [1, "a"];
  }
  forward(): ObjectRef<number> {
    return put(this.#n);
  }
  nothing(): void {}
  echo<T>(x: T): T {
    return x;
  }
  over(x: string): string;
  over(x: number): number;
  over(x: string | number): string | number {
    return x;
  }
  bound(this: Counter, x: number): number {
    return this.#n + x;
  }
  options(x: boolean): boolean {
    return x;
  }
  [Symbol.toStringTag](): string {
    return "Counter";
  }
}
const counter = new (remote(Counter))();

// Methods take values or refs and give what functions give.
same<Equal<Result<typeof counter.add>, ObjectRef<number>>>();
void counter.add(1);
void counter.add(1, undefined);
void counter.add(put(1), counter.add(2));
// @ts-expect-error a string is no number
void counter.add("1");
// @ts-expect-error too few
void counter.add();
// @ts-expect-error too many
void counter.add(1, 2, 3);
same<Equal<Result<typeof counter.load>, ObjectRef<Float64Array>>>();
same<Equal<Result<typeof counter.rows>, RefStream<{ id: number }>>>();
for await (const row of counter.rows(1)) same<Equal<typeof row, { id: number }>>();
same<Equal<Result<typeof counter.forward>, ObjectRef<number>>>();
same<Equal<Result<typeof counter.nothing>, ObjectRef<void>>>();
same<Equal<Result<typeof counter.echo>, ObjectRef<unknown>>>();
same<Equal<Result<typeof counter.over>, ObjectRef<number>>>();
same<Equal<Result<typeof counter.bound>, ObjectRef<number>>>();
same<Equal<Result<typeof counter.arrow>, ObjectRef<string>>>();
// @ts-expect-error the first overload is lost
void counter.over("a");

// Options of one call; a method named `options` is a method like the others.
const pair = counter.pair.options({ numReturns: 2 })();
same<Equal<typeof pair, [ObjectRef<number>, ObjectRef<string>]>>();
const later = counter.pair.options({ numReturns: 2 }).options({ name: "pair" })();
same<Equal<typeof later, [ObjectRef<number>, ObjectRef<string>]>>();
const limited = counter.add.options({ timeoutMs: 10, signal: AbortSignal.timeout(1) });
same<Equal<Result<typeof limited>, ObjectRef<number>>>();
void limited(put(1));
const streamed = counter.rows.options({ streamBuffer: 4, shared: true, name: "rows" })(1);
same<Equal<typeof streamed, RefStream<{ id: number }>>>();
same<Equal<Result<typeof counter.options>, ObjectRef<boolean>>>();
void counter.options.options({ timeoutMs: 10 })(true);
// @ts-expect-error no such option
counter.add.options({ timeout: 10 });
// @ts-expect-error the actor holds its resources, not its calls
counter.add.options({ numCpus: 1 });
// @ts-expect-error it takes a boolean
void counter.options({ timeoutMs: 10 });

// What is no public method is not there.
// @ts-expect-error private
void counter.secret;
// @ts-expect-error protected
void counter.hidden;
// @ts-expect-error a field
void counter.field;
// @ts-expect-error may be absent, so it is a field
void counter.text;
// @ts-expect-error a field of any type
void counter.anything;
// @ts-expect-error an accessor
void counter.size;
// @ts-expect-error static
void counter.make;
// @ts-expect-error not a name that can be called from elsewhere
void counter[Symbol.toStringTag];
// @ts-expect-error no such method
void counter.nope;
// @ts-expect-error a handle is no promise
void counter.then;
same<Equal<Awaited<typeof counter>, ActorHandle<Counter>>>();
// @ts-expect-error a handle is not replaced piece by piece
counter.add = counter.add;
// @ts-expect-error a handle is no instance
export const instance: Counter = counter;
export const disposable: Disposable & AsyncDisposable = counter;
{
  using first = counter;
  await using second = new (remote(Counter))();
  void first.add(1);
  void second.add(1);
}

// The class is part of the type: one with fewer methods may stand for one with more.
class Other {
  subtract(k: number): number {
    return k;
  }
}
interface Adder {
  add(k: number): number;
}
export const adder: ActorHandle<Adder> = counter;
const take = (handle: ActorHandle<Counter>): ObjectRef<number> => handle.add(1);
void take(counter);
// @ts-expect-error another class
void take(new (remote(Other))());
// @ts-expect-error has fewer methods
void take(adder);
// @ts-expect-error an instance is no handle
void take(new Counter());
class Empty {}
// @ts-expect-error has no methods
void take(new (remote(Empty))());
class Timer {
  #ms = 0;
  read(): number {
    return this.#ms;
  }
}
class Gauge {
  #ms = 0;
  read(): number {
    return this.#ms;
  }
}
export const timer: ActorHandle<Timer> = new (remote(Timer))();
// @ts-expect-error instances are not interchangeable, and so handles are not
timer satisfies ActorHandle<Gauge>;
const generic = <T>(handle: ActorHandle<T>): AnyActorHandle => handle;
void generic(counter);
declare function classOf<T>(handle: ActorHandle<T>): T;
export const inferred: Counter = classOf(counter);

// Handles are arguments and results; they stay what they are.
const use = remote((handle: ActorHandle<Counter>) => handle.add(1));
same<Equal<Result<typeof use>, ObjectRef<number>>>();
void use(counter);
void use(put(counter));
// @ts-expect-error another class
void use(new (remote(Other))());
const nested = remote(async ({ handle }: { handle: ActorHandle<Counter> }) => handle);
same<Equal<Result<typeof nested>, ObjectRef<ActorHandle<Counter>>>>();
const back = await nested({ handle: counter });
same<Equal<typeof back, ActorHandle<Counter>>>();

// `kill` takes any handle.
void kill(counter);
void kill(new (remote(Other))());
void kill(new (remote(Empty))());
// @ts-expect-error no handle
void kill({});
// @ts-expect-error an instance is no handle
void kill(new Counter());
// @ts-expect-error nor is a ref
void kill(counter.add(1));
// @ts-expect-error nor is a stream
void kill(counter.rows(1));
// @ts-expect-error nor is whatever can be disposed
void kill(plain);
declare const plain: Disposable & AsyncDisposable;

// `getActor`: the class as it is or wrapped, or its type alone.
const byClass = await getActor(Counter, "counter", { namespace: "tests" });
same<Equal<typeof byClass, ActorHandle<Counter>>>();
const byRemote = await getActor(remote(Counter), "counter");
same<Equal<typeof byRemote, ActorHandle<Counter>>>();
const byType = await getActor<Counter>("counter", { namespace: "tests" });
same<Equal<typeof byType, ActorHandle<Counter>>>();
const untyped = await getActor("counter");
void kill(untyped);
// @ts-expect-error nothing is known of its methods
void untyped.add;
// @ts-expect-error no name
void getActor(Counter);
// @ts-expect-error no such option
void getActor(Counter, "counter", { nameSpace: "tests" });
// @ts-expect-error a handle is no class
void getActor(counter, "counter");
