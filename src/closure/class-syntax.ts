/**
 * How the source of a class must change so that it can be built in two steps: first the class
 * without a base and without its static values, then both, which may lead back to the class. Its
 * static initialisers never run again; their results are sent as values.
 *
 * Private fields of instances exist only where the constructor put them. A class with any is made
 * so that its constructor can stamp them onto a given object and do nothing else; its arguments
 * are then such that taking them apart does nothing either.
 */

import type { ClassExpression, Expression, MethodDefinition, PropertyDefinition } from "acorn";
import { CannotShip } from "./cannot-ship.ts";
import { blank, type Edit } from "./edits.ts";
import { findFreeVariables } from "./free-variables.ts";
import { unwrapNamed } from "./syntax.ts";

/** Names that rebuilt classes are given; see `rebuild.ts` for what they hold. */
export const BASE_CELL = "$mobulaBase";
export const STAMP_CELL = "$mobulaStamp";
export const HOOKS_CELL = "$mobulaHooks";
export const KEYS_CELL = "$mobulaKeys";

/** A method as the source has it; `key` is undefined where it is computed. */
export interface SourceMethod {
  readonly isStatic: boolean;
  readonly key: string | undefined;
  readonly text: string;
}

export interface ClassSyntax {
  readonly edits: readonly Edit[];
  readonly methods: readonly SourceMethod[];
  /** Names of private fields, without `#`, in the order their values are sent. */
  readonly privateFields: readonly string[];
  readonly staticPrivateFields: readonly string[];
  /**
   * Fields that hold an arrow function which uses `this`, with its text: made by the constructor
   * alone, for nothing tells from outside what its `this` is.
   */
  readonly boundFields: ReadonlyMap<string, string>;
  /** Instances have private fields, methods or accessors, or bound fields. */
  readonly isStamped: boolean;
  /**
   * Methods whose names are computed, in order. Their names are sent, not computed again: what
   * they are computed from is gone once the class is made.
   */
  readonly computed: readonly SourceMethod[];
}

export function analyseClass(node: ClassExpression, source: string): ClassSyntax {
  const methods = node.body.body.filter((member) => member.type === "MethodDefinition");
  const fields = node.body.body.filter((member) => member.type === "PropertyDefinition");
  const boundFields = findBoundFields(fields, source);
  const hasPrivates = [...methods, ...fields].some((member) => !member.static && isPrivate(member));
  const isStamped = hasPrivates || boundFields.size > 0;
  const privateNames = (isStatic: boolean): string[] =>
    fields.filter((field) => field.static === isStatic && isPrivate(field)).map(privateName);
  const privateFields = privateNames(false);
  const staticPrivateFields = privateNames(true);
  refuseComputedFields(fields);
  const computed = methods.filter(isComputed);
  const edits = [
    ...computed.map(({ key: { start, end } }, index) => {
      return { start, end, text: `${KEYS_CELL}[${index}]` };
    }),
    ...heritageEdits(node, isStamped),
    ...staticEdits(node, source),
    ...(isStamped ? stampEdits(node, fields, methods) : []),
    ...hookEdits(node, privateFields, staticPrivateFields),
  ];
  return {
    edits,
    methods: methods.filter((method) => !isPrivate(method)).map((m) => sourceMethod(m, source)),
    privateFields,
    staticPrivateFields,
    boundFields,
    isStamped,
    computed: computed.map((method) => sourceMethod(method, source)),
  };
}

type Member = MethodDefinition | PropertyDefinition;

function isPrivate({ key }: Member): boolean {
  return key.type === "PrivateIdentifier";
}

/** `["name"]` and `[Symbol.iterator]` mean the same everywhere. */
function isComputed({ computed, key }: Member): boolean {
  if (!computed || key.type === "Literal") return false;
  return !(
    key.type === "MemberExpression" &&
    key.object.type === "Identifier" &&
    key.object.name === "Symbol"
  );
}

function refuseComputedFields(fields: readonly PropertyDefinition[]): void {
  if (!fields.some((field) => !field.static && isComputed(field))) return;
  throw new CannotShip("the name of a field is computed; set the field in the constructor");
}

