/**
 * Handles of actors: what `new` of a remote class gives, and what arrives where one was sent.
 *
 * A handle has the members of its class as far as they are known here; every other name stands
 * for a method too, for which the actor itself answers: instances may bring methods of their own.
 */

import { inspect } from "node:util";
import { ActorDiedError, InvalidOptionError } from "../base/errors.ts";
import { describeFunction } from "../closure/describe-function.ts";
import type { ActorClient } from "../runtime/actor-client.ts";
import type { Callable } from "../runtime/function-record.ts";
import type { MethodCallOptions } from "../runtime/method-call.ts";
import { membersOf } from "../runtime/methods.ts";
import { objectName } from "../runtime/object-record.ts";
import { ObjectRef } from "../runtime/object-ref.ts";
import { currentScope } from "../runtime/task-scope.ts";
import type { AnyActorHandle, MethodOptions } from "./actor-types.ts";
import { describe } from "./options.ts";
import { makeStream, streamBufferOf } from "./stream.ts";
import { checkMethodOptions } from "./method-options.ts";

interface State {
  readonly client: ActorClient;
  /** It came from `new`: with its disposal the actor ends. */
  readonly isOwners: boolean;
  isDisposed: boolean;
}

const states = new WeakMap<object, State>();

/** The client behind a handle; undefined for everything else. */
export function clientOf(value: object): ActorClient | undefined {
  return states.get(value)?.client;
}

export function clientFor(handle: unknown, act: string): ActorClient {
  const client = typeof handle === "object" && handle !== null ? clientOf(handle) : undefined;
  if (client !== undefined) return client;
  const text = `Cannot ${act} ${describe(handle)}: it is no handle of an actor`;
  throw new InvalidOptionError(`${text}; pass what new of a remote class returned`, {
    option: "actor",
    value: handle,
  });
}

/** `actorClass`: where it is known; its methods then take no more arguments than they declare. */
export function makeHandle(
  client: ActorClient,
  actorClass?: KnownClass,
  isOwners = false,
): AnyActorHandle {
  const prototype = actorClass === undefined ? handlePrototype : prototypeFor(actorClass);
  const handle = Object.create(prototype) as AnyActorHandle;
  states.set(handle, { client, isOwners, isDisposed: false });
  // Should the creation fail, the end of the handle is the last chance to look.
  if (client.record.isPending) client.record.firstRef ??= handle;
  return handle;
}

export type KnownClass = { readonly name: string; readonly prototype: object };

const prototypes = new WeakMap<KnownClass, object>();

function prototypeFor(actorClass: KnownClass): object {
  let prototype = prototypes.get(actorClass);
  if (prototype !== undefined) return prototype;
  prototype = Object.create(handlePrototype) as object;
  for (const [name, member] of membersOf(actorClass)) {
    const get =
      member === "method" ? methodGetter(actorClass, name) : refuseGetter(actorClass, name);
    Object.defineProperty(prototype, name, { get, configurable: true });
  }
  prototypes.set(actorClass, prototype);
  return prototype;
}

function methodGetter({ prototype }: KnownClass, name: string): (this: object) => unknown {
  const method = Reflect.get(prototype, name) as Callable;
  const { parameterCount, unlimited } = describeFunction(method);
  const count = unlimited ? Infinity : parameterCount;
  return function (this: object) {
    return keptMethod(this, name, count);
  };
}

function refuseGetter({ name: className }: KnownClass, name: string): () => never {
  return () => {
    throw new TypeError(
      `Cannot read ${className}.${name} of an actor: it is a getter, and only methods can be ` +
        "called remotely; add a method that returns it",
    );
  };
}

/** Names by which JavaScript and tools of testing ask what a value is. */
const ASKED_OF_VALUES = new Set(["then", "asymmetricMatch", "$$typeof", "nodeType", "tagName"]);

const ordinary: object = {};

