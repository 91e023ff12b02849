/** The arguments of a call as they are when it is made. Hot path. */

import { ObjectRef, recordOf } from "./object-ref.ts";
import type { Packer } from "./packer.ts";
import { isPrimitive, type Primitive } from "./payload.ts";
import type { Arguments, Inlined } from "./pending-call.ts";

/** The refs among the arguments, which are replaced by their values before the body runs. */
export function refsAmong(args: readonly unknown[]): Inlined[] | undefined {
  let found: Inlined[] | undefined;
  for (let position = 0; position < args.length; position++) {
    const arg = args[position];
    if (typeof arg !== "object" || arg === null || !(arg instanceof ObjectRef)) continue;
    found ??= [];
    found.push({ position, record: recordOf(arg)! });
  }
  return found;
}

/** A copy; throws SerializationError if one cannot be sent. `inlined`: the refs among them. */
export function captureArguments(
  args: readonly unknown[],
  inlined: readonly Inlined[] | undefined,
  packer: Packer,
): Arguments {
  if (inlined === undefined && arePrimitive(args)) return { kind: "primitives", values: args };
  const values = args.slice();
  for (const { position } of inlined ?? []) values[position] = null;
  return { kind: "payload", payload: packer.pack(values, "args") };
}

function arePrimitive(values: readonly unknown[]): values is readonly Primitive[] {
  for (const value of values) if (!isPrimitive(value)) return false;
  return true;
}
