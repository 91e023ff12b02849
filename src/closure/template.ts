/**
 * What one place in a source file gives, whoever is made there: the code object, and what is needed
 * to find the rest in a function that was made there.
 */

import { analyseClass, type ClassSyntax, type SourceMethod } from "./class-syntax.ts";
import { CannotShip } from "./cannot-ship.ts";
import { valueCode, type Cell, type ValueCode } from "./code.ts";
import type { Entry } from "./entry.ts";
import { applyEdits, type Edit } from "./edits.ts";
import { findFreeVariables, type FreeVariables, type Outer, type Use } from "./free-variables.ts";
import type { FunctionSource } from "./function-state.ts";
import { META_CELL, Rewriting } from "./rewriting.ts";
import type { Location, Scope } from "./inspect.ts";
import { layOut } from "./layout.ts";
import { findInteropCall, type InteropCall } from "./interop.ts";
import { getScriptFile, type ScriptFile } from "./scripts.ts";
import { parseFunction, type Syntax } from "./syntax.ts";
import { findScope, isModule, isUserGlobal } from "./variables.ts";
import { DYNAMIC_IMPORT, restoreImports } from "./vite.ts";

export interface Template {
  readonly code: ValueCode;
  readonly source: FunctionSource;
  readonly staticPrivateFields: readonly string[];
  readonly computed: readonly SourceMethod[];
  /** Variables that hold what a compiler made of an import. */
  readonly interops: ReadonlyMap<string, InteropCall>;
  readonly members: ReadonlyMap<string, readonly string[]>;
}

/** Where a function is defined. */
interface Surroundings {
  readonly scopes: readonly Scope[];
  readonly file: ScriptFile;
  /** Offset of its text in the file. */
  readonly start: number;
}

/** More places than this means code made at run time: start again rather than grow for ever. */
const PLACES_MAX = 20_000;

export class Templates {
  readonly #entry: Entry;
  readonly #templates = new Map<string, Template>();

  constructor(entry: Entry) {
    this.#entry = entry;
  }

  get(subject: Function, text: string, at: Location, scopes: readonly Scope[]): Template {
    const place = placeOf(at);
    let template = this.#templates.get(place);
    if (template === undefined) {
      if (this.#templates.size >= PLACES_MAX) this.#templates.clear();
      template = this.#analyse(subject, text, at, scopes);
      this.#templates.set(place, template);
    }
    return template;
  }

  #analyse(subject: Function, text: string, at: Location, scopes: readonly Scope[]): Template {
    const file = getScriptFile(at);
    const syntax = parseFunction(text);
    if (syntax === undefined) throw new CannotShip("its source text cannot be parsed");
    const start = file.findStart(text, at);
    const strict = isStrict(subject, syntax, { scopes, file, start });
    const free = findFreeVariables(syntax.node, strict);
    if (scopes.some(isModule) && file.isTopLevelThis(start)) free.outer.delete("this");
    refuseOuter(free);
    const { source, node, computedKey } = syntax;
    const shape = node.type === "ClassExpression" ? analyseClass(node, source) : undefined;
    if (shape?.hasComputedField === true) {
      throw new CannotShip("the name of a field is computed; set the field in the constructor");
    }
    const rewriting = this.#resolve(free, shape, source, { scopes, file, start });
    const edits = [...rewriting.edits, ...free.metas.map(metaEdit), ...(shape?.edits ?? [])];
    // Its name is restored; any will do here.
    if (computedKey !== undefined) edits.push({ ...computedKey, text: '""' });
    const position = file.findOriginal(start);
    if (file.sourceMap !== undefined) {
      const offsetOf = (place: number): number => start + Math.max(0, place - syntax.prefixLength);
      edits.unshift(...layOut(source, (place) => file.findOriginal(offsetOf(place)).line, edits));
    }
    const name = findName(subject);
    const code = valueCode({
      form: syntax.form,
      text: applyEdits(source, edits),
      url: file.url,
      isMapped: file.isMapped || file.sourceMap !== undefined,
      isOfEntry: this.#entry.is(file.url),
      line: position.line,
      column: Math.max(0, position.column - syntax.prefixLength),
      strict,
      name,
      length: lengthOf(subject),
      cells: rewriting.cells,
      imports: rewriting.imports,
      valueCell: rewriting.valueCell,
      metaCell: free.metas.length > 0 ? META_CELL : undefined,
      class: shape && {
        isDerived: node.type === "ClassExpression" && Boolean(node.superClass),
        isStamped: shape.isStamped,
        privateFields: shape.privateFields,
      },
    });
    return {
      code,
      source: { name, length: code.length, methods: shape?.methods ?? [] },
      staticPrivateFields: shape?.staticPrivateFields ?? [],
      computed: shape?.computed ?? [],
      members: findMembers(free),
      interops: scopes.some(isModule) ? new Map() : this.#findInterops(rewriting.cells, file),
    };
  }

