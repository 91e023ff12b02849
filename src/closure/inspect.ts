/**
 * What the engine knows of a function and JavaScript does not tell: the variables it captured,
 * where it was defined, what a bound function is bound to, private fields. Read through an
 * inspector session on the own thread, which answers before `post` returns.
 */

import type * as Inspector from "node:inspector";
import type { Debugger, Session } from "node:inspector";
import { runInThisContext } from "node:vm";
import { ownRequire } from "./package-files.ts";
import { isOwnFileUrl } from "./platform.ts";
import type { BoundParts } from "./bound.ts";
import { CannotShip } from "./cannot-ship.ts";

/** Variables of one scope by name, as of now; a copy. */
export interface Scope {
  /** As the engine says: "Module", "Closure (outer)", "Block", "Script", "Global", ... */
  readonly description: string;
  readonly object: Readonly<Record<string, unknown>>;
}

export interface Location {
  readonly scriptId: string;
  readonly line: number;
  readonly column: number;
}

export interface Inspected {
  /** Innermost first. */
  readonly scopes: readonly Scope[];
  readonly location: Location | undefined;
  readonly bound: BoundParts | undefined;
}

export interface Script {
  readonly url: string;
  /** As it was loaded, e.g. after type stripping. */
  readonly source: string;
  readonly startLine: number;
}

interface Property {
  readonly name: string;
  readonly value?: {
    readonly value?: unknown;
    readonly unserializableValue?: string;
    readonly objectId?: string;
  };
}
interface Properties {
  readonly internalProperties?: readonly Property[];
  readonly privateProperties?: readonly Property[];
}
interface Remote {
  readonly result: { readonly objectId?: string };
}

/** Through here values pass between the session and this module, both ways. */
const DOOR = Symbol.for("mobula.inspect");
const GROUP = "mobula";
const door: { subject: unknown; received: unknown[] } = { subject: undefined, received: [] };
/** Strict, so that a symbol arrives unboxed. */
const TAKE = `function () {
  "use strict"; globalThis[Symbol.for("mobula.inspect")].received.push(this);
}`;

/** The session looks from there, also if the program runs in a `vm` context, as in Jest. */
const mainGlobal = runInThisContext("globalThis") as typeof globalThis;
/** The program's modules are loaded by somebody else than Node. */
export const isSandboxed = mainGlobal !== globalThis;

let session: Session | undefined;
/** By script id, filled while `readScript` has the debugger on. */
const parsed = new Map<string, Debugger.ScriptParsedEventDataType>();

/** Synchronous: the callback runs inside `post`. */
function post<Result>(method: string, parameters: object = {}): Result {
  session ??= connect();
  let outcome: { error: Error | null; result: unknown } | undefined;
  session.post(method, parameters, (error, result) => (outcome = { error, result }));
  if (outcome === undefined) throw new Error(`Cannot inspect: ${method} was not answered`);
  if (outcome.error !== null) {
    throw new Error(`Cannot inspect: ${method}: ${outcome.error.message}`);
  }
  return outcome.result as Result;
}

function connect(): Session {
  try {
    // Only now: Node may have been built without, and a program may ship no function.
    const { Session: NodeSession } = ownRequire("node:inspector") as typeof Inspector;
    const opened = new NodeSession();
    opened.connect();
    opened.on("Debugger.scriptParsed", ({ params }) => parsed.set(params.scriptId, params));
    return opened;
  } catch (cause) {
    const reason = cause instanceof Error ? ` (${cause.message})` : "";
    throw new CannotShip(
      `this Node does not let its variables be read${reason}; start it without --permission`,
      { cause },
    );
  }
}

/** Runs `look` on the inspector's handle of `subject`; everything is released afterwards. */
function withHandle<Result>(subject: object, look: (objectId: string) => Result): Result {
  door.subject = subject;
  Object.defineProperty(mainGlobal, DOOR, { value: door, configurable: true });
  try {
    const { result } = post<Remote>("Runtime.evaluate", {
      expression: `globalThis[Symbol.for("mobula.inspect")].subject`,
      objectGroup: GROUP,
    });
    if (result.objectId === undefined) throw new Error("Cannot inspect: the value has no handle");
    return look(result.objectId);
  } finally {
    door.subject = undefined;
    door.received = [];
    Reflect.deleteProperty(mainGlobal, DOOR);
    post("Runtime.releaseObjectGroup", { objectGroup: GROUP });
  }
}

/** The value behind a handle, or the primitive that stands in its place. */
function valueOf(property: Property | undefined): unknown {
  const { objectId, unserializableValue, value } = property?.value ?? {};
  if (unserializableValue !== undefined) return parseNumber(unserializableValue);
  if (objectId === undefined) return value;
  post("Runtime.callFunctionOn", { objectId, functionDeclaration: TAKE });
  return door.received.pop();
}

