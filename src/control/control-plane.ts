/**
 * The control plane: a small store of entries that all processes of a session read, change and
 * watch. Names of actors and records of actors are in it; values of users are not. On one machine
 * it lies in the daemon (`embedded.ts`). Every implementation passes `conformance.ts`.
 */

/**
 * What an entry holds. Object types that are declared with `type` fit it, interfaces do not. What
 * was set is a copy, and so is what is read. Binary has no place here: it belongs to the store.
 */
export type PlainValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly PlainValue[]
  | { readonly [key: string]: PlainValue | undefined };

export interface Entry {
  readonly key: string;
  readonly revision: number;
  readonly value: PlainValue;
}

/** `value` undefined: the entry was deleted by the change of this revision. */
export interface Change {
  readonly key: string;
  readonly revision: number;
  readonly value: PlainValue | undefined;
}

export type SetOutcome =
  | { readonly isSet: true; readonly revision: number }
  /** `entry` is what was found instead of what was expected. */
  | { readonly isSet: false; readonly entry: Entry | undefined };

/**
 * **Keys** are strings of any characters, the empty one included; a prefix is compared unit by
 * unit, and nothing in it has a meaning of its own. Keys are sorted by their UTF-16 units.
 *
 * **Revisions** are positive integers. Each change, a deletion too, gets a larger one than all
 * changes before it, whatever their keys; none is given twice, and some may be left out. So who
 * knows an entry's revision is told by `compareAndSet` of any change since, also if the entry was
 * deleted and made again.
 *
 * **Order.** Changes happen one after the other. A read sees every change that was answered,
 * whoever made it, before the read was asked for. What one process asks for is done in order.
 *
 * **Time.** Watchers are called between other code, never during a call of these methods.
 *
 * **End.** When the connection to the store ends, what is not answered is rejected with the error
 * that ended it, and so is all that is asked for later; whether an unanswered change was made
 * remains unknown. Watches fall silent. Whoever has to know of the end learns it elsewhere.
 */
export interface ControlPlane {
  get(key: string): Promise<Entry | undefined>;

  /**
   * The entries whose key begins with `prefix`, sorted by key. Each is as it was at some moment of
   * the call, not all of them at the same one.
   */
  list(prefix: string): Promise<Entry[]>;

  /**
   * Sets the entry if its revision is `expectedRevision` (0: there is no such entry); a `value` of
   * undefined deletes it. What is not there and is deleted changes nothing: `isSet` with revision
   * 0. Rejects, and changes nothing, with SerializationError when the value is no plain data, or
   * key or value are longer than CONTROL_KEY_CHARS_MAX and CONTROL_VALUE_BYTES_MAX.
   */
  compareAndSet(
    key: string,
    expectedRevision: number,
    value: PlainValue | undefined,
  ): Promise<SetOutcome>;

  /**
   * Calls `onChange` for each entry whose key begins with `prefix`, as it is when the watch begins,
   * and then for each change of such entries. For each key revisions only grow. A state that
   * was overwritten meanwhile may be left out, the last one never is; so a deletion may be told of
   * a key that was never told before.
   *
   * When `compareAndSet` is answered, the watches that were begun before it on the same
   * ControlPlane have been told of that change, or of a later one of its key.
   *
   * Returns what stops it: nothing is told after that call. To stop twice does nothing. What
   * `onChange` throws is thrown as an uncaught exception; the watch goes on.
   */
  watch(prefix: string, onChange: OnChange): () => void;
}

export type OnChange = (change: Change) => void;

/** Of a key. Brokers of messages take keys as subjects, of which they allow a few KiB. */
export const CONTROL_KEY_CHARS_MAX = 512;
/** Of a value, encoded. Brokers of messages take 1 MiB by default, headers included. */
export const CONTROL_VALUE_BYTES_MAX = 1000 * 1024;
