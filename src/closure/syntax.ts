/** The source text of a function or class, as `toString` gives it, parsed. */

import type {
  AnyNode,
  ArrowFunctionExpression,
  ClassExpression,
  Expression,
  FunctionExpression,
  Node,
  Program,
} from "acorn";
import { parse, parseExpressionAt } from "acorn";
import type { Form } from "./code.ts";

export interface Syntax {
  /** An expression that holds the function; its offsets are those of the nodes. */
  readonly source: string;
  /** Length of what was put before the function's own text. */
  readonly prefixLength: number;
  readonly form: Form;
  readonly node: FunctionExpression | ArrowFunctionExpression | ClassExpression;
  /** Where the name of a lone method is computed from what is gone. */
  readonly computedKey?: { readonly start: number; readonly end: number };
}

const IN_FUNCTION = "(function(){return(";

/** A text may be an expression or a method, which parses only inside an object or a class. */
const WRAPPINGS = [
  { before: "(", after: "\n)" },
  { before: "({", after: "\n})" },
  { before: "(class{", after: "\n})" },
  // An arrow function with the `new.target` of the function around it.
  { before: IN_FUNCTION, after: "\n)})" },
] as const;

export const PARSE_OPTIONS = {
  ecmaVersion: "latest",
  allowReserved: true,
  allowImportExportEverywhere: true,
  allowSuperOutsideMethod: true,
  checkPrivateFields: false,
} as const;

/** A function is described and then captured, or found to be a class and then sent. */
let last: { readonly text: string; readonly syntax: Syntax | undefined } | undefined;
/** No larger text is held. */
const LAST_CHARS_MAX = 10_000;

/**
 * `undefined`: the text is no JavaScript of ours, e.g. `[native code]`. Nodes are shared: not to
 * be changed.
 */
export function parseFunction(text: string): Syntax | undefined {
  if (last?.text === text) return last.syntax;
  const syntax = parseWrapped(text);
  last = text.length <= LAST_CHARS_MAX ? { text, syntax } : undefined;
  return syntax;
}

function parseWrapped(text: string): Syntax | undefined {
  for (const { before, after } of WRAPPINGS) {
    const source = before + text + after;
    const expression = tryParse(source);
    if (expression === undefined) continue;
    const found = functionOf(before === IN_FUNCTION ? returned(expression) : expression);
    if (found !== undefined) return { source, prefixLength: before.length, ...found };
  }
  return undefined;
}

/** A file as it was loaded; the body of a CommonJS module is that of a function. */
export function parseFile(source: string, sourceType: "module" | "script"): Program {
  return parse(source, {
    ...PARSE_OPTIONS,
    sourceType,
    allowReturnOutsideFunction: sourceType === "script",
  });
}

function tryParse(source: string): Expression | undefined {
  try {
    return parseExpressionAt(source, 0, PARSE_OPTIONS);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function returned(node: Expression): Expression {
  const [statement] = node.type === "FunctionExpression" ? node.body.body : [];
  return statement?.type === "ReturnStatement" && statement.argument ? statement.argument : node;
}

function functionOf(node: Expression): Omit<Syntax, "source" | "prefixLength"> | undefined {
  switch (node.type) {
    case "FunctionExpression":
    case "ArrowFunctionExpression":
    case "ClassExpression":
      return { form: "expression", node };
    case "ObjectExpression": {
      const property = node.properties[0];
      if (property?.type !== "Property" || property.value.type !== "FunctionExpression") return;
      const form = property.kind === "init" ? "method" : property.kind;
      const { value, computed, key } = property;
      return computed ? { form, node: value, computedKey: key } : { form, node: value };
    }
    default:
      return undefined;
  }
}

/**
 * esbuild, told to keep names, writes `__name(() => ..., "name")` for a function, and calls the
 * helper something else when it minifies. Tools that measure coverage write `(count++, () => ...)`.
 */
export function unwrapNamed(node: Expression): Expression {
  if (node.type === "SequenceExpression") {
    const last = node.expressions.at(-1);
    const counters = node.expressions.slice(0, -1);
    return last && counters.every(({ type }) => type === "UpdateExpression") ? last : node;
  }
  if (node.type !== "CallExpression" || node.callee.type !== "Identifier") return node;
  const [made, name, ...rest] = node.arguments;
  if (name?.type !== "Literal" || typeof name.value !== "string" || rest.length > 0) return node;
  return made && /^(Arrow)?Function|^Class/.test(made.type) ? (made as Expression) : node;
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === "object" && value !== null && typeof (value as Node).type === "string";
}

/** Calls `visit` for each node directly below `node`, in source order. */
export function forEachChild(node: AnyNode, visit: (child: AnyNode) => void): void {
  for (const value of Object.values(node)) {
    if (isNode(value)) visit(value);
    else if (Array.isArray(value)) for (const item of value) if (isNode(item)) visit(item);
  }
}
