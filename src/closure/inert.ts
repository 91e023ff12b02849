/**
 * Constructors that only fill the object they make. Calling such a one changes nothing else, so it
 * may be called for the sake of the private fields it puts there.
 */

import type { AnyNode, ClassExpression } from "acorn";
import { anything } from "./anything.ts";
import { forEachChild, unwrapNamed } from "./syntax.ts";

/** Constructors of the language that only make an object. */
const HARMLESS_CLASSES = new Set([
  "Array",
  "ArrayBuffer",
  "Date",
  "Error",
  "Map",
  "Object",
  "RangeError",
  "RegExp",
  "Set",
  "TypeError",
  "WeakMap",
  "WeakSet",
  "BigInt64Array",
  "BigUint64Array",
  "Float32Array",
  "Float64Array",
  "Int16Array",
  "Int32Array",
  "Int8Array",
  "Uint16Array",
  "Uint32Array",
  "Uint8Array",
  "Uint8ClampedArray",
]);

/** Whether making an instance runs nothing but harmless code of this class; bases not looked at. */
export function isInert(node: ClassExpression): boolean {
  return node.body.body.every((member) => {
    if (member.type === "StaticBlock" || member.static) return true;
    if (member.type === "PropertyDefinition") return !member.value || isHarmless(member.value);
    if (member.kind !== "constructor") return true;
    return member.value.params.every(isHarmless) && isHarmless(member.value.body);
  });
}

function isHarmless(node: AnyNode): boolean {
  switch (node.type) {
    case "ArrowFunctionExpression":
    case "FunctionExpression":
      return true; // Made, not called.
    case "AssignmentExpression":
      return isOwnMember(node.left) && isHarmless(node.right);
    case "NewExpression":
      return (
        node.callee.type === "Identifier" &&
        HARMLESS_CLASSES.has(node.callee.name) &&
        node.arguments.every(isHarmless)
      );
    case "CallExpression":
      if (unwrapNamed(node) !== node) return true;
      return node.callee.type === "Super" && node.arguments.every(isHarmless);
    case "UnaryExpression":
      return node.operator !== "delete" && isHarmless(node.argument);
    case "UpdateExpression":
    case "TaggedTemplateExpression":
    case "AwaitExpression":
    case "YieldExpression":
    case "ImportExpression":
    case "ForStatement":
    case "WhileStatement":
    case "DoWhileStatement":
    case "ForInStatement":
    case "ForOfStatement":
      return false;
    default: {
      let isFine = true;
      forEachChild(node, (child) => (isFine &&= isHarmless(child)));
      return isFine;
    }
  }
}

/** `this.name`, `this.#name`: what lies on the object being made. */
function isOwnMember(node: AnyNode): boolean {
  return (
    node.type === "MemberExpression" && node.object.type === "ThisExpression" && !node.computed
  );
}

/** Some constructors check their arguments: one of these may pass. */
const ARGUMENT_CHOICES: readonly unknown[] = [undefined, anything, 1, "a", true, {}, []];

/**
 * `undefined`: it refuses all arguments tried. Precondition: `isInert` holds for the class and all
 * its bases.
 */
export function constructInert(subject: Function): object | undefined {
  for (const argument of ARGUMENT_CHOICES) {
    try {
      return Reflect.construct(subject, Array<unknown>(subject.length).fill(argument)) as object;
    } catch {
      // Nothing happened but the making of an object: the next arguments may pass.
    }
  }
  return undefined;
}
