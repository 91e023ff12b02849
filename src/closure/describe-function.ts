/** What a call has to know of a function: its name, and how many arguments are worth sending. */

import type { AnyNode } from "acorn";
import { forEachChild, parseFunction } from "./syntax.ts";

export interface FunctionDescription {
  /** For output and messages. */
  readonly name: string;
  /** Declared parameters, those with defaults included. */
  readonly parameterCount: number;
  /** It takes whatever it is given: a rest parameter, `arguments`, or code that cannot be read. */
  readonly unlimited: boolean;
}

/** Parsing takes longer than most calls do, and functions are made remote again and again. */
const known = new WeakMap<object, FunctionDescription>();

export function describeFunction(subject: (...args: never[]) => unknown): FunctionDescription {
  const description = known.get(subject) ?? describe(subject);
  known.set(subject, description);
  return description;
}

function describe(subject: (...args: never[]) => unknown): FunctionDescription {
  const name = subject.name === "" ? "anonymous" : subject.name;
  const syntax = parseFunction(Function.prototype.toString.call(subject));
  if (syntax === undefined || syntax.node.type === "ClassExpression") {
    return { name, parameterCount: subject.length, unlimited: true };
  }
  const { params, body, type } = syntax.node;
  const hasRest = params.at(-1)?.type === "RestElement";
  const readsArguments =
    type !== "ArrowFunctionExpression" && [...params, body].some(mentionsArguments);
  return { name, parameterCount: params.length, unlimited: hasRest || readsArguments };
}

/** Whether the code reads `arguments` of the function it belongs to. */
function mentionsArguments(node: AnyNode): boolean {
  if (node.type === "Identifier") return node.name === "arguments";
  // These have `arguments` of their own; arrow functions have not.
  if (node.type === "FunctionExpression" || node.type === "FunctionDeclaration") return false;
  let found = false;
  forEachChild(node, (child) => (found ||= mentionsArguments(child)));
  return found;
}
