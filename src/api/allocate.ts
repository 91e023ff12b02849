/** `allocate`: arrays that lie in the object store from the start. */

import { InvalidOptionError } from "../base/errors.ts";
import { VIEW_BYTES_MAX } from "../store/native.ts";
import { runtimeForCalls } from "./init.ts";
import { describe } from "./options.ts";

const typedArrayClass = Reflect.getPrototypeOf(Uint8Array);

/** A class of typed arrays. */
export interface TypedArrayClass<A> {
  new (length: number): A;
  new (buffer: ArrayBuffer): A;
  readonly BYTES_PER_ELEMENT: number;
}

/**
 * A typed array of zeros whose memory lies in the object store. `put` of it, or returning it from
 * a task, copies nothing: the store keeps it as it is at that moment, and what is written to it
 * afterwards is seen here only.
 *
 * @param length in elements
 * @throws ObjectStoreFullError if there is no room, in memory or on disk
 * @example
 * const image = allocate(Float64Array, 3000 * 3000);
 * fill(image);
 * const ref = put(image);
 */
export function allocate<A extends ArrayBufferView>(Type: TypedArrayClass<A>, length: number): A {
  checkArguments(Type, length);
  const { segments } = runtimeForCalls();
  const sizeBytes = length * Type.BYTES_PER_ELEMENT;
  // Small ones travel in messages; of those that are too long for Node the class complains.
  const isStored = sizeBytes >= segments.storedBytesMin && sizeBytes <= VIEW_BYTES_MAX;
  const buffer = isStored ? segments.allocate(sizeBytes) : undefined;
  return buffer === undefined ? new Type(length) : new Type(buffer);
}

function checkArguments(Type: unknown, length: unknown): void {
  const isClass = typeof Type === "function" && Reflect.getPrototypeOf(Type) === typedArrayClass;
  if (!isClass) {
    const text = `Cannot allocate ${describe(Type)}: it is no class of typed arrays`;
    throw new InvalidOptionError(`${text}; pass one such as Float64Array`, {
      option: "Type",
      value: Type,
    });
  }
  if (!Number.isSafeInteger(length) || (length as number) < 0) {
    const text = `Cannot allocate ${describe(length)} elements: length must be a whole number`;
    throw new InvalidOptionError(`${text} from 0 on`, { option: "length", value: length });
  }
}
