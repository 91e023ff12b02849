import type { Key, KeysRead, Labels } from "./path.ts";

/** A class whose instances are no more than their properties, as long as those are ordinary. */
export interface SimpleClass {
  readonly owner: Function;
  /** What is sent in the place of an object that an instance holds. */
  readonly standFor: (value: unknown) => unknown;
}

/** A value that the runtime knows how to build again elsewhere. */
export interface Extended {
  readonly type: number;
  /** Encoded before `body`; the receiver creates the object from it. */
  readonly head: unknown;
  /** May point back at the object. */
  readonly body: unknown;
  /** For paths that go through a body whose keys are not those a user knows. */
  readonly readBody?: ReadBody | undefined;
  /** Further objects with the same prototype may go as INSTANCE. */
  readonly simple?: SimpleClass;
}

/** What the first of `keys` mean in the body. */
export type ReadBody = (extended: Extended, keys: readonly Key[], labels: Labels) => KeysRead;

export interface EncodeContext {
  /** Names the root in error paths: "args[0]", "result". */
  readonly root: string;
  /** Large binary parts are appended here as views, in order, not copied. */
  readonly buffers: Uint8Array[];
  /**
   * Asked for every function and every object whose prototype is none that the format knows, and
   * for plain objects that begin with a function, as what modules export does.
   * Of a symbol that only this process has, it is asked for its box. `undefined`: not known.
   * `path` is valid during the call.
   */
  readonly extend: (value: object, path: () => string) => Extended | undefined;
}
