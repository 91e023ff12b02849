import assert from "node:assert/strict";
import { test } from "node:test";
import { MutableVariables } from "./mutable-variables.ts";
import { parseFile } from "./syntax.ts";

/** Names followed by a tick that change, as seen from there. */
function mutableAt(source: string): string[] {
  const plain = source.replaceAll("'", " ");
  const variables = new MutableVariables(parseFile(plain, "module"), true);
  return [...source.matchAll(/(\w+)'/g)]
    .map(([, name = ""]) => name)
    .filter((name, index) => {
      const at = [...source.matchAll(/(\w+)'/g)][index]?.index ?? 0;
      return variables.has(name, at);
    });
}

const SOURCES: readonly (readonly [string, string[]])[] = [
  ["const a = 1; () => a';", []],
  ["let a = 1; a = 2; () => a';", ["a"]],
  ["let a = 1; () => a'++;", ["a"]],
  ["let a, b, c; [a, { b, x: c = 1 }] = y; () => [a', b', c'];", ["a", "b", "c"]],
  ["let a; for (a of []) {} () => a';", ["a"]],
  ["let a; for (const b of []) { b; } () => [a', b'];", []],
  ["let a = 1; function f(a) { a = 2; () => a'; } () => a';", ["a"]],
  ["let a = 1; a = 2; { let a = 3; () => a'; }", []],
  ["function f() {} f = g; () => f';", ["f"]],
  ["let o = {}; o.a = 1; () => o';", []],
  ["var a = 1; if (b) { var a = 2; } () => a';", []],
  ["try {} catch (e) { e = 1; () => e'; }", ["e"]],
  ["function f(p = 1) { p += 1; return () => p'; }", ["p"]],
];

for (const [source, names] of SOURCES) {
  test(`what changes in ${source}`, () => assert.deepEqual(mutableAt(source), names));
}
