/**
 * Free variables of a function: the names it uses and does not declare, with every place where
 * each is used.
 */

import type { AnyNode, CallExpression, Class, Function as FunctionNode } from "acorn";
import {
  findDeclaring,
  ScopeWalker,
  type Frame,
  type NameUse,
  type Scope,
} from "./scope-walker.ts";
import { forEachChild } from "./syntax.ts";

/** A place where a free name is used. */
export interface Use extends Pick<NameUse, "position" | "member"> {
  readonly start: number;
  readonly end: number;
}

/** What belongs to the function around this one and cannot be taken along. */
export type Outer = "this" | "super" | "new.target" | "arguments";

export interface FreeVariables {
  readonly names: Map<string, Use[]>;
  readonly outer: Set<Outer>;
  /** Places of `import.meta`. */
  readonly metas: { readonly start: number; readonly end: number }[];
  /** Own `arguments`: every argument counts. */
  usesArguments: boolean;
}

export function findFreeVariables(root: FunctionNode | Class, strict: boolean): FreeVariables {
  const finder = new Finder(strict, root.type === "FunctionExpression");
  finder.find(root as AnyNode);
  return finder.found;
}

class Finder extends ScopeWalker {
  readonly found: FreeVariables = {
    names: new Map(),
    outer: new Set(),
    metas: [],
    usesArguments: false,
  };
  /** Up to here `super` means that of an object which is not taken along. */
  readonly #superDepth: number;

  constructor(strict: boolean, mayBeMethod: boolean) {
    super(strict);
    this.#superDepth = mayBeMethod ? 1 : 0;
  }

  find(root: AnyNode): void {
    this.visit(root, undefined, { depth: 0, hasArguments: false });
  }

  protected override visit(node: AnyNode, scope: Scope | undefined, frame: Frame): void {
    if (node.type !== "CallExpression" || !passesIdleThis(node)) {
      return super.visit(node, scope, frame);
    }
    const [, ...args] = node.arguments;
    for (const each of [node.callee, ...args]) super.visit(each, scope, frame);
  }

  protected use({ node, scope, frame, position, member }: NameUse): void {
    if (findDeclaring(node.name, scope) !== undefined) return;
    if (node.name === "arguments") return this.#arguments(frame);
    const uses = this.found.names.get(node.name);
    const { start, end } = node;
    const use = member === undefined ? { start, end, position } : { start, end, position, member };
    if (uses === undefined) this.found.names.set(node.name, [use]);
    else uses.push(use);
  }

  #arguments(frame: Frame): void {
    if (!frame.hasArguments) this.found.outer.add("arguments");
    else if (frame.depth === 1) this.found.usesArguments = true;
  }

  protected keyword(node: AnyNode, { depth }: Frame): void {
    const { outer, metas } = this.found;
    if (node.type === "MetaProperty") {
      if (node.meta.name === "import") metas.push({ start: node.start, end: node.end });
      else if (depth === 0) outer.add("new.target");
    } else if (node.type === "Super") {
      if (depth <= this.#superDepth) outer.add("super");
    } else if (depth === 0) outer.add("this");
  }
}

/**
 * What compilers make of an async function, `__awaiter(this, ..., function* () { ... })`, where the
 * body does not use the `this` it is given.
 */
function passesIdleThis({ callee, arguments: args }: CallExpression): boolean {
  const name =
    callee.type === "Identifier"
      ? callee.name
      : callee.type === "MemberExpression" && callee.property.type === "Identifier"
        ? callee.property.name
        : "";
  const body = args.at(-1);
  return (
    /^__(awaiter|async|asyncGenerator)$/.test(name) &&
    args[0]?.type === "ThisExpression" &&
    body?.type === "FunctionExpression" &&
    !usesThis(body.body)
  );
}

function usesThis(node: AnyNode): boolean {
  if (node.type === "ThisExpression" || node.type === "Super") return true;
  if (node.type === "FunctionExpression" || node.type === "FunctionDeclaration") return false;
  let found = false;
  forEachChild(node, (child) => (found ||= usesThis(child)));
  return found;
}
