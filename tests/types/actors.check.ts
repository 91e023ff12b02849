/** Actors: which classes are remote, how they are made, what they are configured by. */

import { put, remote } from "mobula";
import type { ActorHandle, ActorOptions, ObjectRef, RemoteClass } from "mobula";
import { same, type Equal, type Result } from "./equal.ts";

class Counter {
  #n: number;
  constructor(start = 0, ...labels: string[]) {
    this.#n = start + labels.length;
  }
  add(k: number, times = 1): number {
    return (this.#n += k * times);
  }
  async load(path: string): Promise<Float64Array> {
    return new Float64Array(path.length);
  }
}
const RemoteCounter = remote(Counter);
same<Equal<typeof RemoteCounter, RemoteClass<typeof Counter>>>();
same<Equal<InstanceType<typeof RemoteCounter>, ActorHandle<Counter>>>();

// Constructor arguments: values or refs, with defaults and rest.
const counter = new RemoteCounter();
same<Equal<typeof counter, ActorHandle<Counter>>>();
new RemoteCounter(1, "a", "b");
new RemoteCounter(put(1), put("a"));
new RemoteCounter(undefined, "a");
// @ts-expect-error the default makes it a number
new RemoteCounter("1");
// @ts-expect-error a label is a string
new RemoteCounter(1, 2);
// @ts-expect-error a plain promise is no argument
new RemoteCounter(Promise.resolve(1));
// @ts-expect-error a class is not called
void RemoteCounter();
class Linked {
  readonly peer: ActorHandle<Counter>;
  constructor(peer: ActorHandle<Counter>, { factor = 1 }: { factor?: number } = {}) {
    this.peer = peer;
    void peer.add(factor);
  }
}
new (remote(Linked))(counter);
new (remote(Linked))(put(counter), { factor: 2 });
// @ts-expect-error required
new (remote(Linked))();
class Opened {
  constructor(path: string);
  constructor(descriptor: number, mode: string);
  constructor(_where: string | number, _mode?: string) {}
}
// Of overloads the last one counts, as it does for functions.
new (remote(Opened))(1, "r");
// @ts-expect-error the first overload is lost
new (remote(Opened))("/tmp");

// Classes of any kind, as long as `new` can make an instance.
const Inline = remote(
  class {
    ping(): string {
      return "pong";
    }
  },
);
same<Equal<Result<InstanceType<typeof Inline>["ping"]>, ReturnType<typeof remotePing>>>();
const remotePing = remote(() => "pong");
class Derived extends Counter {
  reset(): void {}
}
const derived = new (remote(Derived))(1);
void derived.add(1);
void derived.reset();
class Box<T> {
  readonly value: T;
  constructor(value: T) {
    this.value = value;
  }
  get(): T {
    return this.value;
  }
  swap(value: T): T {
    return value;
  }
}
const box = new (remote(Box<number>))(3);
same<Equal<typeof box, ActorHandle<Box<number>>>>();
void box.swap(put(3));
// @ts-expect-error a box of numbers
void box.swap("3");
// Without a type its parameter may be anything.
const anyBox = new (remote(Box))("a");
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what TypeScript makes of it
same<Equal<Result<typeof anyBox.get>, ObjectRef<any>>>();
const map = new (remote(Map<string, number>))();
void map.set("a", put(1));
// @ts-expect-error a map of numbers
void map.set("a", "1");
abstract class Shape {
  abstract area(): number;
}
// @ts-expect-error an abstract class has no instances
remote(Shape);
class Square extends Shape {
  area(): number {
    return 1;
  }
}
void new (remote(Square))().area();
class Single {
  private constructor() {}
}
// @ts-expect-error its constructor is private
remote(Single);

// `await handle` would call a method `then`; a field of that name does not reach the handle.
class Thenable {
  then(): void {}
}
// @ts-expect-error a remote class cannot have a method `then`
remote(Thenable);
// @ts-expect-error an inherited one is one, too
remote(class extends Thenable {});
remote(
  class {
    readonly then = 1;
  },
);

// A value of any type is wrapped as a function, as ever.
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a user's program may have it
declare const anything: any;
void remote(anything)();

// Options: all of them, none else, methods by their names.
RemoteCounter.options({
  name: "counter",
  namespace: "tests",
  getIfExists: true,
  lifetime: "detached",
  numCpus: 0.5,
  resources: { gpu: 1 },
  cpuAffinity: [0, 1],
  memoryBytes: 2 ** 30,
  env: { LANG: "C" },
  maxRestarts: Infinity,
  maxTaskRetries: 3,
  maxConcurrency: 2,
  concurrencyGroups: { io: { maxConcurrency: 2, methods: ["load", "add"] } },
  maxPendingCalls: 100,
  startTimeoutMs: 1000,
});
const configured = RemoteCounter.options({ name: "counter" });
same<Equal<typeof configured, RemoteClass<typeof Counter>>>();
remote(Counter, { maxConcurrency: 2, lifetime: "handle" });
remote(Counter, { concurrencyGroups: { io: { maxConcurrency: 2, methods: ["load"] } } });
// @ts-expect-error no such option
RemoteCounter.options({ numCPUs: 1 });
// @ts-expect-error no such option
remote(Counter, { numCPUs: 1 });
// @ts-expect-error an option of tasks
remote(Counter, { numReturns: 2 });
// @ts-expect-error "handle" or "detached"
remote(Counter, { lifetime: "forever" });
// @ts-expect-error a list of numbers
remote(Counter, { cpuAffinity: 1 });
// @ts-expect-error no such method
remote(Counter, { concurrencyGroups: { io: { maxConcurrency: 2, methods: ["laod"] } } });
// @ts-expect-error no such method
RemoteCounter.options({ concurrencyGroups: { io: { maxConcurrency: 2, methods: ["peer"] } } });
// @ts-expect-error the group needs its limit
RemoteCounter.options({ concurrencyGroups: { io: { methods: ["load"] } } });
// @ts-expect-error and its methods
RemoteCounter.options({ concurrencyGroups: { io: { maxConcurrency: 2 } } });
// @ts-expect-error an actor has no priority
remote((x: number) => x, { maxRestarts: 1 });
export const options: ActorOptions<Counter> = { maxRestarts: 2 };
remote(Counter, options);
// Without a class any names are possible.
export const general: ActorOptions = {
  concurrencyGroups: { io: { maxConcurrency: 2, methods: ["any"] } },
};

// The type can be written down, for `isolatedDeclarations` and for parameters.
export const annotated: RemoteClass<typeof Counter> = remote(Counter);
// @ts-expect-error another class
export const wrong: RemoteClass<typeof Counter> = remote(Square);
