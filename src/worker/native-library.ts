/** The library that makes native calls. */

import type koffi from "koffi";
import { ownRequire } from "../closure/package-files.ts";
import type { NativeLibrary } from "../store/native.ts";

/** `undefined`: there is none for this platform, or none is wanted: the portable way has to do. */
export function loadNativeLibrary(): NativeLibrary | undefined {
  if (process.env["MOBULA_PORTABLE"] === "1") return undefined;
  try {
    return ownRequire("koffi") as typeof koffi;
  } catch {
    // Not built for this platform, or not installed: a bundle may stand alone.
    return undefined;
  }
}
