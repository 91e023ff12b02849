/** What a module's source says about its imports, its exports and its top-level constants. */

import type { AnyNode, ImportDeclaration, Literal, Identifier, Program } from "acorn";
import { declare } from "./declarations.ts";
import { forEachChild } from "./syntax.ts";

/** A name imported from a module; `*` is the namespace itself. */
export interface ImportBinding {
  readonly specifier: string;
  readonly name: string;
  readonly attributes: readonly (readonly [string, string])[];
}

export interface ModuleSyntax {
  /** By local name. */
  readonly imports: ReadonlyMap<string, ImportBinding>;
  /** Exported name by local name, of what the module itself declares. */
  readonly exports: ReadonlyMap<string, string>;
  /** Offset of the expression after `export default`, if it declares no name. */
  readonly defaultStart: number | undefined;
  /** Offset behind the declaration of each top-level `let`, `const` and class. */
  readonly declaredAt: ReadonlyMap<string, number>;
  /** Start and end of each outermost function: what is in none of them is the top level. */
  readonly functions: readonly Range[];
  /** Outermost functions and classes with a `this` of their own. */
  readonly thisOwners: readonly Range[];
}

/** Start and end. */
type Range = readonly [number, number];

export function readModule(program: Program): ModuleSyntax {
  return {
    imports: new Map(program.body.flatMap(importBindings)),
    ...exportsOf(program),
    declaredAt: new Map(program.body.flatMap(declarationEnds)),
    functions: outermost(program, isFunction),
    thisOwners: outermost(program, ownsThis),
  };
}

function importBindings(statement: AnyNode): [string, ImportBinding][] {
  if (statement.type !== "ImportDeclaration") return [];
  const specifier = String(statement.source.value);
  const attributes = attributesOf(statement);
  return statement.specifiers.map((binding) => {
    const name =
      binding.type === "ImportDefaultSpecifier"
        ? "default"
        : binding.type === "ImportNamespaceSpecifier"
          ? "*"
          : exportName(binding.imported);
    return [binding.local.name, { specifier, name, attributes }];
  });
}

function attributesOf(statement: ImportDeclaration): [string, string][] {
  return (statement.attributes ?? []).map(({ key, value }) => [
    exportName(key),
    String(value.value),
  ]);
}

function exportName(node: Identifier | Literal): string {
  return node.type === "Identifier" ? node.name : String(node.value);
}

function exportsOf(program: Program): Pick<ModuleSyntax, "exports" | "defaultStart"> {
  const exports = new Map<string, string>();
  let defaultStart: number | undefined;
  for (const statement of program.body) {
    if (statement.type === "ExportDefaultDeclaration") {
      const { declaration } = statement;
      const named = "id" in declaration && isDeclaration(declaration) ? declaration.id : undefined;
      if (named) exports.set(named.name, "default");
      else defaultStart = declaration.start;
    } else if (statement.type === "ExportNamedDeclaration" && !statement.source) {
      for (const name of declaredNames(statement.declaration)) exports.set(name, name);
      for (const { local, exported } of statement.specifiers) {
        exports.set(exportName(local), exportName(exported));
      }
    }
  }
  return { exports, defaultStart };
}

function isDeclaration(node: AnyNode): boolean {
  return node.type === "FunctionDeclaration" || node.type === "ClassDeclaration";
}

function declaredNames(declaration: AnyNode | null | undefined): Set<string> {
  const names = new Set<string>();
  if (declaration?.type === "VariableDeclaration") {
    for (const { id } of declaration.declarations) declare(id, names);
  } else if (declaration && "id" in declaration && declaration.id?.type === "Identifier") {
    names.add(declaration.id.name);
  }
  return names;
}

function declarationEnds(statement: AnyNode): [string, number][] {
  const exported = statement.type === "ExportNamedDeclaration" ? statement.declaration : undefined;
  const declaration = exported ?? statement;
  if (declaration.type === "ClassDeclaration") {
    return declaration.id === null ? [] : [[declaration.id.name, declaration.end]];
  }
  if (declaration.type !== "VariableDeclaration" || declaration.kind === "var") return [];
  return declaration.declarations.flatMap((declarator) => {
    const names = new Set<string>();
    declare(declarator.id, names);
    return [...names].map((name): [string, number] => [name, declarator.end]);
  });
}

function outermost(
  node: AnyNode,
  isWanted: (node: AnyNode) => boolean,
  found: [number, number][] = [],
): [number, number][] {
  forEachChild(node, (child) => {
    if (isWanted(child)) found.push([child.start, child.end]);
    else outermost(child, isWanted, found);
  });
  return found;
}

function isFunction(node: AnyNode): boolean {
  return node.type === "ArrowFunctionExpression" || isPlainFunction(node);
}

function isPlainFunction(node: AnyNode): boolean {
  return node.type === "FunctionDeclaration" || node.type === "FunctionExpression";
}

function ownsThis(node: AnyNode): boolean {
  return node.type === "ClassBody" || isPlainFunction(node);
}
