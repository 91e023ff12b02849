/**
 * The first `count` items that are ready, and all others, both in the order given.
 *
 * Hot path: programs call `wait` in a loop over what is left. Nothing is looked at behind the
 * last item that is needed, and the only list that is made is the one given back.
 */
export function splitReady<T>(
  items: readonly T[],
  count: number,
  isReady: (item: T) => boolean,
): { ready: T[]; pending: T[] } {
  const ready: T[] = [];
  for (let index = 0; index < items.length && ready.length < count; index++) {
    const item = items[index]!;
    if (isReady(item)) ready.push(item);
  }
  const pending = items.slice(ready.length);
  // What lies behind the last ready one is in its place already.
  for (let index = 0, taken = 0; taken < ready.length; index++) {
    if (items[index] === ready[taken]) taken++;
    else pending[index - taken] = items[index]!;
  }
  return { ready, pending };
}
