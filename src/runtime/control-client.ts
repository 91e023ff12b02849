/** The control plane as a process sees it that asks its daemon. */

import type { MsgpackReader, MsgpackWriter } from "../base/msgpack.ts";
import type {
  ControlPlane,
  Entry,
  OnChange,
  PlainValue,
  SetOutcome,
} from "../control/control-plane.ts";
import {
  checkControlLimits,
  encodeControlValue,
  readChange,
  readEntry,
  writeControlText,
} from "../control/control-values.ts";
import { tell } from "../control/tell.ts";
import type { Link } from "../wire/link.ts";
import { Kind } from "../wire/messages.ts";

interface Asker {
  /** Reads the answer behind the number of the request. */
  readonly answered: (body: MsgpackReader) => void;
  readonly reject: (error: Error) => void;
}

export class ControlClient implements ControlPlane {
  readonly #link: Link;
  readonly #asked = new Map<number, Asker>();
  readonly #watches = new Map<number, OnChange>();
  /** Of requests and watches. */
  #count = 0;
  #ended: Error | undefined;

  /** The control plane's frames on the link are to be given to `message`, its end to `end`. */
  constructor(link: Link) {
    this.#link = link;
  }

  get(key: string): Promise<Entry | undefined> {
    return this.#ask(Kind.controlGet, 2, (body) => writeControlText(body, key), readEntry);
  }

  list(prefix: string): Promise<Entry[]> {
    return this.#ask(Kind.controlList, 2, (body) => writeControlText(body, prefix), readEntries);
  }

  async compareAndSet(
    key: string,
    expectedRevision: number,
    value: PlainValue | undefined,
  ): Promise<SetOutcome> {
    const bytes = encodeControlValue(value);
    checkControlLimits(key, bytes.length);
    const write = (body: MsgpackWriter): void => {
      writeControlText(body, key);
      body.number(expectedRevision);
      body.raw(bytes);
    };
    return this.#ask(Kind.controlSet, 4, write, readOutcome);
  }

  watch(prefix: string, onChange: OnChange): () => void {
    if (this.#ended !== undefined) return () => undefined;
    const watchId = ++this.#count;
    this.#watches.set(watchId, onChange);
    this.#send(Kind.controlWatch, 2, watchId, (body) => writeControlText(body, prefix));
    return () => {
      if (this.#watches.delete(watchId)) this.#send(Kind.controlUnwatch, 1, watchId);
    };
  }

  /**
   * `body` is behind the header of its array. Returns false, and has read nothing, if the message
   * is none of the control plane.
   */
  message(kind: number, body: MsgpackReader): boolean {
    switch (kind) {
      case Kind.controlEntry:
      case Kind.controlEntries:
      case Kind.controlOutcome:
        this.#answerCame(body.number(), body);
        return true;
      case Kind.controlChange:
        this.#changeCame(body.number(), body);
        return true;
      default:
        return false;
    }
  }

  /** The connection is over: nothing is answered or told any more. */
  end(error: Error): void {
    this.#ended ??= error;
    this.#watches.clear();
    for (const { reject } of this.#asked.values()) reject(error);
    this.#asked.clear();
  }

  #ask<Answer>(
    kind: number,
    elements: number,
    write: (body: MsgpackWriter) => void,
    read: (body: MsgpackReader) => Answer,
  ): Promise<Answer> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      const requestId = ++this.#count;
      this.#asked.set(requestId, { answered: (body) => resolve(read(body)), reject });
      this.#send(kind, elements, requestId, write);
    });
  }

  #send(kind: number, elements: number, id: number, write?: (body: MsgpackWriter) => void): void {
    const body = this.#link.begin(kind);
    body.arrayHeader(elements);
    body.integer(id);
    write?.(body);
    this.#link.end();
  }

  #answerCame(requestId: number, body: MsgpackReader): void {
    const asker = this.#asked.get(requestId);
    asker?.answered(body);
    this.#asked.delete(requestId);
  }

  /** What was under way when a watch was stopped is passed over. */
  #changeCame(watchId: number, body: MsgpackReader): void {
    const onChange = this.#watches.get(watchId);
    if (onChange !== undefined) tell(onChange, readChange(body));
  }
}

function readEntries(body: MsgpackReader): Entry[] {
  const entries: Entry[] = [];
  for (let left = body.arrayHeader(); left > 0; left--) entries.push(readEntry(body)!);
  return entries;
}

function readOutcome(body: MsgpackReader): SetOutcome {
  if (body.takeNil()) return { isSet: false, entry: readEntry(body) };
  return { isSet: true, revision: body.number() };
}
