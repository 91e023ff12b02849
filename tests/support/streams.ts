/** Reading streams to their ends. */

export async function collected<T>(elements: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const element of elements) all.push(element);
  return all;
}

/** Reads to the end; what came, and what it ended with. */
export async function outcomeOf<T>(
  elements: AsyncIterable<T>,
): Promise<{ all: T[]; error: Error | undefined }> {
  const all: T[] = [];
  try {
    for await (const element of elements) all.push(element);
    return { all, error: undefined };
  } catch (error) {
    return { all, error: error as Error };
  }
}

/** The elements that an iterator has not given yet. */
export function restOf<T>(iterator: AsyncIterator<T>): AsyncIterable<T> {
  return { [Symbol.asyncIterator]: () => iterator };
}

/** What `next` gives after the end. */
export const done = { done: true, value: undefined };

export const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
