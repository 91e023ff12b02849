/** Changes to a source text, given by offsets of the unchanged text. */

export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Precondition: no two edits overlap. Insertions at one place go in the order given. */
export function applyEdits(source: string, edits: readonly Edit[]): string {
  const ordered = [...edits].sort((a, b) => a.start - b.start || a.end - b.end);
  let result = "";
  let position = 0;
  for (const { start, end, text } of ordered) {
    result += source.slice(position, start) + text;
    position = end;
  }
  return result + source.slice(position);
}

/** Spaces in place of `text`; its line breaks stay, so that what follows keeps its line. */
export function blank(text: string): string {
  return text.replace(/[^\n\r\u2028\u2029]/g, " ");
}