  #findInterops(cells: readonly Cell[], { source, url }: ScriptFile): Map<string, InteropCall> {
    const found = new Map<string, InteropCall>();
    for (const { name } of cells) {
      const call = findInteropCall(name, source);
      if (call && !this.#entry.isImport(call.specifier, url)) found.set(name, call);
    }
    return found;
  }

  /** What each free name stands for: an import, a captured variable, or a global. */
  #resolve(
    free: FreeVariables,
    shape: ClassSyntax | undefined,
    source: string,
    { scopes, file, start }: Surroundings,
  ): Rewriting {
    const rewriting = new Rewriting(source);
    for (const [name, allUses] of free.names) {
      const uses = allUses.filter((use) => !isRemoved(use, shape));
      const scope = uses.length > 0 ? findScope(name, scopes) : undefined;
      if (scope === undefined) {
        if (uses.length > 0 && isUserGlobal(name)) rewriting.addCaptured(name);
        continue;
      }
      if (name === DYNAMIC_IMPORT) {
        rewriting.edits.push(...restoreImports(source, uses));
        continue;
      }
      const binding = isModule(scope) ? file.module.imports.get(name) : undefined;
      if (binding !== undefined && !this.#entry.isImport(binding.specifier, file.url)) {
        rewriting.addImport(name, binding, uses);
      } else if (file.isMutable(name, start, scopes.some(isModule))) {
        rewriting.addShared(name, uses);
      } else rewriting.addCaptured(name);
    }
    return rewriting;
  }
}

function isRemoved({ start, end }: Use, shape: ClassSyntax | undefined): boolean {
  return shape?.edits.some((edit) => edit.start <= start && end <= edit.end) ?? false;
}

function findMembers({ names }: FreeVariables): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const [name, uses] of names) {
    const members = uses.map(({ member }) => member);
    if (members.every((member) => member !== undefined)) found.set(name, [...new Set(members)]);
  }
  return found;
}

function metaEdit({ start, end }: FreeVariables["metas"][number]): Edit {
  return { start, end, text: META_CELL };
}

/** A class may have a static method or field of that name. */
function findName(subject: Function): string | undefined {
  const name: unknown = Object.getOwnPropertyDescriptor(subject, "name")?.value;
  return typeof name === "string" ? name : undefined;
}

function lengthOf(subject: Function): number {
  const length: unknown = Object.getOwnPropertyDescriptor(subject, "length")?.value;
  return typeof length === "number" ? length : 0;
}

const OUTER_REASONS: Readonly<Record<Outer, string>> = {
  this: "`this` of the function around it; take what it needs into a constant there",
  arguments: "`arguments` of the function around it; use a rest parameter there",
  "new.target": "`new.target` of the function around it; take it into a constant there",
  super: "`super` of the object it is a method of; make that a class and send it whole",
};

function refuseOuter({ outer }: FreeVariables): void {
  for (const what of outer) throw new CannotShip(`it uses ${OUTER_REASONS[what]}`);
}

/** Of arrows and methods only their file tells: the engine marks sloppy functions alone. */
function isStrict(
  subject: Function,
  { node, form }: Syntax,
  { scopes, file, start }: Surroundings,
): boolean {
  if (node.type === "ClassExpression" || scopes.some(isModule)) return true;
  if (node.type === "FunctionExpression" && form === "expression") {
    if (!node.generator && !node.async) return !Object.hasOwn(subject, "caller");
  }
  return file.isStrictAt(start);
}

/** Of a function: the same for all that are made by one piece of a file. */
export function placeOf({ scriptId, line, column }: Location): string {
  return `${scriptId}:${line}:${column}`;
}
