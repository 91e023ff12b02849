/** What stands behind each remote function and class. */

import type { ActorOptions } from "./actor-types.ts";
import type { RemoteSource } from "./remote-source.ts";
import type { TaskOptions } from "./types.ts";

export type Configured = { readonly source: RemoteSource } & (
  | { readonly isClass: false; readonly options: TaskOptions }
  | { readonly isClass: true; readonly options: ActorOptions }
);

const configurations = new WeakMap<object, Configured>();

export function configure(made: object, configured: Configured): void {
  configurations.set(made, configured);
}

/** Undefined for everything that `remote` has not made. */
export function configuredOf(value: object): Configured | undefined {
  return configurations.get(value);
}
