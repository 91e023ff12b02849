import assert from "node:assert/strict";
import { test } from "node:test";
import { findStrictParts } from "./strictness.ts";
import { parseFile } from "./syntax.ts";

const rows: readonly [string, readonly string[]][] = [
  ["var a = () => 1;", []],
  ["(e) => { 'use strict'; return () => 1; }", ["(e) => { 'use strict'; return () => 1; }"]],
  ["f({ 1(e) { 'use strict'; } }, function () {})", ["(e) { 'use strict'; }"]],
  ["function f() { g(); 'use strict'; }", []],
  ["function f() { class A { m() {} } }", ["class A { m() {} }"]],
];
for (const [source, expected] of rows) {
  test(`strict parts of ${source}`, () => {
    const parts = findStrictParts(parseFile(source, "script"));
    assert.deepEqual(
      parts.map(([start, end]) => source.slice(start, end)),
      expected,
    );
  });
}
