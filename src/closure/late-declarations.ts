/**
 * Where the variables of a file's functions and blocks get their first value. Node 20 shows a
 * variable that has none yet as `undefined`: whether it has one is seen from the call stack.
 */

import type { AnyNode } from "acorn";
import { declare } from "./declarations.ts";
import { ScopeWalker, type Scope } from "./scope-walker.ts";

interface Declaration {
  /** Of the scope, and of the function or file whose code declares the variable. */
  readonly scope: AnyNode;
  readonly owner: AnyNode;
  /** Behind this it has a value. */
  readonly end: number;
}

export class LateDeclarations extends ScopeWalker {
  /** By name, innermost scopes last. */
  readonly #declarations = new Map<string, Declaration[]>();
  readonly #owners: AnyNode[] = [];

  constructor(program: AnyNode, strict: boolean) {
    super(strict);
    this.visit(program, undefined, { depth: 0, hasArguments: false });
  }

  /**
   * Whether `name`, as seen from `offset`, has no value yet. `executing`: where code of the file
   * is being executed, innermost first; code that waits or has ended shows nothing.
   */
  isPending(name: string, offset: number, executing: readonly number[]): boolean {
    const around = this.#declarations.get(name)?.filter(({ scope }) => contains(scope, offset));
    const declaration = around?.at(-1);
    if (declaration === undefined) return false;
    const at = executing.find((each) => {
      return contains(declaration.scope, each) && this.#ownerOf(each) === declaration.owner;
    });
    return at !== undefined && at < declaration.end;
  }

  #ownerOf(offset: number): AnyNode | undefined {
    return this.#owners.findLast((owner) => contains(owner, offset));
  }

  protected override opened(
    node: AnyNode,
    names: readonly string[],
    parent: Scope | undefined,
  ): Scope {
    if (node.type === "Program" || isFunction(node)) this.#owners.push(node);
    const owner = this.#ownerOf(node.start)!;
    for (const statement of statementsOf(node)) this.#note(statement, node, owner);
    return super.opened(node, names, parent);
  }

  #note(statement: AnyNode, scope: AnyNode, owner: AnyNode): void {
    if (statement.type === "VariableDeclaration" && statement.kind !== "var") {
      for (const { id, end } of statement.declarations) {
        const names = new Set<string>();
        declare(id, names);
        for (const name of names) this.#add(name, { scope, owner, end });
      }
    } else if (statement.type === "ClassDeclaration" && statement.id) {
      this.#add(statement.id.name, { scope, owner, end: statement.end });
    }
  }

  #add(name: string, declaration: Declaration): void {
    const known = this.#declarations.get(name);
    if (known === undefined) this.#declarations.set(name, [declaration]);
    else known.push(declaration);
  }

  protected use(): void {
    // Only declarations count.
  }

  protected keyword(): void {
    // As above.
  }
}

function statementsOf(node: AnyNode): readonly AnyNode[] {
  if (node.type === "SwitchStatement") return node.cases.flatMap((branch) => branch.consequent);
  if (node.type !== "Program" && node.type !== "BlockStatement" && node.type !== "StaticBlock") {
    return [];
  }
  return node.body;
}

function isFunction({ type }: AnyNode): boolean {
  return /^(?:FunctionExpression|FunctionDeclaration|ArrowFunctionExpression)$/.test(type);
}

function contains({ start, end }: AnyNode, offset: number): boolean {
  return start <= offset && offset < end;
}
