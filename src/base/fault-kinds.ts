/**
 * What can be made to go wrong on purpose, and where: the names that `MOBULA_FAULTS`, the option
 * `faults` and the simulator know. docs/guide/faults.md says more of each.
 */

export const FAULT_KINDS = {
  "worker-kill": "the worker is killed as a task begins in it",
  "reply-lost": "the worker is killed when a task's body has ended, before its reply leaves",
  "actor-kill": "the actor's process is killed as a call, or the constructor, begins in it",
  "actor-reply-lost":
    "the actor's process is killed when a call has ended, before its reply leaves",
  "worker-freeze": "a busy worker is stopped for a moment",
  "spawn-fail": "a new worker ends before it is ready",
  "daemon-kill": "the daemon is killed as a message of the program comes to it",
  "message-delay": "what comes from another process is looked at some milliseconds later",
  "link-cut": "the link of two processes ends between two bytes of what comes over it",
  "store-full": "a value finds no room in memory, and goes to disk",
  "result-lost": "the file of a stored result is gone when the result comes",
} as const;

export type FaultKind = keyof typeof FAULT_KINDS;

export const FAULT_NAMES = Object.keys(FAULT_KINDS) as readonly FaultKind[];

export function isFaultKind(name: string): name is FaultKind {
  return Object.hasOwn(FAULT_KINDS, name);
}
