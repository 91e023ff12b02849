/**
 * Free variables of a function: the names it uses and does not declare, with every place where
 * each is used. Follows the scoping rules of the language, `var` and parameters included.
 */

import type { AnyNode, Class, Function as FunctionNode, Identifier } from "acorn";
import { declare, declareLexically, declareVariables } from "./declarations.ts";
import { forEachChild } from "./syntax.ts";

/** A place where a free name is used. */
export interface Use {
  readonly start: number;
  readonly end: number;
  /** What a replacement must heed: `{ name }`, `name()` and `` name`…` ``, anything else. */
  readonly position: "shorthand" | "callee" | "plain";
  /** `name.member`: no more of the value is asked for here. */
  readonly member?: string;
}

/** What belongs to the function around this one and cannot be taken along. */
export type Outer = "this" | "super" | "new.target" | "arguments";

export interface FreeVariables {
  readonly names: Map<string, Use[]>;
  readonly outer: Set<Outer>;
  /** Places of `import.meta`. */
  readonly metas: { readonly start: number; readonly end: number }[];
  /** Own `arguments` or a rest parameter: every argument counts. */
  usesArguments: boolean;
}

/** Names declared between here and the next function. */
interface Scope {
  readonly names: Set<string>;
  readonly parent: Scope | undefined;
}

/** Whose `this` and `arguments` an expression sees. */
interface Frame {
  /** 0: of the function around; 1: of the analysed function; 2: of one inside it. */
  readonly depth: number;
  readonly hasArguments: boolean;
}

export function findFreeVariables(root: FunctionNode | Class, strict: boolean): FreeVariables {
  const finder = new Finder(strict, root.type.startsWith("Class"));
  finder.visit(root as AnyNode, undefined, { depth: 0, hasArguments: false });
  return finder.found;
}

class Finder {
  readonly found: FreeVariables = {
    names: new Map(),
    outer: new Set(),
    metas: [],
    usesArguments: false,
  };
  readonly #strict: boolean;
  /** Up to here `super` means that of an object which is not taken along. */
  readonly #superDepth: number;

  constructor(strict: boolean, isClass: boolean) {
    this.#strict = strict;
    this.#superDepth = isClass ? 0 : 1;
  }

  visit(node: AnyNode, scope: Scope | undefined, frame: Frame): void {
    switch (node.type) {
      case "Identifier":
        return this.#use(node, scope, frame, "plain");
      case "FunctionExpression":
      case "FunctionDeclaration":
      case "ArrowFunctionExpression":
        return this.#function(node, scope, frame);
      case "ClassExpression":
      case "ClassDeclaration":
        return this.#class(node, scope, frame);
      case "ThisExpression":
        if (frame.depth === 0) this.found.outer.add("this");
        return;
      case "Super":
        if (frame.depth <= this.#superDepth) this.found.outer.add("super");
        return;
      case "MetaProperty":
        return this.#metaProperty(node, frame);
      case "LabeledStatement":
        return this.visit(node.body, scope, frame);
      case "BreakStatement":
      case "ContinueStatement":
        return;
      default:
        return this.#other(node, scope, frame);
    }
  }

  #other(node: AnyNode, scope: Scope | undefined, frame: Frame): void {
    const inner = opensBlock(node) ? this.#block(node, scope) : scope;
    switch (node.type) {
      case "MemberExpression":
        if (node.computed) this.visit(node.property, inner, frame);
        else if (node.object.type === "Identifier" && node.property.type === "Identifier") {
          return this.#use(node.object, inner, frame, "plain", node.property.name);
        }
        return this.visit(node.object, inner, frame);
      case "Property":
        if (node.shorthand) return this.#shorthand(node.value, inner, frame);
        if (node.computed) this.visit(node.key, inner, frame);
        return this.visit(node.value, inner, frame);
      case "CallExpression":
        this.#callee(node.callee, inner, frame);
        for (const argument of node.arguments) this.visit(argument, inner, frame);
        return;
      case "TaggedTemplateExpression":
        this.#callee(node.tag, inner, frame);
        return this.visit(node.quasi, inner, frame);
      default:
        forEachChild(node, (child) => this.visit(child, inner, frame));
    }
  }

