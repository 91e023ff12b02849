/** Variables of a file that are assigned to after they were declared. */

import type { AnyNode } from "acorn";
import { findDeclaring, ScopeWalker, type NameUse, type Scope } from "./scope-walker.ts";

export class MutableVariables {
  /** Pieces of the source that declare a name, innermost last; assigned to there or not. */
  readonly #declared: ReadonlyMap<string, readonly Declared[]>;

  constructor(program: AnyNode, strict: boolean) {
    this.#declared = new Finder(strict).find(program);
  }

  /** Whether `name`, as seen from `offset`, is a variable that changes. */
  has(name: string, offset: number): boolean {
    const around = this.#declared
      .get(name)
      ?.filter(({ start, end }) => start <= offset && offset < end);
    return around?.at(-1)?.isMutable ?? false;
  }
}

interface Declared {
  readonly start: number;
  readonly end: number;
  readonly isMutable: boolean;
}

class Finder extends ScopeWalker {
  readonly #scopes: Scope[] = [];
  readonly #assigned = new Map<Scope, Set<string>>();

  find(program: AnyNode): Map<string, Declared[]> {
    this.visit(program, undefined, { depth: 0, hasArguments: false });
    const names = new Set([...this.#assigned.values()].flatMap((each) => [...each]));
    const found = new Map<string, Declared[]>();
    // A scope is opened before those inside it: the innermost comes last.
    for (const scope of this.#scopes) {
      for (const name of scope.names) {
        if (!names.has(name)) continue;
        const { start, end } = scope.node;
        const isMutable = this.#assigned.get(scope)?.has(name) ?? false;
        const declared = found.get(name);
        if (declared === undefined) found.set(name, [{ start, end, isMutable }]);
        else declared.push({ start, end, isMutable });
      }
    }
    return found;
  }

  protected override opened(
    node: AnyNode,
    names: readonly string[],
    parent: Scope | undefined,
  ): Scope {
    const scope = super.opened(node, names, parent);
    this.#scopes.push(scope);
    return scope;
  }

  protected use({ node, scope, isTarget }: NameUse): void {
    const declaring = isTarget && findDeclaring(node.name, scope);
    if (!declaring) return;
    const assigned = this.#assigned.get(declaring);
    if (assigned === undefined) this.#assigned.set(declaring, new Set([node.name]));
    else assigned.add(node.name);
  }

  protected keyword(): void {
    // Nothing is assigned to by a keyword.
  }
}
