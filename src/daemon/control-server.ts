/** The daemon's side of the control plane: what processes ask, and what their watches are told. */

import type { MsgpackReader } from "../base/msgpack.ts";
import {
  readControlText,
  readControlValue,
  writeChange,
  writeEntry,
} from "../control/control-values.ts";
import type { Change, Entry, SetOutcome } from "../control/control-plane.ts";
import type { EmbeddedControl } from "../control/embedded.ts";
import type { Link } from "../wire/link.ts";
import { Kind } from "../wire/messages.ts";

/** What ends a watch, by the number that its process gave it. */
type Watches = Map<number, () => void>;

export class ControlServer {
  readonly #control: EmbeddedControl;
  readonly #watches = new Map<number, Watches>();

  constructor(control: EmbeddedControl) {
    this.#control = control;
  }

  /**
   * `body` is behind the header of its array. Returns false, and has read nothing, if the message
   * is none of the control plane.
   */
  message(link: Link, senderId: number, kind: number, body: MsgpackReader): boolean {
    switch (kind) {
      case Kind.controlGet:
        sendEntry(link, body.number(), this.#control.find(readControlText(body)));
        return true;
      case Kind.controlList:
        sendEntries(link, body.number(), this.#control.entries(readControlText(body)));
        return true;
      case Kind.controlSet:
        this.#set(link, body);
        return true;
      case Kind.controlWatch:
        this.#watch(link, senderId, body.number(), readControlText(body));
        return true;
      case Kind.controlUnwatch:
        this.#unwatch(senderId, body.number());
        return true;
      default:
        return false;
    }
  }

  /** Ends its watches; its entries stay. */
  processGone(senderId: number): void {
    for (const stop of this.#watches.get(senderId)?.values() ?? []) stop();
    this.#watches.delete(senderId);
  }

  /** Watches of the sender are told before it has the answer: the link keeps the order. */
  #set(link: Link, body: MsgpackReader): void {
    const requestId = body.number();
    const key = readControlText(body);
    const expectedRevision = body.number();
    const outcome = this.#control.set(key, expectedRevision, readControlValue(body));
    sendOutcome(link, requestId, outcome);
  }

  #watch(link: Link, senderId: number, watchId: number, prefix: string): void {
    const watches: Watches = this.#watches.get(senderId) ?? new Map<number, () => void>();
    this.#watches.set(senderId, watches);
    watches.get(watchId)?.();
    const stop = this.#control.follow(prefix, (change) => sendChange(link, watchId, change));
    watches.set(watchId, stop);
  }

  #unwatch(senderId: number, watchId: number): void {
    const watches = this.#watches.get(senderId);
    watches?.get(watchId)?.();
    watches?.delete(watchId);
    if (watches?.size === 0) this.#watches.delete(senderId);
  }
}

function sendEntry(link: Link, requestId: number, entry: Entry | undefined): void {
  const body = link.begin(Kind.controlEntry);
  body.arrayHeader(2);
  body.number(requestId);
  writeEntry(body, entry);
  link.end();
}

function sendEntries(link: Link, requestId: number, entries: readonly Entry[]): void {
  const body = link.begin(Kind.controlEntries);
  body.arrayHeader(2);
  body.number(requestId);
  body.arrayHeader(entries.length);
  for (const entry of entries) writeEntry(body, entry);
  link.end();
}

function sendOutcome(link: Link, requestId: number, outcome: SetOutcome): void {
  const body = link.begin(Kind.controlOutcome);
  body.arrayHeader(3);
  body.number(requestId);
  if (outcome.isSet) body.integer(outcome.revision);
  else body.nil();
  writeEntry(body, outcome.isSet ? undefined : outcome.entry);
  link.end();
}

function sendChange(link: Link, watchId: number, change: Change): void {
  const body = link.begin(Kind.controlChange);
  body.arrayHeader(4);
  body.number(watchId);
  writeChange(body, change);
  link.end();
}
