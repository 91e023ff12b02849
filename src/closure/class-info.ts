/** What instances of a class hold beside their properties; worked out once for each class. */

import { analyseClass } from "./class-syntax.ts";
import { isInert } from "./inert.ts";
import { inspectFunction } from "./inspect.ts";
import { isNativePrototype, isNativeText, isNodeUrl, textOf } from "./platform.ts";
import { getScriptFile } from "./scripts.ts";
import { parseFunction } from "./syntax.ts";

export interface ClassInfo {
  /** Part of the platform: JavaScript's own, or Node's. */
  readonly isBuiltin: boolean;
  /** Its constructor gives instances what nobody else can: private fields, bound arrows. */
  readonly isStamped: boolean;
  /** Names of the private fields, without `#`, in the order their values are sent. */
  readonly privateFields: readonly string[];
  readonly boundFields: ReadonlyMap<string, string>;
  /** Its constructor only fills the object it makes; bases are not looked at. */
  readonly isInert: boolean;
}

const infos = new WeakMap<Function, ClassInfo>();

export function getClassInfo(subject: Function): ClassInfo {
  let info = infos.get(subject);
  if (info === undefined) infos.set(subject, (info = examine(subject)));
  return info;
}

const BUILTIN: ClassInfo = {
  isBuiltin: true,
  isStamped: false,
  privateFields: [],
  boundFields: new Map(),
  isInert: true,
};

function examine(subject: Function): ClassInfo {
  const text = textOf(subject);
  if (isNativeText(text)) return BUILTIN;
  const { location } = inspectFunction(subject);
  if (location === undefined || isNodeUrl(getScriptFile(location).url)) return BUILTIN;
  const syntax = parseFunction(text);
  if (syntax?.node.type !== "ClassExpression") {
    return { ...BUILTIN, isBuiltin: false, isInert: false };
  }
  const { isStamped, privateFields, boundFields } = analyseClass(syntax.node, syntax.source);
  return {
    isBuiltin: false,
    isStamped,
    privateFields,
    boundFields,
    isInert: isInert(syntax.node),
  };
}

/** Classes by the `prototype` of their twin; see `twins.ts`. */
const twins = new WeakMap<object, Function>();

export function setTwin(prototype: object, original: Function): void {
  twins.set(prototype, original);
}

/** Constructors of the classes `value` is an instance of, its own first, `Object` left out. */
export function classChain(value: object): Function[] {
  const chain = new Set<Function>();
  let prototype = Object.getPrototypeOf(value) as object | null;
  while (prototype !== null && !isTop(prototype)) {
    const constructor = ownConstructor(prototype);
    if (constructor !== undefined) chain.add(constructor);
    prototype = Object.getPrototypeOf(prototype) as object | null;
  }
  return [...chain];
}

/** `Object.prototype`, also of a `vm` context. */
function isTop(prototype: object): boolean {
  if (prototype === Object.prototype) return true;
  return Object.getPrototypeOf(prototype) === null && isNativePrototype(prototype);
}

/** The class whose `prototype` this object is, or that of whose twin. */
export function ownConstructor(prototype: object): Function | undefined {
  const original = twins.get(prototype);
  if (original !== undefined) return original;
  const constructor: unknown = Reflect.getOwnPropertyDescriptor(prototype, "constructor")?.value;
  if (typeof constructor !== "function" || constructor.prototype !== prototype) return undefined;
  return constructor;
}