export function inspectFunction(subject: object): Inspected {
  return withHandle(subject, (objectId) => {
    const { internalProperties = [] } = post<Properties>("Runtime.getProperties", {
      objectId,
      ownProperties: true,
    });
    const find = (name: string) => internalProperties.find((property) => property.name === name);
    const location = find("[[FunctionLocation]]")?.value?.value as
      { scriptId: string; lineNumber: number; columnNumber: number } | undefined;
    const target = valueOf(find("[[TargetFunction]]")) as object | undefined;
    return {
      scopes: Array.from((valueOf(find("[[Scopes]]")) as ArrayLike<Scope> | undefined) ?? []),
      location: location && {
        scriptId: location.scriptId,
        line: location.lineNumber,
        column: location.columnNumber,
      },
      bound: target && {
        target,
        self: valueOf(find("[[BoundThis]]")),
        args: Array.from((valueOf(find("[[BoundArgs]]")) as unknown[] | undefined) ?? []),
      },
    };
  });
}

export interface PrivateField {
  /** With `#`. */
  readonly name: string;
  readonly value: unknown;
}

/** In the order they were put there, base class first; methods and accessors are left out. */
export function inspectPrivateFields(subject: object): PrivateField[] {
  return withHandle(subject, (objectId) => {
    const { privateProperties = [] } = post<Properties>("Runtime.getProperties", {
      objectId,
      ownProperties: true,
    });
    const fields = privateProperties.filter((property) => property.value !== undefined);
    return fields.map((property) => ({ name: property.name, value: valueOf(property) }));
  });
}

/**
 * Sets a private field that `subject` has. The engine refuses where two classes gave it a field of
 * that name. `name`: with `#`.
 */
export function setPrivateField(subject: object, name: string, value: unknown): void {
  if (!/^#[\p{ID_Continue}$]+$/u.test(name)) throw new Error(`Cannot set ${name}: no such field`);
  door.received = [value];
  withHandle(subject, () => {
    const given = `globalThis[Symbol.for("mobula.inspect")]`;
    // Private names can be used outside their class only so. The answer to this request comes
    // later, for it may await; what it does is done before `post` returns.
    session?.post("Runtime.evaluate", {
      expression: `${given}.subject.${name} = ${given}.received.pop(); 0`,
      replMode: true,
    });
  });
  const field = inspectPrivateFields(subject).find((each) => each.name === name);
  if (!Object.is(field?.value, value)) throw new CannotShip(`its field ${name} cannot be set`);
}

/** `NaN`, `-0`, `-Infinity`, `12n`: what JSON cannot say. */
function parseNumber(text: string): number | bigint {
  return text.endsWith("n") ? BigInt(text.slice(0, -1)) : Number(text);
}

/**
 * Scripts of the program's own that were read along with another one, until they are asked for:
 * to switch the debugger on takes about 30 ms, for it lists all scripts then.
 */
const ahead = new Map<string, Script>();
const AHEAD_CHARS_MAX = 4 * 2 ** 20;

/** Reads the program's own scripts ahead. Gives them by id. */
export function readAhead(): ReadonlyMap<string, Script> {
  withDebugger(takeAhead);
  return ahead;
}

/** Precondition: inside `withDebugger`. */
function takeAhead(): void {
  let chars = 0;
  for (const { scriptId, length = Infinity } of parsed.values()) {
    if (!isOwn(scriptId) || (chars += length) > AHEAD_CHARS_MAX) continue;
    ahead.set(scriptId, scriptOf(scriptId));
  }
}

/**
 * The script a function was compiled from. The debugger is switched off at once, for while on it
 * slows every `await`.
 */
export function readScript(scriptId: string): Script {
  const known = ahead.get(scriptId);
  if (known !== undefined) {
    ahead.delete(scriptId);
    return known;
  }
  return withDebugger(() => {
    const script = scriptOf(scriptId);
    takeAhead();
    ahead.delete(scriptId);
    return script;
  });
}

/** Sources of the program's own files that are loaded, by URL; those of packages left out. */
export function readOwnSources(): Map<string, string> {
  return withDebugger(() => {
    const own = [...parsed.keys()].filter(isOwn).map(scriptOf);
    return new Map(own.map(({ url, source }) => [url, source]));
  });
}

/** Precondition, here and below: inside `withDebugger`. */
function isOwn(scriptId: string): boolean {
  return isOwnFileUrl(parsed.get(scriptId)?.url ?? "");
}

function scriptOf(scriptId: string): Script {
  const { url = "", startLine = 0 } = parsed.get(scriptId) ?? {};
  return { url, source: readSource(scriptId), startLine };
}

function readSource(scriptId: string): string {
  return post<{ scriptSource: string }>("Debugger.getScriptSource", { scriptId }).scriptSource;
}

function withDebugger<Result>(read: () => Result): Result {
  post("Debugger.enable");
  try {
    return read();
  } finally {
    post("Debugger.disable");
    parsed.clear();
  }
}
