/** Calls and what they wait for, as a graph: what leads where, and where it closes. */

/** The calls at the other ends of a call's edges. */
export type Neighbours = (callId: number) => readonly number[];

/**
 * Groups of calls that all wait for one another, directly or not, and for no other stuck call.
 * Each of them has to be broken for anything in it to go on.
 */
export function knotsOf(stuck: Iterable<number>, targetsOf: Neighbours): number[][] {
  const callIds = [...stuck];
  const waitersOf = inverse(callIds, targetsOf);
  // Of each knot the first call is a root, for only its own calls lead to it. Other roots are
  // led to by roots that come later.
  const knotRoots = rootsOf(rootsOf(callIds, waitersOf).reverse(), waitersOf);
  return knotRoots.map((root) => [...reach([root], targetsOf)]);
}

/** Calls to which none of the calls before them leads. */
function rootsOf(callIds: readonly number[], next: Neighbours): number[] {
  const reached = new Set<number>();
  const roots: number[] = [];
  for (const callId of callIds) {
    if (reached.has(callId)) continue;
    roots.push(callId);
    reach([callId], next, reached);
  }
  return roots;
}

/** Adds the calls and all to which they lead, to `reached`, past which it does not look. */
export function reach(
  from: readonly number[],
  next: Neighbours,
  reached = new Set<number>(),
): Set<number> {
  const fresh = [...from];
  for (const callId of fresh) {
    if (reached.has(callId)) continue;
    reached.add(callId);
    for (const nextId of next(callId)) if (!reached.has(nextId)) fresh.push(nextId);
  }
  return reached;
}

/** The shortest circle. Precondition: the call waits for itself, directly or not. */
export function circleThrough(callId: number, targetsOf: Neighbours): number[] {
  const waiterOf = new Map<number, number>();
  const fresh = [callId];
  for (const waiterId of fresh) {
    for (const targetId of targetsOf(waiterId)) {
      if (waiterOf.has(targetId)) continue;
      waiterOf.set(targetId, waiterId);
      fresh.push(targetId);
    }
  }
  const others: number[] = [];
  for (let id = waiterOf.get(callId)!; id !== callId; id = waiterOf.get(id)!) others.push(id);
  return [callId, ...others.reverse()];
}

/** The edges of the calls, seen from their other ends. */
export function inverse(callIds: Iterable<number>, next: Neighbours): Neighbours {
  const sources = new Map<number, number[]>();
  for (const callId of callIds) {
    for (const nextId of next(callId)) {
      const known = sources.get(nextId);
      if (known === undefined) sources.set(nextId, [callId]);
      else known.push(callId);
    }
  }
  return (callId) => sources.get(callId) ?? [];
}
