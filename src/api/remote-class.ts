/** Remote classes: what `remote(Class)` returns, and what arrives where one was sent. */

import { InvalidOptionError } from "../base/errors.ts";
import { CPU, demandOf, MEMORY } from "../core/resources.ts";
import type { ActorTraits } from "../runtime/actor-client.ts";
import type { ActorSettings } from "../runtime/actor-messages.ts";
import type { Callable, FunctionRecord } from "../runtime/function-record.ts";
import { generatorsOf, membersOf } from "../runtime/methods.ts";
import type { ActorSpec } from "../runtime/owned-actor.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { currentScope } from "../runtime/task-scope.ts";
import { makeHandle, type KnownClass } from "./actor-handle.ts";
import { checkActorOptions } from "./actor-options.ts";
import type { ActorOptions, Constructor } from "./actor-types.ts";
import { defineEnvironment } from "./environments.ts";
import { configure } from "./configured.ts";
import { runtimeForCalls } from "./init.ts";
import { RemoteSource } from "./remote-source.ts";

/** @throws InvalidOptionError if an option is wrong, or the class has a method `then` */
export function makeRemoteClass(actorClass: Constructor, options: ActorOptions): object {
  const known = actorClass as unknown as KnownClass;
  checkActorOptions(options, known);
  if (membersOf(known).has("then")) {
    throw new InvalidOptionError(
      `Cannot make class ${known.name || "without name"} remote: it has a member then, which ` +
        "await would call on its handles; rename it",
      { option: "class", value: actorClass },
    );
  }
  const callable = actorClass as unknown as Callable;
  return classOf(new RemoteSource(callable, undefined, generatorsOf(known)), options);
}

/** A remote class that came from another process. */
export function receivedClass(
  record: FunctionRecord,
  options: ActorOptions,
  generators: readonly string[],
): object {
  return classOf(new RemoteSource(undefined, record, generators), options);
}

function classOf(source: RemoteSource, options: ActorOptions): object {
  const known = source.callable as KnownClass | undefined;
  const nameIn = (runtime: Runtime): string => source.recordIn(runtime).name || "Anonymous";
  const create = function (this: unknown, ...args: unknown[]): object {
    const runtime = runtimeForCalls();
    if (new.target !== create) throw misuse(known?.name ?? nameIn(runtime), new.target);
    const spec = specOf(source, options, runtime, nameIn(runtime));
    source.define(runtime);
    const site = runtime.callSites.take(create);
    const client = runtime.actors.create(spec, args, site, currentScope());
    return makeHandle(client, known, !spec.isDetached);
  };
  const value = (changes: ActorOptions): object => {
    const changed = { ...options, ...changes };
    checkActorOptions(changed, known);
    return classOf(source, changed);
  };
  Object.defineProperty(create, "options", { value, configurable: true });
  Object.defineProperty(create, "name", { value: known?.name ?? "", configurable: true });
  if (known !== undefined) Object.setPrototypeOf(create, staticsOf(known));
  configure(create, { source, options, isClass: true });
  return create;
}

function misuse(className: string, target: unknown): TypeError {
  const why =
    target === undefined
      ? "a class is made an actor by new; use new"
      : `remote classes cannot be extended; extend ${className} and make that remote`;
  return new TypeError(`Cannot call remote class ${className}: ${why}`);
}

/** Statics belong to the class as it is here; there is none of them in an actor. */
function staticsOf(known: KnownClass): object {
  return new Proxy(Function.prototype, {
    get(target, name, receiver) {
      if (name in target || typeof name === "symbol" || !(name in known)) {
        return Reflect.get(target, name, receiver) as unknown;
      }
      throw new TypeError(
        `Cannot use static ${name} of remote class ${known.name}: only instances are remote; ` +
          `use ${known.name}.${name}`,
      );
    },
  });
}

function specOf(
  source: RemoteSource,
  options: ActorOptions,
  runtime: Runtime,
  className: string,
): ActorSpec {
  const known = source.callable as KnownClass | undefined;
  const traits: ActorTraits = {
    className,
    maxTaskRetries: options.maxTaskRetries ?? 0,
    maxPendingCalls: options.maxPendingCalls ?? Infinity,
    generators: source.generators,
  };
  const groups = Object.entries(options.concurrencyGroups ?? {});
  const { numCpus = 0 } = options;
  const settings: ActorSettings = {
    className,
    maxConcurrency: options.maxConcurrency ?? 1,
    groups: groups.map(([name, { maxConcurrency, methods }]) => {
      return { name, maxConcurrency, methods: [...methods] };
    }),
    resources: { ...options.resources, ...(numCpus === 0 ? {} : { [CPU]: numCpus }) },
    cpuAffinity: options.cpuAffinity === undefined ? null : [...options.cpuAffinity],
  };
  const { startTimeoutMs } = options;
  return {
    record: source.recordIn(runtime),
    traits,
    demand: demandOf({
      ...options.resources,
      [CPU]: numCpus,
      [MEMORY]: options.memoryBytes ?? 0,
    }),
    environment: defineEnvironment(options, runtime),
    settings,
    name: options.name,
    namespace: options.namespace ?? runtime.namespace,
    getIfExists: options.getIfExists ?? false,
    isDetached: options.lifetime === "detached",
    isDisposable: known === undefined || isDisposable(known.prototype),
    maxRestarts: options.maxRestarts ?? 0,
    startTimeoutMs: startTimeoutMs === Infinity ? undefined : startTimeoutMs,
    source,
  };
}

function isDisposable(prototype: object): boolean {
  return Symbol.asyncDispose in prototype || Symbol.dispose in prototype;
}
