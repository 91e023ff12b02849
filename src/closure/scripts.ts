/** The files functions come from: where a position lies, what they import and export. */

import type { SourceMap } from "node:module";
import type { Program } from "acorn";
import { CannotShip } from "./cannot-ship.ts";
import { readOrigin } from "./compile.ts";
import { findExecutingPositions, type Position } from "./evaluation.ts";
import { readScript, type Location } from "./inspect.ts";
import { findOriginalPosition, readInlineMap } from "./layout.ts";
import { LateDeclarations } from "./late-declarations.ts";
import { readModule, type ModuleSyntax } from "./module-syntax.ts";
import { MutableVariables } from "./mutable-variables.ts";
import { findStrictParts } from "./strictness.ts";
import { parseFile } from "./syntax.ts";

/** More than this means code made at run time: start again rather than grow for ever. */
const FILES_MAX = 5_000;

const scriptFiles = new Map<string, ScriptFile>();

export function getScriptFile({ scriptId }: Pick<Location, "scriptId">): ScriptFile {
  let file = scriptFiles.get(scriptId);
  if (file === undefined) {
    if (scriptFiles.size >= FILES_MAX) scriptFiles.clear();
    const { url, source, startLine } = readScript(scriptId);
    scriptFiles.set(scriptId, (file = new ScriptFile(url, source, startLine)));
  }
  return file;
}

export class ScriptFile {
  readonly url: string;
  readonly source: string;
  /** Its positions are those of the user's file though it was compiled: it was rebuilt here. */
  readonly isMapped: boolean;
  readonly #startLine: number;
  #lineStarts: readonly number[] | undefined;
  #module: ModuleSyntax | undefined;
  #mutable: MutableVariables | undefined;
  #late: LateDeclarations | undefined;
  #strictParts: readonly (readonly [number, number])[] | undefined;
  #map: SourceMap | undefined | "unread" = "unread";

  constructor(url: string, source: string, startLine: number) {
    ({ url: this.url, isMapped: this.isMapped } = readOrigin(url, source));
    this.source = source;
    this.#startLine = startLine;
  }

  /** Precondition: the script is an ECMAScript module. */
  get module(): ModuleSyntax {
    if (this.#module === undefined) {
      const program = this.#parse("module");
      this.#module = readModule(program);
      this.#mutable = new MutableVariables(program, true);
    }
    return this.#module;
  }

  /** In a module: whether `this` at `offset` is that of the top level, which is undefined. */
  isTopLevelThis(offset: number): boolean {
    return !this.module.thisOwners.some(([start, end]) => start <= offset && offset < end);
  }

  /** Whether `name`, as seen from `offset`, is a variable that changes after its declaration. */
  isMutable(name: string, offset: number, isModule: boolean): boolean {
    if (isModule) void this.module;
    this.#mutable ??= new MutableVariables(this.#parse("script"), this.isStrict);
    return this.#mutable.has(name, offset);
  }

  #parse(sourceType: "module" | "script"): Program {
    try {
      return parseFile(this.source, sourceType);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new CannotShip(`its file ${this.url} cannot be parsed (${reason}); move it to another`);
    }
  }

  /** Of what lies on one line and was on many: see `layout.ts`. */
  get sourceMap(): SourceMap | undefined {
    if (this.#map === "unread") this.#map = readInlineMap(this.source);
    return this.#map;
  }

  /** Line of the user's file, or of the script if it has no source map inside. */
  findOriginal(offset: number): Position {
    const position = this.#positionAt(offset);
    const map = this.sourceMap;
    return map === undefined ? position : findOriginalPosition(map, position);
  }

  /** Whether the whole file is strict by a directive; modules are strict without one. */
  get isStrict(): boolean {
    return /^(?:#!.*\n)?(?:\s+|\/\/.*\n|\/\*[^]*?\*\/)*(["'])use strict\1/.test(this.source);
  }

  /** In a script: whether code at `offset` is strict, by a directive or as part of a class. */
  isStrictAt(offset: number): boolean {
    if (this.isStrict) return true;
    if (!/\bclass\b|use strict/.test(this.source)) return false;
    this.#strictParts ??= findStrictParts(this.#parse("script"));
    return this.#strictParts.some(([start, end]) => start <= offset && offset < end);
  }

  /** Offset where the `text` begins that contains `position`. */
  findStart(text: string, position: Position): number {
    const at = this.#offsetAt(position);
    const offset = this.source.lastIndexOf(text, at);
    return offset < 0 ? at : offset;
  }

  /**
   * Offset up to which the module's top level has come, if it is being executed by whoever calls;
   * `undefined`: it is done, as far as the stack shows.
   */
  findProgress(): number | undefined {
    const offsets = findExecutingPositions(this.url).map((position) => this.#offsetAt(position));
    const { functions } = this.module;
    return offsets.find((at) => !functions.some(([start, end]) => start <= at && at < end));
  }

  /** Whether `name`, as seen from `position`, is a variable of a function without a value yet. */
  isPending(name: string, position: Position): boolean {
    this.#late ??= new LateDeclarations(this.#parseAny(), this.isStrict);
    const executing = findExecutingPositions(this.url).map((at) => this.#offsetAt(at));
    return this.#late.isPending(name, this.#offsetAt(position), executing);
  }

  #parseAny(): Program {
    try {
      return this.#parse("module");
    } catch (error) {
      if (!(error instanceof CannotShip)) throw error;
      return this.#parse("script");
    }
  }

  #offsetAt({ line, column }: Position): number {
    return (this.#lines()[line - this.#startLine] ?? 0) + column;
  }

  #positionAt(offset: number): Position {
    const lines = this.#lines();
    let low = 0;
    for (let high = lines.length; high - low > 1;) {
      const middle = (low + high) >>> 1;
      if ((lines[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return { line: low + this.#startLine, column: offset - (lines[low] ?? 0) };
  }

  #lines(): readonly number[] {
    if (this.#lineStarts === undefined) {
      const starts = [0];
      for (const match of this.source.matchAll(/\r\n?|[\n\u2028\u2029]/g)) {
        starts.push(match.index + match[0].length);
      }
      this.#lineStarts = starts;
    }
    return this.#lineStarts;
  }
}