function findBoundFields(
  fields: readonly PropertyDefinition[],
  source: string,
): Map<string, string> {
  const found = new Map<string, string>();
  for (const field of fields) {
    const { key, value } = field;
    if (field.static || field.computed || key.type === "PrivateIdentifier") continue;
    const arrow = value && unwrapNamed(value);
    if (arrow?.type !== "ArrowFunctionExpression") continue;
    if (findFreeVariables(arrow, true).outer.size === 0) continue;
    const name = key.type === "Identifier" ? key.name : key.type === "Literal" && String(key.value);
    if (typeof name === "string") found.set(name, source.slice(arrow.start, arrow.end));
  }
  return found;
}

function isFunction({ type }: Expression): boolean {
  return /^(Arrow)?Function|^Class/.test(type);
}

function privateName({ key }: Member): string {
  return key.type === "PrivateIdentifier" ? key.name : "";
}

function sourceMethod(method: MethodDefinition, source: string): SourceMethod {
  const { key, computed } = method;
  const name = computed
    ? undefined
    : key.type === "Identifier"
      ? key.name
      : key.type === "Literal"
        ? String(key.value)
        : undefined;
  return { isStatic: method.static, key: name, text: source.slice(method.start, method.end) };
}

/** `extends null` stays: nothing stands in its place later. */
function heritageEdits({ superClass, id, start }: ClassExpression, isStamped: boolean): Edit[] {
  if (superClass?.type === "Literal") return [];
  if (superClass) return [{ start: superClass.start, end: superClass.end, text: BASE_CELL }];
  if (!isStamped) return [];
  const end = id?.end ?? start + "class".length;
  return [{ start: end, end, text: ` extends ${BASE_CELL}` }];
}

function staticEdits({ body }: ClassExpression, source: string): Edit[] {
  const remove = (start: number, end: number): Edit => {
    // The semicolon also ends a field before it that has none.
    return { start, end, text: `;${blank(source.slice(start + 1, end))}` };
  };
  return body.body.flatMap((member) => {
    if (member.type === "StaticBlock") return [remove(member.start, member.end)];
    if (member.type !== "PropertyDefinition" || !member.static) return [];
    if (!isPrivate(member)) return [remove(member.start, member.end)];
    return member.value ? [remove(member.key.end, member.end)] : [];
  });
}

/** While an object is stamped no initialiser of a field runs, nor the constructor's own code. */
function stampEdits(
  node: ClassExpression,
  fields: readonly PropertyDefinition[],
  methods: readonly MethodDefinition[],
): Edit[] {
  const guards = fields.flatMap(({ static: isStatic, value }) => {
    // Making a function does nothing; wrapped, it would lose the name the field gives it.
    if (isStatic || !value || isFunction(unwrapNamed(value))) return [];
    return [
      { start: value.start, end: value.start, text: `${STAMP_CELL}.target?void 0:(` },
      { start: value.end, end: value.end, text: ")" },
    ];
  });
  const constructor = methods.find(({ kind }) => kind === "constructor");
  if (constructor === undefined) return guards;
  return [...guards, ...constructorEdits(constructor, Boolean(node.superClass))];
}

function constructorEdits({ value: { body } }: MethodDefinition, isDerived: boolean): Edit[] {
  const start = body.start + 1;
  const guard = isDerived
    ? `if(${STAMP_CELL}.target){super();return}`
    : `super();if(${STAMP_CELL}.target)return;`;
  return [{ start, end: start, text: guard }];
}

function hookEdits(
  { body }: ClassExpression,
  fields: readonly string[],
  staticFields: readonly string[],
): Edit[] {
  const assign = (object: string, names: readonly string[]): string =>
    names.map((name, index) => `${object}.#${name}=values[${index}]`).join(";");
  const hooks: string[] = [];
  if (fields.length > 0) {
    hooks.push(`${HOOKS_CELL}.setFields=(object,values)=>{${assign("object", fields)}}`);
  }
  if (staticFields.length > 0) {
    hooks.push(`${HOOKS_CELL}.setStatics=(values)=>{${assign("this", staticFields)}}`);
  }
  if (hooks.length === 0) return [];
  const end = body.end - 1;
  return [{ start: end, end, text: `;static{${hooks.join(";")}}` }];
}
