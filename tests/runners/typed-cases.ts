/** Cases in TypeScript: their sources are no JavaScript. See `../closure/cases.ts`. */

import type { Case } from "../closure/cases.ts";

/** Types alone: what stays when they are erased is the program. */
export const erasableCases: readonly Case[] = [
  {
    name: "annotations",
    setup: "type Pair<T> = readonly [T, T]; const pair: Pair<number> = [1, 2];",
    subject: "(x: number, y?: string): (number | undefined)[] => [pair[0] + x, y?.length]",
    args: "[3]",
  },
  {
    name: "generics",
    setup:
      "function pick<T extends object, K extends keyof T = keyof T>(of: T, key: K): T[K] " +
      "{ return of[key]; } const first = <T,>(list: readonly T[]): T | undefined => list[0];",
    subject: "<T extends number>(n: T) => [pick<{ n: T }>({ n }, 'n'), first<T>([n])]",
    args: "[4]",
  },
  {
    name: "assertions",
    setup: "const table = { a: 1, b: 2 } satisfies Record<string, number>; let m: { n: number }[];",
    subject:
      "(key: string) => { const n = table[key as keyof typeof table]!; m = [{ n } as const]; " +
      "return (<const T,>(x: T) => x)(m[0]!.n satisfies number); }",
    args: "['b']",
  },
  {
    name: "interfaces and type imports",
    setup:
      "interface Named { readonly name: string; hello?(): string } " +
      "const greet = (who: Named & Partial<Stats>) => who.name + typeof who;",
    imports: 'import type { Stats } from "node:fs";\n',
    subject: "(who: Named) => greet(who)",
    args: "[{ name: 'a' }]",
  },
  {
    name: "overloads",
    setup:
      "function twofold(x: string): string; function twofold(x: number): number; " +
      "function twofold(x: any): any { return typeof x === 'string' ? x + x : x * 2; }",
    subject: "() => [twofold('a'), twofold(2)]",
  },
  {
    name: "guards",
    setup:
      "function isText(x: unknown): x is string { return typeof x === 'string'; } " +
      "function check(x: unknown): asserts x { if (!x) throw new Error('no'); } " +
      "function size(this: void, x: unknown) { check(x); return isText(x) ? x.length : -1; }",
    subject: "(...list: unknown[]) => list.map((x) => size(x))",
    args: "['abc', 5]",
  },
  {
    name: "typed classes",
    setup:
      "interface Area { area(): number } abstract class Base implements Area { " +
      "declare tag: string; protected readonly sides: number = 4; private name!: string; " +
      "abstract area(): number; static of<T extends Base>(this: new () => T): T { " +
      "return new this(); } }" +
      "class Square extends Base { [key: string]: unknown; #a: number = 3; " +
      "override area(): number { return this.#a ** 2 + this.sides; } }",
    subject: "(): unknown[] => [Square.of().area(), new Square() instanceof Base]",
  },
  {
    name: "typed generators",
    setup:
      "async function* pages<T>(of: T[]): AsyncGenerator<T, void, undefined> { yield* of; } " +
      "const seen: Map<string, number> = new Map<string, number>();",
    subject:
      "async (): Promise<number> => { for await (const x of pages<string>(['a', 'a'])) " +
      "seen.set(x, (seen.get(x) ?? 0) + 1); return seen.get('a')!; }",
    isStateful: true,
  },
  {
    name: "a tagged union",
    setup:
      "type Shaped = { kind: 'circle'; r: number } | { kind: 'box'; a: number; b: number }; " +
      "const sizes: { [K in Shaped['kind']]: (s: Extract<Shaped, { kind: K }>) => number } = " +
      "{ circle: (s) => s.r * 3, box: ({ a, b }) => a * b };",
    subject: "<S extends Shaped>(s: S): number => (sizes[s.kind] as (s: S) => number)(s)",
    args: "[{ kind: 'box', a: 2, b: 3 }]",
  },
];

/** A module that other cases import. */
export const UNITS = `
export enum Unit { Metre = "m", Second = "s" }
export const enum Scale { Small = 1, Large = 1000 }
export namespace Convert {
  export const factor: number = 100;
  let used = 0;
  export function toCm(metres: number): number { used++; return metres * factor; }
  export namespace Back { export const toM = (cm: number): number => cm / factor; }
}
export class Money {
  constructor(readonly amount: number, private currency: string = "EUR") {}
  text(): string { return \`\${this.amount} \${this.currency}\`; }
}
`;
const units = 'import { Convert, Money, Scale, Unit } from "./units.ts";\n';

const decorators =
  "function doubled<A extends unknown[]>(method: (...args: A) => number, " +
  "{ name }: ClassMethodDecoratorContext) { return function (this: unknown, ...args: A) { " +
  "return String(name) + 2 * method.apply(this, args); }; } " +
  "const plus = (n: number) => (_: undefined, __: ClassFieldDecoratorContext) => " +
  "(x: number) => x + n; ";

