/**
 * How the source of a class must change so that it can be built in two steps: first the class
 * without a base and without its static values, then both, which may lead back to the class. Its
 * static initialisers never run again; their results are sent as values.
 */

import type { ClassExpression, MethodDefinition, PropertyDefinition } from "acorn";
import { BASE_CELL, HOOKS_CELL, KEYS_CELL } from "./cells.ts";
import { blank, type Edit } from "./edits.ts";
import { findBound, stampEdits } from "./stamping.ts";

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
  /** See `stamping.ts`; private ones with `#`. */
  readonly boundFields: ReadonlyMap<string, string>;
  /** Instances have private fields, methods or accessors, or bound fields. */
  readonly isStamped: boolean;
  /** The name of a field of instances is computed: from what, nobody can tell later. */
  readonly hasComputedField: boolean;
  /**
   * Methods whose names are computed, in order. Their names are sent, not computed again: what
   * they are computed from is gone once the class is made.
   */
  readonly computed: readonly SourceMethod[];
}

export function analyseClass(node: ClassExpression, source: string): ClassSyntax {
  const methods = node.body.body.filter((member) => member.type === "MethodDefinition");
  const fields = node.body.body.filter((member) => member.type === "PropertyDefinition");
  const bound = findBound(node, source);
  const hasPrivates = [...methods, ...fields].some((member) => !member.static && isPrivate(member));
  const isStamped = hasPrivates || bound.texts.size > 0;
  const privateNames = (isStatic: boolean): string[] =>
    fields.filter((field) => field.static === isStatic && isPrivate(field)).map(privateName);
  const privateFields = privateNames(false).filter((name) => !bound.texts.has(`#${name}`));
  const staticPrivateFields = privateNames(true);
  const computed = methods.filter(isComputed);
  const edits = [
    ...computed.map(({ key: { start, end } }, index) => {
      return { start, end, text: `${KEYS_CELL}[${index}]` };
    }),
    ...heritageEdits(node, isStamped),
    ...staticEdits(node, source),
    ...(isStamped ? stampEdits(node, bound) : []),
    ...hookEdits(node, privateFields, staticPrivateFields),
  ];
  return {
    edits,
    methods: methods.filter((method) => !isPrivate(method)).map((m) => sourceMethod(m, source)),
    privateFields,
    staticPrivateFields,
    boundFields: bound.texts,
    isStamped,
    hasComputedField: fields.some((field) => !field.static && isComputed(field)),
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
