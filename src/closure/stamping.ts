/**
 * Private fields of instances exist only where the constructor put them, and arrow functions with
 * its `this` are made only there. A class with any is changed so that its constructor can stamp
 * them onto a given object and do nothing else: while `$mobulaStamp.target` is set. Its arguments
 * are then such that taking them apart does nothing either.
 */

import type {
  ClassExpression,
  Expression,
  MethodDefinition,
  PropertyDefinition,
  Statement,
} from "acorn";
import { STAMP_CELL } from "./cells.ts";
import { declare, declareLexically, declareVariables } from "./declarations.ts";
import type { Edit } from "./edits.ts";
import { findFreeVariables } from "./free-variables.ts";
import { unwrapNamed } from "./syntax.ts";

/**
 * Fields that hold an arrow function with the `this` of the constructor. Nothing tells from outside
 * what its `this` is; where an object has the function, stamping makes it again.
 */
export interface Bound {
  /** Texts of the functions by the name of the field, `#` included. */
  readonly texts: ReadonlyMap<string, string>;
  /** Statements of the constructor that set some of them. */
  readonly statements: ReadonlySet<Statement>;
}

export function findBound(node: ClassExpression, source: string): Bound {
  const texts = new Map<string, string>();
  const statements = new Set<Statement>();
  const add = (name: string | undefined, { start, end }: Expression): void => {
    if (name !== undefined) texts.set(name, source.slice(start, end));
  };
  for (const member of node.body.body) {
    if (member.type !== "PropertyDefinition" || member.static || !member.value) continue;
    const arrow = unwrapNamed(member.value);
    if (usesThis(arrow)) add(fieldName(member), arrow);
  }
  const constructor = findConstructor(node);
  if (constructor === undefined || !canGuard(constructor, Boolean(node.superClass))) {
    return { texts, statements };
  }
  const locals = localsOf(constructor);
  for (const statement of constructor.value.body.body) {
    const [name, arrow] = assignedToThis(statement) ?? [];
    if (arrow === undefined || !usesThis(arrow) || isUsing(arrow, locals)) continue;
    add(name, arrow);
    statements.add(statement);
  }
  return { texts, statements };
}

function findConstructor({ body }: ClassExpression): MethodDefinition | undefined {
  for (const member of body.body) {
    if (member.type === "MethodDefinition" && member.kind === "constructor") return member;
  }
  return undefined;
}

function fieldName({ key, computed }: PropertyDefinition): string | undefined {
  if (computed) return undefined;
  if (key.type === "PrivateIdentifier") return `#${key.name}`;
  return key.type === "Identifier"
    ? key.name
    : key.type === "Literal"
      ? String(key.value)
      : undefined;
}

function usesThis(node: Expression): boolean {
  return node.type === "ArrowFunctionExpression" && findFreeVariables(node, true).outer.size > 0;
}

/** `this.name = () => ...`: the name and the function. */
function assignedToThis(statement: Statement): [string, Expression] | undefined {
  if (statement.type !== "ExpressionStatement") return undefined;
  const { expression } = statement;
  if (expression.type !== "AssignmentExpression" || expression.operator !== "=") return undefined;
  const { left, right } = expression;
  if (left.type !== "MemberExpression" || left.object.type !== "ThisExpression") return undefined;
  if (left.computed || left.property.type !== "Identifier") return undefined;
  return [left.property.name, unwrapNamed(right)];
}

/** Names that mean something only while the constructor runs. */
function localsOf({ value: { params, body } }: MethodDefinition): Set<string> {
  const names = new Set<string>();
  for (const parameter of params) declare(parameter, names);
  declareVariables(body, names, true);
  declareLexically(body.body, names);
  return names;
}

function isUsing(arrow: Expression, names: ReadonlySet<string>): boolean {
  if (arrow.type !== "ArrowFunctionExpression") return false;
  return [...findFreeVariables(arrow, true).names.keys()].some((name) => names.has(name));
}

/** Whether each statement can be guarded alone: `super` must still be called, and only there. */
function canGuard({ value: { body } }: MethodDefinition, isDerived: boolean): boolean {
  return !isDerived || body.body.some(isSuperCall);
}

function isSuperCall(statement: Statement): boolean {
  return (
    statement.type === "ExpressionStatement" &&
    statement.expression.type === "CallExpression" &&
    statement.expression.callee.type === "Super"
  );
}

export function stampEdits(node: ClassExpression, bound: Bound): Edit[] {
  const edits = node.body.body.flatMap((member) => {
    if (member.type !== "PropertyDefinition" || member.static || !member.value) return [];
    return isFunction(unwrapNamed(member.value)) ? [] : guard(member.value, "void 0");
  });
  const constructor = findConstructor(node);
  if (constructor === undefined) return edits;
  const isDerived = Boolean(node.superClass);
  return [
    ...edits,
    ...(bound.statements.size === 0
      ? leaveEarly(constructor, isDerived)
      : guardStatements(constructor, isDerived, bound.statements)),
  ];
}

/** Making a function does nothing; wrapped, it would lose the name the field gives it. */
function isFunction({ type }: Expression): boolean {
  return /^(Arrow)?Function|^Class/.test(type);
}

/** `value` while stamping, else what stands there. */
function guard({ start, end }: Pick<Expression, "start" | "end">, value: string): Edit[] {
  return [insert(start, `${STAMP_CELL}.target?${value}:(`), insert(end, ")")];
}

function insert(at: number, text: string): Edit {
  return { start: at, end: at, text };
}

function leaveEarly({ value: { body } }: MethodDefinition, isDerived: boolean): Edit[] {
  const text = isDerived
    ? `if(${STAMP_CELL}.target){super();return}`
    : `super();if(${STAMP_CELL}.target)return;`;
  return [insert(body.start + 1, text)];
}

function guardStatements(
  { value: { body } }: MethodDefinition,
  isDerived: boolean,
  kept: ReadonlySet<Statement>,
): Edit[] {
  const edits = body.body.flatMap((statement) => {
    if (kept.has(statement)) return [];
    switch (statement.type) {
      case "FunctionDeclaration":
      case "ClassDeclaration":
      case "EmptyStatement":
        return [];
      case "VariableDeclaration":
        return statement.declarations.flatMap(({ init }) =>
          init ? guard(init, `${STAMP_CELL}.anything`) : [],
        );
      default:
        return isSuperCall(statement) ? guardArguments(statement) : guardStatement(statement);
    }
  });
  return isDerived ? edits : [insert(body.start + 1, "super();"), ...edits];
}

function guardStatement({ start }: Statement): Edit[] {
  return [insert(start, `if(!${STAMP_CELL}.target)`)];
}

function guardArguments(statement: Statement): Edit[] {
  if (statement.type !== "ExpressionStatement") return [];
  const { expression } = statement;
  if (expression.type !== "CallExpression") return [];
  const [first, last] = [expression.arguments[0], expression.arguments.at(-1)];
  if (!first || !last) return [];
  return [insert(first.start, `...(${STAMP_CELL}.target?[]:[`), insert(last.end, "])")];
}