/** What TypeScript writes code for. */
export const compiledCases: readonly Case[] = [
  {
    name: "enum",
    setup: "enum Color { Red, Green = 5, Blue }",
    subject: "(c: Color) => [Color.Red, Color[c], c === Color.Blue, Object.keys(Color)]",
    args: "[Color.Blue]",
  },
  {
    name: "string enum",
    setup: "enum Level { Low = 'low', High = 'high' } const all = Object.values(Level);",
    subject: "(level: Level = Level.High): boolean[] => all.map((each) => each === level)",
  },
  {
    name: "computed enum",
    setup: "const base = 'abc'; enum Flag { A = 1 << 0, B = 1 << 1, AB = A | B, L = base.length }",
    subject: "() => [Flag.AB, Flag.L, Flag[2]]",
  },
  {
    name: "const enum",
    setup: "const enum Bit { On = 1, Off = 0 }",
    subject: "(bit: Bit) => [bit === Bit.On, Bit.Off]",
    args: "[Bit.On]",
  },
  {
    name: "enum in a class",
    setup:
      "enum State { Open, Closed } class Door { state = State.Open; static readonly States = " +
      "State; close(): this { this.state = State.Closed; return this; } } const door = new Door();",
    subject: "() => [State[door.close().state], Door.States.Closed]",
  },
  {
    name: "namespace",
    setup:
      "namespace Geo { export const pi: number = 3; let n = 1; export const area = (r: number) " +
      "=> { n += r; return pi * r * r + n; }; export class Point { constructor(public x = 2) {} " +
      "} export namespace Deep { export enum Kind { A = 'a' } } }",
    subject: "() => [Geo.area(1), new Geo.Point().x, Geo.Deep.Kind.A]",
    isStateful: true,
    isModuleOnly: true,
  },
  {
    name: "merged declarations",
    setup:
      "enum Size { S, M } namespace Size { export const parse = (s: 'S' | 'M') => Size[s]; } " +
      "function make() { return make.count; } namespace make { export let count = 3; } " +
      "class Box { size = Box.sizes.a; } namespace Box { export const sizes = { a: 7 }; }",
    subject: "() => [Size.parse('M'), make(), new Box().size]",
    isModuleOnly: true,
  },
  {
    name: "parameter properties",
    setup:
      "class P { constructor(public x: number, protected readonly y = 2, private z?: string) {} " +
      "sum(): unknown { return [this.x + this.y, this.z]; } } " +
      "class Q extends P { own = this.x * 10; constructor(override readonly x: number) { " +
      "super(x); } } const q = new Q(3);",
    subject: "(p: P) => [p.sum(), q.sum(), q.own, new Q(5).own]",
    args: "[new P(1, 4, 'z')]",
  },
  {
    name: "parameter properties of an error",
    setup:
      "class Failure extends Error { override name = 'Failure'; constructor(readonly code: " +
      "number, message = 'failed') { super(message); } }",
    subject:
      "(failure: Failure) => [failure.code, failure.message, new Failure(2) instanceof Failure]",
    args: "[new Failure(1)]",
  },
  {
    name: "decorators of methods and fields",
    setup:
      decorators +
      "class A { @plus(5) n = 1; @doubled add(k: number): number { return this.n + k; } } " +
      "const a = new A();",
    subject: "() => [a.add(1), new A().add(2)]",
  },
  {
    name: "decorators of classes",
    setup:
      "const known = new Map<string, Function>(); const named = (name: string) => " +
      "<C extends Function>(target: C, _: ClassDecoratorContext): void => { " +
      "known.set(name, target); }; @named('a') class A { x = 4; }",
    subject: "() => [known.get('a') === A, new A().x, A.name]",
  },
  {
    name: "auto-accessors",
    setup:
      "class A { accessor v = 3; static accessor s = 'a'; #w = 1; get w() { return this.#w; } }",
    subject: "() => { const a = new A(); a.v++; return [a.v, A.s, a.w]; }",
    isStateful: true,
  },
  {
    name: "using",
    setup:
      "const log: string[] = []; const open = (n: string): Disposable => ({ " +
      "[Symbol.dispose]() { log.push(n); } });",
    subject: "() => { { using a = open('a'), b = open('b'); log.push('in'); } return log; }",
    isStateful: true,
  },
  {
    name: "imported enums",
    imports: units,
    subject: "(u: Unit) => [u, Unit.Metre, Object.keys(Unit), Scale.Large]",
    args: "[Unit.Second]",
  },
  {
    name: "imported namespace",
    imports: units,
    subject: "() => [Convert.toCm(2), Convert.Back.toM(50)]",
  },
  {
    name: "imported class with parameter properties",
    imports: units,
    setup: "const price: Money = new Money(5);",
    subject: "(other: Money) => [price.text(), other.text(), new Money(1, 'USD').text()]",
    args: "[new Money(7)]",
  },
  {
    name: "function of a namespace",
    imports: units,
    subject: "Convert.toCm",
    args: "[3]",
  },
];
