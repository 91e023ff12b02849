/**
 * Code objects: a function or class apart from what it captures. Plain data, immutable, named by
 * their content; sent once per link and kept for as long as the process lives.
 */

import { hash } from "node:crypto";
import type { Interop } from "./interop.ts";

/** `with { type: "json" }` as pairs. */
export type ImportAttributes = readonly (readonly [string, string])[];

/** A namespace the code imports: `cell` is the variable of the code that holds it. */
export interface Import {
  readonly cell: string;
  readonly specifier: string;
  readonly attributes: ImportAttributes;
}

/** A captured variable: its name in the file, and that of what holds it in the code. */
export interface Cell {
  readonly name: string;
  readonly variable: string;
}

/** How the function is got out of the object literal that `text` had to be wrapped into. */
export type Form = "expression" | "method" | "get" | "set";

/** What receivers must know of a class; see `class-syntax.ts`. */
export interface ClassCode {
  /** It has a base class, which `fill` brings. */
  readonly isDerived: boolean;
  /** Its instances have private fields or methods, and the constructor can stamp them. */
  readonly isStamped: boolean;
  readonly privateFields: readonly string[];
}

/** A function or class as source text. */
export interface ValueCode {
  readonly kind: "value";
  readonly language: "javascript";
  readonly hash: string;
  readonly form: Form;
  /** An expression: the function, the class, or an object literal with the method. */
  readonly text: string;
  /** Where the text began: a URL, or what the engine calls code without a file. */
  readonly url: string;
  /** It was compiled and its lines put back: the position is that in the user's file. */
  readonly isMapped: boolean;
  /** From the program's entry, which other processes do not load. */
  readonly isOfEntry: boolean;
  readonly line: number;
  readonly column: number;
  readonly strict: boolean;
  /** `undefined` where the function has an own `name` that is no string. */
  readonly name: string | undefined;
  readonly length: number;
  /** Variables that `fill` sets. */
  readonly cells: readonly Cell[];
  readonly imports: readonly Import[];
  /** Variable that holds `asValue`, if a call of an imported function needs it. */
  readonly valueCell: string | undefined;
  /** Variable that stands for `import.meta`, if the text uses it. */
  readonly metaCell: string | undefined;
  /** Only for classes. */
  readonly class: ClassCode | undefined;
}

/**
 * What the receiver has itself:
 * - `import`, `require`: a module's export, or with an empty `path` the module;
 * - `builtin`: what the platform calls by that name;
 * - `require-function`, `import-meta`: what belongs to the file `specifier`;
 * - `weak`: the WeakMap or WeakSet that all processes know by the id `specifier`; `path` says what
 *   to make of it at first.
 */
export type ReferenceVia =
  "import" | "require" | "builtin" | "require-function" | "import-meta" | "weak";

export interface ReferenceCode {
  readonly kind: "reference";
  readonly language: "javascript";
  readonly hash: string;
  readonly via: ReferenceVia;
  /** Module, relative to `parent`; empty for names of the global object. */
  readonly specifier: string;
  readonly parent: string;
  readonly attributes: ImportAttributes;
  readonly path: readonly string[];
  /** How the importing file's compiler looks at a required module, if it does. */
  readonly interop: Interop | "";
  /** Of the function's text, to notice a file that changed meanwhile; empty if not checked. */
  readonly textHash: string;
  /** Of its module's file, for the same reason: what it calls there may have changed. */
  readonly sourceHash: string;
  /** Name and version of the installed package that it is part of; empty if none. */
  readonly package: string;
}

export type CodeObject = ValueCode | ReferenceCode;

export function valueCode(fields: Omit<ValueCode, "kind" | "language" | "hash">): ValueCode {
  return withHash({ kind: "value", language: "javascript", ...fields });
}

export function referenceCode(
  via: ReferenceVia,
  specifier: string,
  options: Partial<Omit<ReferenceCode, "kind" | "language" | "hash" | "via" | "specifier">> = {},
): ReferenceCode {
  return withHash({
    kind: "reference",
    language: "javascript",
    via,
    specifier,
    parent: "",
    attributes: [],
    path: [],
    interop: "",
    textHash: "",
    sourceHash: "",
    package: "",
    ...options,
  });
}

/** The hash covers all fields, in the order they were written. */
function withHash<Code extends object>(code: Code): Code & { readonly hash: string } {
  return { ...code, hash: sha256(JSON.stringify(code)) };
}

export function sha256(text: string): string {
  return hash("sha256", text);
}
