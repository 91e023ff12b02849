/** Symbols as values: the same symbol exists elsewhere if it is well-known or registered. */

const wellKnownByName = new Map<string, symbol>();
const nameByWellKnown = new Map<symbol, string>();
for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(Symbol))) {
  const symbol: unknown = property.value;
  // What libraries add to `Symbol` can be changed, and may not exist elsewhere.
  if (typeof symbol !== "symbol" || property.writable === true) continue;
  wellKnownByName.set(name, symbol);
  nameByWellKnown.set(symbol, name);
}

/** `"iterator"` for `Symbol.iterator`; `undefined` if the symbol is not well-known. */
export function findWellKnownName(symbol: symbol): string | undefined {
  return nameByWellKnown.get(symbol);
}

/** `undefined` if this version of Node has no such symbol. */
export function findWellKnownSymbol(name: string): symbol | undefined {
  return wellKnownByName.get(name);
}
