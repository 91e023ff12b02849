/**
 * What functions capture and do: each case is a piece of program that gives a function. The grid
 * puts it into a program, and compares what it returns here with what it returns elsewhere.
 */

export interface Case {
  readonly name: string;
  /** Declarations before the function, if any. */
  readonly setup?: string;
  /** An expression: the function. */
  readonly subject: string;
  /** Its arguments, an expression. */
  readonly args?: string;
  /** Calls change what the next call sees where the function is not copied: in a module. */
  readonly isStateful?: true;
  /** Its declarations may stand at the top level of a module alone. */
  readonly isModuleOnly?: true;
  /** Imports of its own; of cases with the same ones, a program has them once. */
  readonly imports?: string;
}

/** Names that every program imports: see `programs.ts`. */
export const cases: readonly Case[] = [
  { name: "nothing", subject: "() => 42" },
  {
    name: "arguments",
    subject: "(a, b = 2, ...rest) => [a, b, rest]",
    args: "[1, undefined, 3, 4]",
  },
  { name: "number", setup: "const a = -0, b = NaN;", subject: "() => [a, b]" },
  { name: "string", setup: "const text = 'é\\ud83d\\ude00\\ud800';", subject: "() => text" },
  { name: "bigint", setup: "const big = 12345678901234567890n;", subject: "() => big + 1n" },
  { name: "undefined", setup: "let a; const b = null;", subject: "() => [a, b]" },
  {
    name: "symbols",
    setup: "const s = Symbol.for('s'), i = Symbol.iterator;",
    subject: "() => [s, i]",
  },
  {
    name: "unique symbol",
    setup: "const s = Symbol('s'); const o = { s };",
    subject: "() => ({ [s]: 1 })[s]",
  },
  {
    name: "object",
    setup: "const o = { a: [1, { b: 2 }] }; o.self = o;",
    subject: "() => o.self.self.a",
  },
  { name: "Map and Date", setup: "const m = new Map([[1, new Date(5)]]);", subject: "() => m" },
  {
    name: "typed array",
    setup: "const t = new Float64Array([1, 2, 3]);",
    subject: "() => t.map((x) => x * 2)",
  },
  { name: "regexp", setup: "const r = /a(b+)/gi;", subject: "() => 'xABBc'.replace(r, '[$1]')" },
  {
    name: "shared object",
    setup: "const o = []; const p = [o], q = [o];",
    subject: "() => p[0] === q[0]",
  },
  {
    name: "let that changed",
    isStateful: true,
    setup: "let n = 1; n = 5;",
    subject: "() => n++ + n",
  },
  {
    name: "own state",
    isStateful: true,
    setup: "let n = 0; const inc = () => ++n;",
    subject: "() => inc() + inc()",
  },
  {
    name: "function declared",
    setup: "function help(x) { return x * 3; }",
    subject: "(x) => help(x)",
    args: "[2]",
  },
  {
    name: "function below",
    subject: "() => below(2)",
    setup: "function below(x) { return x + other; } var other = 5;",
  },
  {
    name: "recursion",
    setup: "function fact(n) { return n < 2 ? 1 : n * fact(n - 1); }",
    subject: "fact",
    args: "[6]",
  },
  {
    name: "mutual recursion",
    setup: "const even = (n) => n === 0 || odd(n - 1); const odd = (n) => n !== 0 && even(n - 1);",
    subject: "even",
    args: "[11]",
  },
  {
    name: "closure in closure",
    setup: "const add = (a) => (b) => a + b; const five = add(5);",
    subject: "(x) => five(x)",
    args: "[3]",
  },
  {
    name: "curried",
    setup: "const add = (a) => (b) => (c) => a + b + c; const f = add(1)(2);",
    subject: "f",
    args: "[3]",
  },
  {
    name: "loop variables",
    setup: "const fs = []; for (let i = 0; i < 3; i++) fs.push(() => i);",
    subject: "() => fs.map((f) => f())",
  },
  {
    name: "destructured",
    setup:
      "const { a, b: { c = 3 }, ...rest } = { a: 1, b: {}, d: 4 }; const [x, , y] = [1, 2, 3];",
    subject: "() => [a, c, rest, x, y]",
  },
  {
    name: "parameters",
    setup:
      "const make = (a, { b }, [c], ...d) => () => [a, b, c, d]; const f = make(1, { b: 2 }, " +
      "[3], 4);",
    subject: "f",
  },
  {
    name: "shadowing",
    setup: "const x = 1;",
    subject:
      "(y) => { let r = x; { const x = y; r += x; } try { throw 4 } catch (x) { r += x } " +
      "return r; }",
    args: "[10]",
  },
  {
    name: "var and hoisting",
    setup: "const v = 'outer';",
    subject: "() => { const seen = typeof w; if (true) { var w = v; } return [seen, w]; }",
  },
  {
    name: "default sees outside",
    setup: "const d = 7;",
    subject: "(a = d, b = () => a) => { var d2 = a; return [d2, b()]; }",
  },
  {
    name: "labels and properties",
    setup: "const key = 'k';",
    subject:
      "() => { const o = { key: 1, [key]: 2 }; out: for (;;) { break out; } return [o.key, " +
      "o[key], o]; }",
  },
  { name: "typeof undeclared", subject: "() => [typeof nowhere, typeof globalThis.nowhere]" },
  {
    name: "async",
    setup: "const wait = async (x) => { await null; return x; };",
    subject: "async () => (await wait(1)) + 1",
  },
  {
    name: "generator",
    setup: "function* gen(n) { for (let i = 0; i < n; i++) yield i; }",
    subject: "() => [...gen(3)]",
  },
  {
    name: "async generator",
    setup: "async function* gen() { yield 1; yield 2; }",
    subject: "async () => { const r = []; for await (const x of gen()) r.push(x); return r; }",
  },
  {
    name: "method",
    setup:
      "const o = { n: 2, m(x) { return this.n * x; }, get g() { return 1; }, async *s() {}, " +
      "'a b'() { return 3; } };",
    subject: "() => [o.m(4), o.g, o['a b'](), typeof o.s]",
  },
  {
    name: "method alone",
    setup: "const o = { add(a, b) { return a + b; } };",
    subject: "o.add",
    args: "[1, 2]",
  },
  {
    name: "computed method alone",
    setup: "const k = 'x'; const o = { [k + 1](a) { return a; } };",
    subject: "o.x1",
    args: "[5]",
  },
  {
    name: "getter alone",
    setup:
      "const g = Object.getOwnPropertyDescriptor({ get v() { return typeof this; } }, 'v').get;",
    subject: "() => g.call('s')",
  },
  {
    name: "bound",
    setup:
      "const o = { n: 5 }; function f(a, b) { return [this.n, a, b]; } const g = f.bind(o, 1);",
    subject: "g",
    args: "[2]",
  },
  {
    name: "bound cycle",
    setup: "const o = { n: 5, f() { return this.n; } }; o.f = o.f.bind(o);",
    subject: "() => [o.f(), (0, o.f)()]",
  },
  {
    name: "properties of functions",
    isStateful: true,
    setup: "function f() { return f.count++; } f.count = 3; f.self = f;",
    subject: "() => [f(), f.self.count, Object.keys(f)]",
  },
  {
    name: "name and length",
    setup: "const f = (a, b) => 0; const o = { g() {} };",
    subject: "() => [f.name, f.length, o.g.name, (() => {}).name]",
  },
  {
    name: "own name",
    setup: "const named = function inner(n) { return n ? inner(0) : inner.name; };",
    subject: "named",
    args: "[1]",
  },
  {
    name: "built-ins",
    setup:
      "const { max } = Math; const slice = Array.prototype.slice; const P = Promise; const j " +
      "= JSON;",
    subject: "() => [max(1, 2), slice.call([1, 2, 3], 1), P.name, j.stringify([1])]",
  },
  {
    name: "node functions",
    setup: "const { join: j } = path; const st = setTimeout; const sc = structuredClone;",
    subject: "async () => { await new Promise((r) => st(r, 0)); return [j('a', 'b'), sc([1])]; }",
  },
  { name: "import named", subject: "(x) => twice(x)", args: "[4]" },
  { name: "import default", subject: "() => lib(3)" },
  { name: "import namespace", subject: "() => [libAll.twice(2), libAll.VERSION]" },
  { name: "import builtin", subject: "() => [path.basename('/a/b'), join('x', 'y'), sep]" },
  {
    name: "import shorthand",
    subject: "() => { const o = { twice, join }; return o.twice(2) + o.join('a', 'b'); }",
  },
  { name: "import tagged", subject: "() => tag`a${1}b`" },
  {
    name: "import without this",
    subject: "() => { const a = 1\n;(whoIsThis)()\nreturn [a, whoIsThis()] }",
  },
  {
    name: "import class",
    subject: "() => { const s = new Shape(2); return [s.area(), s instanceof Shape]; }",
  },
  {
    name: "import twice removed",
    setup: "const through = (x) => twice(x) + 1;",
    subject: "(x) => through(x)",
    args: "[5]",
  },
  { name: "imported function", subject: "twice", args: "[21]" },
  {
    name: "state of a module",
    subject: "() => { const before = libAll.count; libAll.bump(); return libAll.count - before; }",
  },
  {
    name: "dynamic import",
    subject:
      "async () => { const m = await import('LIB'); return (m.twice ?? m.default.twice)(8); }",
  },
  {
    name: "class",
    setup: "class A { x = 1; static s = 2; m() { return this.x; } get g() { return A.s; } }",
    subject: "() => [new A().m(), new A().g, A.name]",
  },
  {
    name: "inheritance",
    setup:
      "class A { m() { return 'a'; } } class B extends A { m() { return super.m() + 'b'; } } " +
      "class C extends B { constructor() { super(); this.c = 1; } }",
    subject: "() => { const c = new C(); return [c.m(), c instanceof A, C.name]; }",
  },
  {
    name: "instance",
    setup:
      "class P { constructor(x) { this.x = x; } len() { return Math.hypot(this.x, 3); } } " +
      "const p = new P(4);",
    subject: "() => [p.len(), p instanceof P]",
  },
  {
    name: "instance argument",
    setup: "class P { constructor(x) { this.x = x; } twice() { return this.x * 2; } }",
    subject: "(p) => p.twice()",
    args: "[new P(4)]",
  },
  {
    name: "private fields",
    isStateful: true,
    setup:
      "class P { #x = 1; static #n = 5; #m() { return this.#x; } inc() { this.#x++; return " +
      "this; } v() { return [this.#m(), P.#n]; } } const p = new P().inc();",
    subject: "() => p.inc().v()",
  },
  {
    name: "static state",
    setup:
      "class R { static all = new Map(); static add(k) { R.all.set(k, 1); return R; } static " +
      "{ R.add('first'); } }",
    subject: "() => [...R.add('x').all.keys()]",
  },
  {
    name: "extends built-in",
    setup:
      "class L extends Array { sum() { return this.reduce((a, b) => a + b, 0); } } class E " +
      "extends Error { constructor(m) { super(m); this.code = 7; } }",
    subject: "() => [L.from([1, 2]).sum(), new E('x').code, new E('x') instanceof Error]",
  },
  {
    name: "subclass instances",
    setup:
      "class M extends Map { size2() { return this.size * 2; } } const m = new M([[1, 2]]); " +
      "class S extends Set {} const s = new S([1]);",
    subject: "() => [m.size2(), m.get(1), s.has(1), m instanceof Map]",
  },
  {
    name: "old-style class",
    setup: "function A(n) { this.n = n; } A.prototype.get = function () { return this.n; };",
    subject: "() => new A(6).get()",
  },
  {
    name: "mixin",
    setup:
      "const Named = (Base) => class extends Base { name() { return this.constructor.name; } " +
      "}; class T extends Named(Object) {}",
    subject: "() => new T().name()",
  },
  {
    name: "accessor and computed",
    setup:
      "const k = 'dyn'; class A { #v = 1; get v() { return this.#v; } set v(x) { this.#v = " +
      "x; } [k]() { return 'k'; } *[Symbol.iterator]() { yield 1; } }",
    subject: "() => { const a = new A(); a.v = 9; return [a.v, a.dyn(), [...a]]; }",
  },
  {
    name: "class cycle",
    setup: "class A { make() { return new B(); } } class B extends A { kind() { return 'B'; } }",
    subject: "() => new A().make().make().kind()",
  },
  {
    name: "global of the program",
    setup: "globalThis.progConfig = { v: 3 };",
    subject: "() => progConfig.v",
  },
  {
    name: "process",
    subject: "() => [typeof process.pid, process.argv.length > 0, typeof Buffer.from]",
  },
  {
    name: "eval and Function",
    setup: "const made = new Function('a', 'return a + 1');",
    subject: "() => [made(1), (0, eval)('1 + 1')]",
  },
  {
    name: "returns a function",
    setup: "const k = 3;",
    subject: "async () => { const f = (x) => x * k; return f(2); }",
  },
  {
    name: "nested use of imports",
    subject: "() => { const inner = () => twice(join('a').length); return inner(); }",
  },
  {
    name: "comma and template",
    setup: "const a = 1, b = 2;",
    subject: "() => (a, `${a}${`${b}`}`)",
  },
  {
    name: "optional chaining",
    setup: "const o = { f: (x) => x }; const none = undefined;",
    subject: "() => [o?.f?.(1), none?.f(), o.g?.()]",
  },
  {
    name: "strings that look like code",
    setup: "const s = 'x';",
    subject: "() => ['twice(1)', `import(${s})`, /\\/twice(a)/.source]",
  },
  {
    name: "unicode names",
    setup: "const größe = 1, $ = 2, _ = 3;",
    subject: "() => größe + $ + _",
  },
  {
    name: "strictness",
    setup:
      "const f = function () { return this === undefined; }; const a = { m() { return this " +
      "=== undefined; } };",
    subject: "() => [f(), (0, a.m)(), (function () { return this === undefined; })()]",
  },
  {
    name: "counters of their own",
    setup:
      "const make = () => { let n = 0; return { inc() { n++; return this; }, get: () => n }; }; " +
      "const a = make(), b = make();",
    subject: "() => { a.inc().inc(); b.inc(); return [a.get(), b.get()]; }",
    isStateful: true,
  },
  {
    name: "a variable of several functions",
    setup:
      "let seed = 1; function setSeed(s) { seed = s; } " +
      "const random = () => (seed = (seed * 16807) % 2147483647);",
    subject: "() => { setSeed(5); [seed] = [seed + 1]; return [random(), random(), seed]; }",
  },
  {
    name: "closures of a loop over one variable",
    setup: "let total = 0; const adds = [1, 2, 3].map((i) => () => (total += i));",
    subject: "() => { for (const add of adds) add(); return total; }",
    isStateful: true,
  },
  {
    name: "a function assigned later",
    setup: "let f = () => 1; const call = () => f(); f = () => 2;",
    subject: "() => { const before = call(); f = () => 3; return [before, call(), f()]; }",
    isStateful: true,
  },
  {
    name: "arrow functions in fields",
    setup:
      "class A { n = 1; inc = () => ++this.n; #p = 5; get = () => this.#p + this.n; } " +
      "const a = new A();",
    subject: "() => [a.inc(), a.get(), new A().inc()]",
    isStateful: true,
  },
  {
    name: "busy constructors",
    setup:
      "let made = 0; class A { #list = []; constructor({ items }, ...more) { made++; " +
      "for (const item of [...items, ...more]) this.#list.push(item); } list() { return " +
      "this.#list; } } " +
      "class B extends A { #own = 'b'; constructor() { super({ items: [1] }, 2); } own() { " +
      "return this.#own; } } " +
      "const b = new B();",
    subject: "() => [b.list(), b.own(), made]",
  },
  {
    name: "private state in a WeakMap",
    setup:
      "const state = new WeakMap(); const known = new WeakSet(); " +
      "class A { constructor(n) { state.set(this, { n }); known.add(this); } " +
      "get n() { return known.has(this) ? state.get(this).n : undefined; } } const a = new A(4);",
    subject: "(b) => [a.n, b.n, new A(6).n]",
    args: "[new A(5)]",
  },
  {
    name: "names that rebuilt code could use",
    setup:
      "let value = 1, module0 = 2, importMeta = 3, $value = 4, $mobulaValues = 5; " +
      "const grow = () => { value++; module0++; importMeta++; $value++; }; const $mobulaStamp = 6;",
    subject:
      "() => { grow(); return [twice(value), module0, importMeta, $value, $mobulaValues, " +
      "$mobulaStamp]; }",
    isStateful: true,
  },
];
