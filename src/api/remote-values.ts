/** How remote functions, remote classes and handles are sent, and made again where they arrive. */

import type { RemoteFunctions } from "../runtime/packer.ts";
import { clientOf, makeHandle } from "./actor-handle.ts";
import { configuredOf } from "./configured.ts";
import { receivedClass } from "./remote-class.ts";
import { makeRemoteFunction } from "./remote-function.ts";
import { RemoteSource } from "./remote-source.ts";
import { isStream } from "./stream.ts";
import { currentOrStarted } from "./start.ts";

export const remoteValues: RemoteFunctions = {
  describe(value) {
    const configured = configuredOf(value);
    if (configured === undefined) return undefined;
    const { source, isClass } = configured;
    const record = source.recordIn(currentOrStarted());
    if (isClass) return { record, options: configured.options, isClass };
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
  makeClass: receivedClass,
  actorOf: (value) => clientOf(value)?.resolved,
  makeHandle: (client) => makeHandle(client),
  isStream,
};
