import assert from "node:assert/strict";
import { test } from "node:test";
import { readModule } from "./module-syntax.ts";
import { parseFile } from "./syntax.ts";

const SOURCE = `#!/usr/bin/env node
import def, { a, b as c, default as d, "odd name" as e } from "./lib.js";
import * as all from "pkg";
import data from "./data.json" with { type: "json" };
import "./effect.js";
export const one = 1, { two, three: [four] } = all;
export function five() { return () => one; }
export class Six {}
let seven, eight;
export { seven as renamed, eight as default, eight as "odd export" };
export { nine } from "./lib.js";
export * from "./lib.js";
await five();
`;

const { imports, exports, declaredAt, functions } = readModule(parseFile(SOURCE, "module"));

test("imports by local name", () => {
  const lib = { specifier: "./lib.js", attributes: [] };
  assert.deepEqual(Object.fromEntries(imports), {
    def: { ...lib, name: "default" },
    a: { ...lib, name: "a" },
    c: { ...lib, name: "b" },
    d: { ...lib, name: "default" },
    e: { ...lib, name: "odd name" },
    all: { specifier: "pkg", attributes: [], name: "*" },
    data: { specifier: "./data.json", attributes: [["type", "json"]], name: "default" },
  });
});

test("exports of what the module declares itself, by local name", () => {
  assert.deepEqual(Object.fromEntries(exports), {
    one: "one",
    two: "two",
    four: "four",
    five: "five",
    Six: "Six",
    seven: "renamed",
    eight: "odd export",
  });
});

test("a nameless default export is known by its place", () => {
  const source = "export default async () => 1;";
  const { defaultStart } = readModule(parseFile(source, "module"));
  assert.equal(source.slice(defaultStart), "async () => 1;");
  const named = readModule(parseFile("export default function f() {}", "module"));
  assert.equal(named.exports.get("f"), "default");
  assert.equal(named.defaultStart, undefined);
});

test("where the top level stands before its declarations, and what is no top level", () => {
  assert.deepEqual([...declaredAt.keys()], ["one", "two", "four", "Six", "seven", "eight"]);
  assert.equal(functions.length, 1);
  const [[start, end] = [0, 0]] = functions;
  assert.equal(SOURCE.slice(start, end), "function five() { return () => one; }");
});
