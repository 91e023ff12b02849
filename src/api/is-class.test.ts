import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { Readable } from "node:stream";
import { test } from "node:test";
import { inherits } from "node:util";
import { runInNewContext } from "node:vm";
import { isClass } from "./is-class.ts";

class Counter {
  add(): void {}
}

/** What Babel and SWC make of a class for old engines. */
function transpiled(): object {
  function Old(): void {}
  return Object.defineProperty(Old, "prototype", { writable: false });
}

/** What TypeScript makes of one. */
function older(): object {
  function Old(): void {}
  Old.prototype.run = () => 1;
  return Old;
}

function inherited(): object {
  function Old(): void {}
  inherits(Old, EventEmitter);
  return Old;
}

test("classes, however they are written", () => {
  const classes: Record<string, object> = {
    named: Counter,
    anonymous: class {},
    derived: class extends Counter {},
    "of null": class extends (null as unknown as typeof Counter) {},
    native: Map,
    frozen: Object.freeze(class {}),
    proxy: new Proxy(Counter, {}),
    transpiled: transpiled(),
    "transpiled for older engines": older(),
    "of util.inherits": inherited(),
    EventEmitter,
    stream: Readable,
  };
  for (const [kind, value] of Object.entries(classes)) assert.equal(isClass(value), true, kind);
});

test("what is called is no class", () => {
  const functions: Record<string, object> = {
    arrow: () => {},
    function: function () {},
    async: async () => {},
    generator: function* () {},
    "async generator": async function* () {},
    method: Object.getOwnPropertyDescriptor(Counter.prototype, "add")?.value as object,
    native: Math.sqrt,
    bound: function () {}.bind(undefined),
    frozen: Object.freeze(function () {}),
    "of another realm": runInNewContext("(function () {})") as object,
    "generator of another realm": runInNewContext("(function* () {})") as object,
    "without prototype": Object.assign(function () {}, { prototype: null }),
    "frozen generator": Object.freeze(function* () {}),
    "with a word as its name": function classify() {},
    instance: new Counter(),
    prototype: Counter.prototype,
  };
  for (const [kind, value] of Object.entries(functions)) assert.equal(isClass(value), false, kind);
});
