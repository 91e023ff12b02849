/** Symbols as values: the same symbol exists elsewhere if it is well-known or registered. */

const wellKnownByName = new Map<string, symbol>();
for (const name of Object.getOwnPropertyNames(Symbol)) {
  const symbol: unknown = Reflect.get(Symbol, name);
  if (typeof symbol === "symbol") wellKnownByName.set(name, symbol);
}
const nameByWellKnown = new Map<symbol, string>();
for (const [name, symbol] of wellKnownByName) nameByWellKnown.set(symbol, name);

/** `"iterator"` for `Symbol.iterator`; `undefined` if the symbol is not well-known. */
export function findWellKnownName(symbol: symbol): string | undefined {
  return nameByWellKnown.get(symbol);
}

/** `undefined` if this version of Node has no such symbol. */
export function findWellKnownSymbol(name: string): symbol | undefined {
  return wellKnownByName.get(name);
}