  #callee(node: AnyNode, scope: Scope | undefined, frame: Frame): void {
    if (node.type === "Identifier") this.#use(node, scope, frame, "callee");
    else this.visit(node, scope, frame);
  }

  /** `{ name }` in an expression, `{ name = default }` in a pattern. */
  #shorthand(value: AnyNode, scope: Scope | undefined, frame: Frame): void {
    if (value.type === "Identifier") return this.#use(value, scope, frame, "shorthand");
    if (value.type !== "AssignmentPattern") return this.visit(value, scope, frame);
    this.#shorthand(value.left, scope, frame);
    this.visit(value.right, scope, frame);
  }

  #use(
    node: Identifier,
    scope: Scope | undefined,
    frame: Frame,
    position: Use["position"],
    member?: string,
  ): void {
    for (let at = scope; at !== undefined; at = at.parent) if (at.names.has(node.name)) return;
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

  #metaProperty(node: AnyNode & { type: "MetaProperty" }, frame: Frame): void {
    if (node.meta.name === "import") this.found.metas.push({ start: node.start, end: node.end });
    else if (frame.depth === 0) this.found.outer.add("new.target");
  }

  #function(node: FunctionNode, outer: Scope | undefined, frame: Frame): void {
    const isArrow = node.type === "ArrowFunctionExpression";
    const own = isArrow ? frame : { depth: frame.depth + 1, hasArguments: true };
    const named = node.type === "FunctionExpression" && node.id ? [node.id.name] : [];
    const parameters = { names: new Set(named), parent: outer };
    for (const parameter of node.params) declare(parameter, parameters.names);
    for (const parameter of node.params) this.visit(parameter, parameters, own);
    if (node.body.type !== "BlockStatement") return this.visit(node.body, parameters, own);
    const body = { names: new Set<string>(), parent: parameters };
    declareVariables(node.body, body.names, this.#strict);
    declareLexically(node.body.body, body.names);
    for (const statement of node.body.body) this.visit(statement, body, own);
  }

  #class(node: Class, outer: Scope | undefined, frame: Frame): void {
    const scope = { names: new Set(node.id ? [node.id.name] : []), parent: outer };
    if (node.superClass) this.visit(node.superClass, scope, frame);
    const own = { depth: frame.depth + 1, hasArguments: false };
    for (const member of node.body.body) {
      if (member.type === "StaticBlock") this.#staticBlock(member, scope, own);
      else {
        if (member.computed) this.visit(member.key, scope, frame);
        if (member.value) this.visit(member.value, scope, own);
      }
    }
  }

  #staticBlock(node: AnyNode & { type: "StaticBlock" }, outer: Scope, frame: Frame): void {
    const scope = { names: new Set<string>(), parent: outer };
    declareVariables(node, scope.names, true);
    declareLexically(node.body, scope.names);
    for (const statement of node.body) this.visit(statement, scope, frame);
  }

  #block(node: AnyNode, parent: Scope | undefined): Scope {
    const names = new Set<string>();
    if (node.type === "BlockStatement") declareLexically(node.body, names);
    else if (node.type === "SwitchStatement") {
      for (const branch of node.cases) declareLexically(branch.consequent, names);
    } else if (node.type === "CatchClause" && node.param) declare(node.param, names);
    else if (node.type === "ForStatement" && node.init) declareLexically([node.init], names);
    else if (node.type === "ForInStatement" || node.type === "ForOfStatement") {
      declareLexically([node.left], names);
    }
    return { names, parent };
  }
}

function opensBlock(node: AnyNode): boolean {
  switch (node.type) {
    case "BlockStatement":
    case "SwitchStatement":
    case "CatchClause":
    case "ForStatement":
    case "ForInStatement":
    case "ForOfStatement":
      return true;
    default:
      return false;
  }
}
