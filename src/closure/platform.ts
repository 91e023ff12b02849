/** Telling the platform's own functions from those of the program and its packages. */

/** Without source text: native code, bound functions, functions behind a Proxy. */
export function isNativeText(text: string): boolean {
  return text.endsWith("}") && /\{\s*\[native code\]\s*\}$/.test(text.slice(-64));
}

/** Node's own JavaScript. */
export function isNodeUrl(url: string): boolean {
  return url.startsWith("node:");
}
