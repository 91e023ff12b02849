/**
 * The free names of shipped code. A captured variable stays one. An import binding becomes a
 * namespace imported again where the code runs, relative to the file it came from, and each use of
 * the name a look into that namespace: so the binding stays live, and a module's state is that of
 * the process the code runs in.
 */

import type { Cell, Import } from "./code.ts";
import type { Edit } from "./edits.ts";
import type { Use } from "./free-variables.ts";
import type { ImportBinding } from "./module-syntax.ts";

/** As long as `import.meta`, whose place it takes. */
export const META_CELL = "$importMeta";

/** What the free names of a code stand for, and how its text changes for that. */
export class Rewriting {
  readonly imports: Import[] = [];
  readonly cells: Cell[] = [];
  readonly edits: Edit[] = [];
  /** Holds `asValue`; `undefined`: not needed. */
  valueCell: string | undefined;
  readonly #text: string;
  readonly #taken = new Set([META_CELL]);
  readonly #namespaces = new Map<string, string>();

  /** `text`: the code, so that no cell gets a name that occurs in it. */
  constructor(text: string) {
    this.#text = text;
  }

  addCaptured(name: string): void {
    this.cells.push({ name, variable: name });
  }

  /** A variable that changes and may be another function's too; see `shared-variables.ts`. */
  addShared(name: string, uses: readonly Use[]): void {
    const variable = this.#freshName(`$${name}`);
    this.cells.push({ name, variable });
    this.#replace(name, `${variable}.value`, uses);
  }

  addImport(local: string, binding: ImportBinding, uses: readonly Use[]): void {
    const { specifier, attributes, name } = binding;
    if (name === "*") {
      this.imports.push({ cell: local, specifier, attributes });
      return;
    }
    this.#replace(local, access(this.#cellFor(binding), name), uses);
  }

  #replace(name: string, member: string, uses: readonly Use[]): void {
    for (const { start, end, position } of uses) {
      const text =
        position === "shorthand"
          ? `${name}:${member}`
          : position === "callee"
            ? `${this.#getValueCell()}(${member})`
            : member;
      this.edits.push({ start, end, text });
    }
  }

  #freshName(wanted: string): string {
    let name = wanted;
    while (this.#text.includes(name) || this.#taken.has(name)) name += "_";
    this.#taken.add(name);
    return name;
  }

  #getValueCell(): string {
    return (this.valueCell ??= this.#freshName("$value"));
  }

  #cellFor({ specifier, attributes }: ImportBinding): string {
    const key = JSON.stringify([specifier, attributes]);
    let cell = this.#namespaces.get(key);
    if (cell === undefined) {
      cell = this.#freshName(`$module${this.#namespaces.size}`);
      this.#namespaces.set(key, cell);
      this.imports.push({ cell, specifier, attributes });
    }
    return cell;
  }
}

function access(cell: string, name: string): string {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name)
    ? `${cell}.${name}`
    : `${cell}[${JSON.stringify(name)}]`;
}
