import assert from "node:assert/strict";
import { test } from "node:test";
import { LateDeclarations } from "./late-declarations.ts";
import { parseFile } from "./syntax.ts";

/**
 * Source with marks: `§` where the function lies that uses `x`, `@` where code is being executed,
 * innermost first by the digit behind it.
 */
function isPending(marked: string): boolean {
  let source = "";
  let offset = 0;
  const executing: [string, number][] = [];
  for (const piece of marked.split(/(§|@\d)/)) {
    if (piece === "§") offset = source.length;
    else if (/^@\d$/.test(piece)) executing.push([piece, source.length]);
    else source += piece;
  }
  const positions = executing.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, at]) => at);
  return new LateDeclarations(parseFile(source, "module"), true).isPending("x", offset, positions);
}

const cases: readonly (readonly [string, boolean])[] = [
  ["function f() { §() => x; @1call(); const x = 1; }", true],
  ["function f() { §() => x; const x = 1; @1call(); }", false],
  ["function f() { §() => x; let x = @1call(); }", true],
  ["function f() { §() => x; const { a, b: [x = 2] } = @1call(); }", true],
  ["function f() { §() => new x(); @1call(); class x {} }", true],
  ["function f() { §() => x; @1call(); var x = 1; }", false],
  ["function f() { §() => x; @1call(); function x() {} }", false],
  ["function f(x) { §() => x; @1call(); }", false],
  // It waits or has ended: nothing is known.
  ["function f() { §() => x; call(); const x = 1; } @1f();", false],
  // Called through functions inside, behind the declaration or before it.
  ["function f() { const g = () => @1call(§() => x); @2g(); const x = 1; }", true],
  ["function f() { const x = 1; const g = () => @1call(§() => x); @2g(); }", false],
  ["function f() { function g() { @1call(§() => x); } const x = 1; @2g(); }", false],
  // The innermost declaration counts.
  ["function f() { const x = 1; { §() => x; @1call(); const x = 2; } }", true],
  ["function f() { { §() => x; @1call(); } const x = 2; }", true],
  ["function f() { { const x = 1; §() => x; @1call(); } const x = 2; }", false],
  ["function f() { for (;;) { §() => x; @1call(); const x = 1; } }", true],
  ["function f(y) { switch (y) { case 1: §() => x; @1call(); let x; } }", true],
  ["class A { static { §() => x; @1call(); const x = 1; } }", true],
  ["§() => x; @1call(); const x = 1;", true],
];

for (const [source, expected] of cases) {
  test(`${expected ? "no value yet" : "a value, or nothing known"}: ${source}`, () => {
    assert.equal(isPending(source), expected);
  });
}
