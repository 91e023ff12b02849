/** The control plane of one machine: entries in the memory of the daemon. */

import type { ControlPlane, Entry, OnChange, PlainValue, SetOutcome } from "./control-plane.ts";
import { checkControlLimits, decodeControlValue, encodeControlValue } from "./control-values.ts";
import { tell } from "./tell.ts";

/** As bytes, so that nobody holds what is stored. */
interface Stored {
  readonly revision: number;
  readonly bytes: Buffer;
}

interface Watcher {
  readonly prefix: string;
  readonly onChange: OnChange;
}

interface Telling {
  readonly watchers: readonly Watcher[];
  readonly key: string;
  readonly revision: number;
  /** Undefined: deleted. */
  readonly bytes: Buffer | undefined;
}

/**
 * The synchronous methods are for the daemon: they do at once what their namesakes of ControlPlane
 * do a moment later, and watchers are called before they return. Without limits: these hold for
 * who asks, not for who stores.
 */
export class EmbeddedControl implements ControlPlane {
  readonly #stored = new Map<string, Stored>();
  readonly #watchers = new Set<Watcher>();
  /** In order. While it is not empty, somebody further up the stack tells. */
  readonly #untold: Telling[] = [];
  #revision = 0;

  get(key: string): Promise<Entry | undefined> {
    return later(() => this.find(key));
  }

  list(prefix: string): Promise<Entry[]> {
    return later(() => this.entries(prefix));
  }

  async compareAndSet(
    key: string,
    expectedRevision: number,
    value: PlainValue | undefined,
  ): Promise<SetOutcome> {
    const bytes = value === undefined ? undefined : encodeControlValue(value);
    checkControlLimits(key, bytes?.length ?? 0);
    return later(() => this.#change(key, expectedRevision, bytes));
  }

  watch(prefix: string, onChange: OnChange): () => void {
    let isStopped = false;
    let unfollow = (): void => undefined;
    queueMicrotask(() => {
      unfollow = this.follow(prefix, (change) => {
        if (!isStopped) onChange(change);
      });
      // Before it began, or by what it was told first.
      if (isStopped) unfollow();
    });
    return () => {
      isStopped = true;
      unfollow();
    };
  }

  /** As `get`, at once. */
  find(key: string): Entry | undefined {
    const stored = this.#stored.get(key);
    return stored && entryOf(key, stored);
  }

  /** As `list`, at once and all of the same moment. */
  entries(prefix: string): Entry[] {
    return this.#keys(prefix).map((key) => entryOf(key, this.#stored.get(key)!));
  }

  /** As `compareAndSet`, at once; throws what that would reject with. */
  set(key: string, expectedRevision: number, value: PlainValue | undefined): SetOutcome {
    const bytes = value === undefined ? undefined : encodeControlValue(value);
    return this.#change(key, expectedRevision, bytes);
  }

  /**
   * As `watch`, at once. It is told of every change, in the order of revisions over all keys; of a
   * change made by a watcher after the change that this one was told of.
   */
  follow(prefix: string, onChange: OnChange): () => void {
    const watcher = { prefix, onChange };
    this.#watchers.add(watcher);
    const keys = this.#keys(prefix);
    this.#tell(keys.map((key) => ({ watchers: [watcher], key, ...this.#stored.get(key)! })));
    return () => void this.#watchers.delete(watcher);
  }

  #keys(prefix: string): string[] {
    return [...this.#stored.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  #change(key: string, expectedRevision: number, bytes: Buffer | undefined): SetOutcome {
    const stored = this.#stored.get(key);
    if ((stored?.revision ?? 0) !== expectedRevision) {
      return { isSet: false, entry: stored && entryOf(key, stored) };
    }
    if (stored === undefined && bytes === undefined) return { isSet: true, revision: 0 };
    const revision = ++this.#revision;
    if (bytes === undefined) this.#stored.delete(key);
    else this.#stored.set(key, { revision, bytes });
    const watchers = [...this.#watchers].filter(({ prefix }) => key.startsWith(prefix));
    this.#tell([{ watchers, key, revision, bytes }]);
    return { isSet: true, revision };
  }

  /** A change that a watcher makes is told when all have been told of the one before. */
  #tell(tellings: readonly Telling[]): void {
    const isTelling = this.#untold.length > 0;
    this.#untold.push(...tellings);
    if (isTelling) return;
    for (const { watchers, key, revision, bytes } of this.#untold) {
      for (const watcher of watchers) {
        if (!this.#watchers.has(watcher)) continue;
        const value = bytes && decodeControlValue(bytes);
        tell(watcher.onChange, { key, revision, value });
      }
    }
    this.#untold.length = 0;
  }
}

/** All that is asked for waits as long, so that it is done in order. */
function later<T>(job: () => T): Promise<T> {
  return Promise.resolve().then(job);
}

function entryOf(key: string, { revision, bytes }: Stored): Entry {
  return { key, revision, value: decodeControlValue(bytes) };
}
