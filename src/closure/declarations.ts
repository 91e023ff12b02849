/** The names that a piece of syntax declares, each into the set of its scope. */

import type { AnyNode, Pattern } from "acorn";
import { forEachChild } from "./syntax.ts";

/** Adds every name that `pattern` binds. */
export function declare(pattern: Pattern, names: Set<string>): void {
  switch (pattern.type) {
    case "Identifier":
      names.add(pattern.name);
      return;
    case "AssignmentPattern":
      return declare(pattern.left, names);
    case "RestElement":
      return declare(pattern.argument, names);
    case "ArrayPattern":
      for (const element of pattern.elements) if (element) declare(element, names);
      return;
    case "ObjectPattern":
      for (const property of pattern.properties) {
        declare(property.type === "RestElement" ? property : property.value, names);
      }
      return;
    case "MemberExpression":
      return; // Assigned to, not declared.
  }
}

/** `let`, `const`, `using`, classes and functions that stand directly in a block. */
export function declareLexically(statements: readonly AnyNode[], names: Set<string>): void {
  for (const statement of statements) {
    if (statement.type === "VariableDeclaration") {
      if (statement.kind === "var") continue;
      for (const { id } of statement.declarations) declare(id, names);
    } else if (statement.type === "ClassDeclaration" || statement.type === "FunctionDeclaration") {
      if (statement.id) names.add(statement.id.name);
    }
  }
}

/** `var` anywhere in a body; in sloppy code also functions in its blocks, which are hoisted. */
export function declareVariables(node: AnyNode, names: Set<string>, strict: boolean): void {
  forEachChild(node, (child) => {
    switch (child.type) {
      case "VariableDeclaration":
        if (child.kind === "var") for (const { id } of child.declarations) declare(id, names);
        break;
      case "FunctionDeclaration":
        if (!strict && child.id) names.add(child.id.name);
        return;
      case "FunctionExpression":
      case "ArrowFunctionExpression":
      case "ClassExpression":
      case "ClassDeclaration":
      case "StaticBlock":
        return;
      default:
        break;
    }
    declareVariables(child, names, strict);
  });
}
