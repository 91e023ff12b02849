/** Generator objects and the iterators of the platform: they hold a place in running code. */

import { types } from "node:util";
import { getClassInfo } from "./class-info.ts";

async function* generate(): AsyncGenerator {}

function prototypeOf(object: object): object {
  return Object.getPrototypeOf(object) as object;
}

/** What all iterators of the language and of Node inherit from. */
const iteratorPrototypes = [
  prototypeOf(prototypeOf([].values())),
  prototypeOf(prototypeOf(prototypeOf(generate()))),
];

/** `chain`: the classes of `value`. Iterators of the program's own classes are theirs. */
export function isIteratorOfPlatform(value: object, chain: readonly Function[]): boolean {
  if (types.isGeneratorObject(value)) return true;
  if (chain.some((owner) => !getClassInfo(owner).isBuiltin)) return false;
  return iteratorPrototypes.some((prototype) =>
    Object.prototype.isPrototypeOf.call(prototype, value),
  );
}
