/** Many tasks may have one signal: it gets one listener, however many follow it. */

type Follower = (reason: unknown) => void;

export class SignalFollowers {
  readonly #followers = new WeakMap<AbortSignal, Set<Follower>>();

  /** Calls `follower` when the signal aborts, until the returned function is called. */
  follow(signal: AbortSignal, follower: Follower): () => void {
    const followers = this.#followers.get(signal) ?? this.#listen(signal);
    followers.add(follower);
    return () => followers.delete(follower);
  }

  #listen(signal: AbortSignal): Set<Follower> {
    const followers = new Set<Follower>();
    this.#followers.set(signal, followers);
    const abort = (): void => {
      for (const follower of [...followers]) follower(signal.reason);
    };
    signal.addEventListener("abort", abort, { once: true });
    return followers;
  }
}
