import assert from "node:assert/strict";
import { test } from "node:test";
import { findFreeVariables } from "./free-variables.ts";
import { parseFunction } from "./syntax.ts";

function freeNames(text: string, strict = true): string {
  const syntax = parseFunction(text);
  assert.ok(syntax, text);
  return [...findFreeVariables(syntax.node, strict).names.keys()].join(" ");
}

function outer(text: string): string {
  const syntax = parseFunction(text);
  assert.ok(syntax, text);
  return [...findFreeVariables(syntax.node, true).outer].join(" ");
}

const NAMES: readonly (readonly [string, string])[] = [
  ["(x) => x + y", "y"],
  ["function f(n) { return n ? f(n - 1) : g }", "g"],
  ["(a, b = a + c, ...rest) => [a, b, rest]", "c"],
  ["({ a, b: { c = d }, ...e }) => [a, b, c, e]", "d b"],
  ["([a, , b = z]) => a + b", "z"],
  ["() => { var x = 1; { let y = x; } return y }", "y"],
  ["() => { if (p) { var hoisted = 1 } return hoisted }", "p"],
  ["() => { for (let i = 0, n = m; i < n; i++) {} return i }", "m i"],
  ["() => { for (const k of ks) use(k); return k }", "ks use k"],
  ["() => { for (x in o) {} }", "x o"],
  ["() => { try { t() } catch (e) { e } finally { e } }", "t e"],
  ["() => { try { t() } catch { c } }", "t c"],
  ["() => { switch (s) { case a: let b; break; default: b } return b }", "s a b"],
  ["() => { label: for (;;) { break label } }", ""],
  [
    "() => ({ key: value, short, [computed]: 1, method() { return inner }, get g() { return 2 } })",
    "value short computed inner",
  ],
  ["() => a.b.c + a?.[d] + new.target", "a d"],
  ["() => { class A extends B { x = y; static z = w; [k]() { return A } } return A }", "B y w k"],
  ["class A extends B { static { A.s = t; var v = 1; } m() { return v + A } }", "B t v"],
  ["() => { function inner() { return late } const late = 1; return inner }", ""],
  ["(a = () => b) => { var b = 1; return a }", "b"],
  ["() => { ({ a, b: c = d } = e); [f, ...g] = h }", "a c d e f g h"],
  ["() => `${a}${`${b}`}`", "a b"],
  ["() => tag`x${a}`", "tag a"],
  ["async function* f() { for await (const x of xs) yield* x }", "xs"],
  ["() => typeof nowhere", "nowhere"],
  ["function () { return arguments.length }", ""],
  ["() => { const f = function g() { return g }; return g }", "g"],
  ["() => { let x = x0; { const x = y0; } }", "x0 y0"],
  ["({ a }) => ({ a, b })", "b"],
  ["m(x) { return x + y }", "y"],
  ["get v() { return w }", "w"],
  ["async *m() { yield z }", "z"],
  ["static => static", ""],
  ["() => import('x').then((m) => m.y(z))", "z"],
  ["() => import.meta.url + u", "u"],
  ["() => { let undefined_ = undefined; return undefined_ }", "undefined"],
  ["(größe) => größe + ångström", "ångström"],
];

for (const [text, names] of NAMES) {
  test(`free names of ${text}`, () => assert.equal(freeNames(text), names));
}

test("functions in blocks are hoisted in sloppy code only", () => {
  const text = "function () { { function f() {} } return f }";
  assert.equal(freeNames(text, true), "f");
  assert.equal(freeNames(text, false), "");
});

const OUTER: readonly (readonly [string, string])[] = [
  ["() => this.x", "this"],
  ["function () { return () => this }", ""],
  ["() => function () { return this }", ""],
  ["() => ({ m() { return this } })", ""],
  ["() => ({ m: () => this })", "this"],
  ["() => class { x = this.y; static z = this; static { this.w } }", ""],
  ["() => class { [this.k]() {} }", "this"],
  ["() => arguments[0]", "arguments"],
  ["function () { return () => arguments[0] }", ""],
  ["() => __awaiter(this, void 0, void 0, function* () { yield 1 })", ""],
  ["() => tslib.__awaiter(this, void 0, void 0, function* () { yield this.x })", "this"],
  ["() => new.target", "new.target"],
  ["m() { return super.m() }", "super"],
  ["m() { return () => super.m() }", "super"],
  ["() => ({ m() { return super.m() } })", ""],
  ["class A extends B { m() { return super.m() } constructor() { super() } }", ""],
];

for (const [text, found] of OUTER) {
  test(`what ${text} uses of the function around it`, () => assert.equal(outer(text), found));
}

test("members are told where nothing else of a name is used", () => {
  const syntax = parseFunction("() => [a.b, a.c(), d.e, d]");
  assert.ok(syntax);
  const { names } = findFreeVariables(syntax.node, true);
  assert.deepEqual(
    names.get("a")?.map(({ member }) => member),
    ["b", "c"],
  );
  assert.deepEqual(
    names.get("d")?.map(({ member }) => member),
    ["e", undefined],
  );
});
