/** Many calls and waits may obey one signal: it gets one listener, and none once all are over. */

type Follower = (reason: unknown) => void;

interface Followers {
  readonly all: Set<Follower>;
  readonly stop: () => void;
}

const followersOf = new WeakMap<AbortSignal, Followers>();

/**
 * Calls `follower` when the signal aborts, until the returned function is called. Precondition: it
 * has not aborted.
 */
export function follow(signal: AbortSignal, follower: Follower): () => void {
  const followers = followersOf.get(signal) ?? listen(signal);
  followers.all.add(follower);
  return () => {
    if (!followers.all.delete(follower) || followers.all.size > 0) return;
    followers.stop();
    // Others may have begun anew meanwhile, if it has aborted.
    if (followersOf.get(signal) === followers) followersOf.delete(signal);
  };
}

function listen(signal: AbortSignal): Followers {
  const all = new Set<Follower>();
  const abort = (): void => {
    followersOf.delete(signal);
    for (const follower of [...all]) follower(signal.reason);
  };
  signal.addEventListener("abort", abort, { once: true });
  const followers = { all, stop: () => signal.removeEventListener("abort", abort) };
  followersOf.set(signal, followers);
  return followers;
}
