import assert from "node:assert/strict";
import { test } from "node:test";
import { transformSync } from "esbuild";
import { applyEdits } from "./edits.ts";
import { findOriginalPosition, layOut, readInlineMap } from "./layout.ts";

/** An expression compiled as tsx does it: whitespace gone, a source map inside. */
function compile(source: string): string {
  return transformSync(source, {
    loader: "ts",
    minifyWhitespace: true,
    sourcemap: "inline",
    sourcefile: "source.ts",
  }).code;
}

function lineOf(text: string, part: string): number {
  return text.slice(0, text.indexOf(part)).split("\n").length;
}

const SOURCE = `(
  (input: { deep: boolean }) => {
    // a comment
    const first = input.deep ? 1 : 2;

    const text = \`one
two \${first}\`;
    if (text === "x") return

    label: for (let i = 0; i < 3; i++) {
      if (i === 1) continue label
      const f = async (x: number) => {
        await null; return x++ + first;
      };
      void f;
    }
    const regexp = /a b[/]c/g, divided = first / 2 / 1;

    return { regexp, divided,
      get last() { throw new Error("here") } };
  })`;

test("every token comes to its line, and the program stays the same", () => {
  const code = compile(SOURCE);
  const map = readInlineMap(code);
  assert.ok(map);
  const expression = code.slice(0, code.lastIndexOf("//#")).trimEnd().replace(/;$/, "");
  const originalLine = (offset: number): number => {
    const before = expression.slice(0, offset).split("\n");
    const position = { line: before.length - 1, column: before.at(-1)?.length ?? 0 };
    return findOriginalPosition(map, position).line;
  };
  const laidOut = applyEdits(expression, layOut(expression, originalLine, []));
  for (const part of [
    "first=",
    "`one",
    "if(text",
    "label:",
    "continue",
    "await",
    "/a b",
    "get last(",
  ]) {
    const inSource = part.replace("first=", "first =").replace("if(", "if (");
    assert.equal(lineOf(laidOut, part), lineOf(SOURCE, inSource), part);
  }
  assert.equal(lineOf(laidOut, "throw"), lineOf(SOURCE, "throw"));
  const same = (text: string): string => transformSync(text, { minifyWhitespace: true }).code;
  assert.equal(same(laidOut), same(expression));
});

test("nothing is put inside an edit, and what follows comes to its line", () => {
  const source = "[a,b,c,d]";
  const lines = new Map([
    [1, 0],
    [3, 1],
    [5, 2],
    [7, 3],
  ]);
  const edit = { start: 2, end: 6, text: "____" };
  const edits = layOut(source, (offset) => lines.get(offset) ?? (offset === 8 ? 3 : 0), [edit]);
  assert.equal(applyEdits(source, [...edits, edit]), "[a____,\n\n\nd]");
});

test("a script without a map inside has none", () => {
  assert.equal(readInlineMap("() => 1\n//# sourceMappingURL=main.js.map"), undefined);
  assert.equal(
    readInlineMap("() => '//# sourceMappingURL=data:application/json;base64,e30='"),
    undefined,
  );
});
