/** Where a script is strict though it does not begin so: bundlers put modules into functions. */

import type { AnyNode, Program } from "acorn";
import { forEachChild } from "./syntax.ts";

/** Start and end of each class, and of each function with the directive; none lies in another. */
export function findStrictParts(program: Program): (readonly [number, number])[] {
  const found: (readonly [number, number])[] = [];
  const visit = (node: AnyNode): void => {
    // What lies inside is strict as well.
    if (isStrictPart(node)) found.push([node.start, node.end]);
    else forEachChild(node, visit);
  };
  visit(program);
  return found;
}

function isStrictPart(node: AnyNode): boolean {
  if (node.type === "ClassExpression" || node.type === "ClassDeclaration") return true;
  if (!/Function/.test(node.type) || !("body" in node)) return false;
  const body = node.body as AnyNode;
  if (body.type !== "BlockStatement") return false;
  return body.body.some((statement) => {
    return statement.type === "ExpressionStatement" && statement.directive === "use strict";
  });
}
