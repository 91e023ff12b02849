/** The arguments of a call as they are when it is made. Hot path. */

import { ObjectRef, recordOf } from "./object-ref.ts";
import type { Packer } from "./packer.ts";
import { isPrimitive, type Primitive } from "./payload.ts";
import type { Arguments, Inlined } from "./pending-call.ts";

const NO_INLINED: Inlined[] = [];

/**
 * A copy of the arguments. Refs among them are replaced: by their values, if these are there and
 * small, otherwise before the body runs. Throws SerializationError if an argument cannot be sent.
 */
export function takeArguments(args: readonly unknown[], packer: Packer): Arguments {
  let values: unknown[] | undefined;
  let inlined: Inlined[] | undefined;
  for (let position = 0; position < args.length; position++) {
    const arg = args[position];
    if (typeof arg !== "object" || arg === null || !(arg instanceof ObjectRef)) continue;
    const record = recordOf(arg)!;
    record.isObserved = true;
    values ??= args.slice();
    const { content } = record;
    values[position] = content?.kind === "primitive" ? content.value : null;
    if (content?.kind !== "primitive") (inlined ??= []).push({ position, record });
  }
  const taken = values ?? args;
  inlined ??= NO_INLINED;
  if (arePrimitive(taken)) return { kind: "primitives", values: taken, inlined };
  return { kind: "payload", payload: packer.pack(taken, "args"), inlined };
}

function arePrimitive(values: readonly unknown[]): values is readonly Primitive[] {
  for (const value of values) if (!isPrimitive(value)) return false;
  return true;
}
