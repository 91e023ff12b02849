/**
 * Walks syntax by the scoping rules of the language: each name that is used is reported with the
 * scope it is used in. Declarations count as uses of what they declare.
 */

import type { AnyNode, CallExpression, Class, Function as FunctionNode, Identifier } from "acorn";
import { declare, declareLexically, declareVariables } from "./declarations.ts";
import { forEachChild } from "./syntax.ts";

/** Names declared in one piece of the source. */
export interface Scope {
  readonly names: Set<string>;
  readonly parent: Scope | undefined;
  readonly node: AnyNode;
}

/** Whose `this` and `arguments` an expression sees. */
export interface Frame {
  /** 0: of what is around; 1: of the outermost function; 2: of one inside it. */
  readonly depth: number;
  readonly hasArguments: boolean;
}

export interface NameUse {
  readonly node: Identifier;
  readonly scope: Scope | undefined;
  readonly frame: Frame;
  /** What a replacement must heed: `{ name }`, `name()` and `` name`…` ``, anything else. */
  readonly position: "shorthand" | "callee" | "plain";
  /** It is assigned to, by something else than its declaration. */
  readonly isTarget?: true;
  /** `name.member`: no more of the value is asked for here. */
  readonly member?: string;
}

type Place = Pick<NameUse, "scope" | "frame">;

export abstract class ScopeWalker {
  readonly #strict: boolean;

  constructor(strict: boolean) {
    this.#strict = strict;
  }

  protected abstract use(use: NameUse): void;
  /** `this`, `super`, `import.meta`, `new.target`. */
  protected abstract keyword(node: AnyNode, frame: Frame): void;

  protected visit(node: AnyNode, scope: Scope | undefined, frame: Frame): void {
    switch (node.type) {
      case "Identifier":
        return this.use({ node, scope, frame, position: "plain" });
      case "FunctionExpression":
      case "FunctionDeclaration":
      case "ArrowFunctionExpression":
        return this.#function(node, scope, frame);
      case "ClassExpression":
      case "ClassDeclaration":
        return this.#class(node, scope, frame);
      case "ThisExpression":
      case "Super":
      case "MetaProperty":
        return this.keyword(node, frame);
      case "LabeledStatement":
        return this.visit(node.body, scope, frame);
      case "BreakStatement":
      case "ContinueStatement":
        return;
      default:
        return this.#other(node, { scope: this.#scopeOf(node, scope), frame });
    }
  }

  #other(node: AnyNode, place: Place): void {
    const visit = (child: AnyNode): void => this.visit(child, place.scope, place.frame);
    switch (node.type) {
      case "MemberExpression":
        if (node.computed) visit(node.property);
        else if (node.object.type === "Identifier" && node.property.type === "Identifier") {
          const member = node.property.name;
          return this.use({ node: node.object, ...place, position: "plain", member });
        }
        return visit(node.object);
      case "Property":
        if (node.computed) visit(node.key);
        return node.shorthand ? this.#shorthand(node.value, place) : visit(node.value);
      case "CallExpression":
        return this.#call(node, place);
      case "TaggedTemplateExpression":
        this.#callee(node.tag, place);
        return visit(node.quasi);
      case "AssignmentExpression":
        this.#target(node.left, place);
        return visit(node.right);
      case "UpdateExpression":
        return this.#target(node.argument, place);
      case "ForInStatement":
      case "ForOfStatement":
        if (node.left.type === "VariableDeclaration") visit(node.left);
        else this.#target(node.left, place);
        visit(node.right);
        return visit(node.body);
      default:
        forEachChild(node, visit);
    }
  }

  #call(node: CallExpression, place: Place): void {
    this.#callee(node.callee, place);
    for (const argument of node.arguments) this.visit(argument, place.scope, place.frame);
  }

  #callee(node: AnyNode, place: Place): void {
    if (node.type === "Identifier") this.use({ node, ...place, position: "callee" });
    else this.visit(node, place.scope, place.frame);
  }

  /** `{ name }` in an expression, `{ name = default }` in a declaration. */
  #shorthand(value: AnyNode, place: Place): void {
    if (value.type === "Identifier") this.use({ node: value, ...place, position: "shorthand" });
    else if (value.type === "AssignmentPattern") {
      this.#shorthand(value.left, place);
      this.visit(value.right, place.scope, place.frame);
    }
  }

  /** The left side of an assignment. */
  #target(node: AnyNode, place: Place, position: NameUse["position"] = "plain"): void {
    switch (node.type) {
      case "Identifier":
        return this.use({ node, ...place, position, isTarget: true });
      case "AssignmentPattern":
        this.#target(node.left, place, position);
        return this.visit(node.right, place.scope, place.frame);
      case "RestElement":
        return this.#target(node.argument, place);
      case "ArrayPattern":
        for (const element of node.elements) if (element) this.#target(element, place);
        return;
      case "ObjectPattern":
        for (const property of node.properties) {
          if (property.type === "RestElement") this.#target(property, place);
          else {
            if (property.computed) this.visit(property.key, place.scope, place.frame);
            this.#target(property.value, place, property.shorthand ? "shorthand" : "plain");
          }
        }
        return;
      default:
        this.visit(node, place.scope, place.frame);
    }
  }

  #function(node: FunctionNode, outer: Scope | undefined, frame: Frame): void {
    const isArrow = node.type === "ArrowFunctionExpression";
    const own = isArrow ? frame : { depth: frame.depth + 1, hasArguments: true };
    const named = node.type === "FunctionExpression" && node.id ? [node.id.name] : [];
    const parameters = this.opened(node as AnyNode, named, outer);
    for (const parameter of node.params) declare(parameter, parameters.names);
    for (const parameter of node.params) this.visit(parameter, parameters, own);
    if (node.body.type !== "BlockStatement") return this.visit(node.body, parameters, own);
    const body = this.opened(node.body, [], parameters);
    declareVariables(node.body, body.names, this.#strict);
    declareLexically(node.body.body, body.names);
    for (const statement of node.body.body) this.visit(statement, body, own);
  }

  #class(node: Class, outer: Scope | undefined, frame: Frame): void {
    const scope = this.opened(node as AnyNode, node.id ? [node.id.name] : [], outer);
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
    const scope = this.opened(node, [], outer);
    declareVariables(node, scope.names, true);
    declareLexically(node.body, scope.names);
    for (const statement of node.body) this.visit(statement, scope, frame);
  }

  #scopeOf(node: AnyNode, parent: Scope | undefined): Scope | undefined {
    const open = (statements: readonly AnyNode[]): Scope => {
      const scope = this.opened(node, [], parent);
      declareLexically(statements, scope.names);
      return scope;
    };
    switch (node.type) {
      case "Program": {
        const scope = open(node.body);
        declareVariables(node, scope.names, this.#strict);
        return scope;
      }
      case "BlockStatement":
        return open(node.body);
      case "SwitchStatement":
        return open(node.cases.flatMap((branch) => branch.consequent));
      case "ForStatement":
        return node.init ? open([node.init]) : parent;
      case "ForInStatement":
      case "ForOfStatement":
        return open([node.left]);
      case "CatchClause": {
        const scope = open([]);
        if (node.param) declare(node.param, scope.names);
        return scope;
      }
      default:
        return parent;
    }
  }

  protected opened(node: AnyNode, names: readonly string[], parent: Scope | undefined): Scope {
    return { names: new Set(names), parent, node };
  }
}

/** Where `name` is declared, as seen from `scope`. */
export function findDeclaring(name: string, scope: Scope | undefined): Scope | undefined {
  let at = scope;
  while (at !== undefined && !at.names.has(name)) at = at.parent;
  return at;
}
