import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { OutputLines } from "./output-lines.ts";

function collect(): { lines: OutputLines; printed: string[] } {
  const printed: string[] = [];
  const lines = new OutputLines((stream, text) => printed.push(`${stream}${text}`));
  return { lines, printed };
}

test("whole lines are printed at once, with who wrote them", () => {
  const { lines, printed } = collect();
  lines.add(1, "load", 7, "one\ntwo\n");
  lines.add(2, "load", 7, "\n");
  assert.deepEqual(printed, ["1(load pid=7) one\n(load pid=7) two\n", "2(load pid=7) \n"]);
});

test("pieces wait for the end of their line, whoever writes meanwhile", () => {
  const { lines, printed } = collect();
  lines.add(1, "load", 7, "50 ");
  lines.add(2, "load", 7, "oh\n");
  lines.add(1, "load", 8, "done\n");
  lines.add(1, "save", 7, "saved\n");
  lines.add(1, "load", 7, "%");
  lines.add(1, "load", 7, "\nnext");
  assert.deepEqual(printed, [
    "2(load pid=7) oh\n",
    "1(load pid=8) done\n",
    "1(save pid=7) saved\n",
    "1(load pid=7) 50 %\n",
  ]);
});

test("what a process has begun is printed when it ends, and the rest at the end", () => {
  const { lines, printed } = collect();
  lines.add(1, "load", 7, "begun");
  lines.add(1, "load", 8, "also begun");
  lines.processGone(7);
  assert.deepEqual(printed, ["1(load pid=7) begun\n"]);
  lines.end();
  lines.end();
  assert.deepEqual(printed.slice(1), ["1(load pid=8) also begun\n"]);
});

test("a line without end does not grow for ever", () => {
  const { lines, printed } = collect();
  for (let piece = 0; piece < 1_000; piece++) lines.add(1, "load", 7, "x".repeat(1_000));
  assert(printed.length >= 10);
  lines.end();
  const text = printed.join("").replaceAll("1(load pid=7) ", "").replaceAll("\n", "");
  assert.equal(text.length, 1_000_000);
});

test("however a text is cut, its lines come out the same", () => {
  const pieces = fc.array(fc.string({ unit: fc.constantFrom("a", "$&", "\r", "\n", "é") }));
  fc.assert(
    fc.property(pieces, (cut) => {
      const whole = `${cut.join("")}\n`;
      const [a, b] = [collect(), collect()];
      for (const piece of cut) a.lines.add(1, "f", 1, piece);
      a.lines.add(1, "f", 1, "\n");
      b.lines.add(1, "f", 1, whole);
      assert.equal(a.printed.join("").replaceAll("1(", "("), b.printed.join("").slice(1));
    }),
  );
});