/** At the end of a handle's chain of prototypes: sees only names that nothing before it has. */
const otherNames: object = new Proxy(Object.create(Object.prototype) as object, {
  get(_target, name, handle: object): unknown {
    if (typeof name === "symbol" || name in ordinary) return Reflect.get(ordinary, name, handle);
    if (ASKED_OF_VALUES.has(name) || !states.has(handle)) return undefined;
    return keptMethod(handle, name, Infinity);
  },
});

const handlePrototype = Object.create(otherNames, {
  [Symbol.dispose]: {
    value(this: object): void {
      letGo(stateOf(this));
    },
  },
  [Symbol.asyncDispose]: {
    async value(this: object): Promise<void> {
      const state = stateOf(this);
      letGo(state);
      if (state.isOwners) await state.client.whenEnded();
    },
  },
  [Symbol.toStringTag]: { value: "ActorHandle" },
  [inspect.custom]: {
    value(this: object): string {
      const { client, isDisposed } = stateOf(this);
      const what = `${client.className}${isDisposed ? " <disposed>" : ""}`;
      return `ActorHandle(${objectName(client.key)}) { ${what} }`;
    },
  },
  toJSON: {
    value(this: object): never {
      const { key, className } = stateOf(this).client;
      throw new TypeError(
        `Cannot write actor ${objectName(key)} as JSON: it is a handle of ${className}; ` +
          "call a method that returns what is to be written",
      );
    },
  },
}) as object;

function stateOf(handle: object): State {
  const state = states.get(handle);
  if (state === undefined) throw new TypeError("Cannot use handle: it was not made by Mobula");
  return state;
}

function letGo(state: State): void {
  if (state.isDisposed) return;
  state.isDisposed = true;
  if (state.isOwners) state.client.letGo();
}

/** The method becomes the handle's own, so that it is made once. */
function keptMethod(handle: object, name: string, parameterCount: number): Callable {
  const value = makeMethod(stateOf(handle), name, parameterCount, {});
  Object.defineProperty(handle, name, { value, configurable: true });
  return value;
}

function makeMethod(
  state: State,
  name: string,
  parameterCount: number,
  options: MethodOptions,
): Callable {
  const { client } = state;
  const bound = bind(options, client, name);
  const method = (...args: unknown[]): unknown => {
    if (state.isDisposed) throw disposedError(client, name);
    if (args.length > parameterCount) args.length = parameterCount;
    const site = client.runtime.callSites.take(method);
    const call = client.call(name, bound, args, site, currentScope());
    if (call.stream !== undefined) return makeStream(call);
    const { results } = call;
    return bound.numReturns === undefined
      ? new ObjectRef(results[0]!)
      : results.map((record) => new ObjectRef(record));
  };
  const configure = (changes: MethodOptions): Callable => {
    checkMethodOptions(changes, `${client.className}.${name}`);
    return makeMethod(state, name, parameterCount, { ...options, ...changes });
  };
  Object.defineProperty(method, "options", { value: configure, configurable: true });
  Object.defineProperty(method, "name", { value: name, configurable: true });
  return method;
}

function bind(
  options: MethodOptions,
  { className, traits }: ActorClient,
  method: string,
): MethodCallOptions {
  const isGenerator = traits.generators.includes(method);
  return {
    streamBuffer: streamBufferOf(isGenerator, options, `${className}.${method}`),
    name: options.name,
    timeoutMs: options.timeoutMs === Infinity ? undefined : options.timeoutMs,
    signal: options.signal,
    numReturns: options.numReturns,
    isShared: options.shared ?? false,
  };
}

function disposedError({ key, className }: ActorClient, name: string): ActorDiedError {
  const actorId = objectName(key);
  return new ActorDiedError(
    `Cannot call ${className}.${name}: the handle of actor ${actorId} is disposed; ` +
      "keep it for as long as the actor is needed",
    { actorId, className, stderrTail: [] },
  );
}
