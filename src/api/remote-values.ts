/** How remote functions, remote classes and handles are sent, and made again where they arrive. */

import type { RemoteFunctions } from "../runtime/packer.ts";
import { clientOf, makeHandle } from "./actor-handle.ts";
import type { ActorOptions } from "./actor-types.ts";
import { configuredOf } from "./configured.ts";
import { receivedClass } from "./remote-class.ts";
import { makeRemoteFunction } from "./remote-function.ts";
import { RemoteSource } from "./remote-source.ts";
import { isStream } from "./stream.ts";
import { currentOrStarted } from "./start.ts";

/** What is said of a remote class beside its code. */
interface SentClass {
  readonly options: ActorOptions;
  readonly generators: readonly string[];
}

export const remoteValues: RemoteFunctions = {
  describe(value) {
    const configured = configuredOf(value);
    if (configured === undefined) return undefined;
    const { source, isClass } = configured;
    const record = source.recordIn(currentOrStarted());
    if (isClass) {
      const sent: SentClass = { options: configured.options, generators: source.generators };
      return { record, options: sent, isClass };
    }
    // A signal means something in its own process only.
    const { signal: _signal, ...options } = configured.options;
    return { record, options, isClass };
  },
  define(value) {
    configuredOf(value)?.source.define(currentOrStarted());
  },
  make(record, options) {
    return makeRemoteFunction(new RemoteSource(undefined, record), options);
  },
  makeClass(record, sent) {
    const { options, generators } = sent as SentClass;
    return receivedClass(record, options, generators);
  },
  actorOf: (value) => clientOf(value)?.resolved,
  makeHandle: (client) => makeHandle(client),
  isStream,
};
