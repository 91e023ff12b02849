/** What workers write, put together to lines: tasks write in pieces, pipes deliver in pieces. */

export type Stream = 1 | 2;

/** Prints whole lines, each with its end. */
export type Print = (stream: Stream, lines: string) => void;

/** What is longer without an end is printed as it is. */
const LINE_CHARS_MAX = 64 * 1024;

interface Unfinished {
  readonly stream: Stream;
  readonly prefix: string;
  readonly pid: number;
  readonly text: string;
}

export class OutputLines {
  readonly #print: Print;
  readonly #unfinished = new Map<string, Unfinished>();

  constructor(print: Print) {
    this.#print = print;
  }

  /** `name`: who in the process writes. */
  add(stream: Stream, name: string, pid: number, text: string): void {
    const prefix = `(${name} pid=${pid}) `;
    const key = `${stream} ${prefix}`;
    const before = this.#unfinished.get(key)?.text ?? "";
    const end = text.lastIndexOf("\n") + 1;
    const rest = end === 0 ? before + text : text.slice(end);
    if (end > 0) this.#printLines(stream, prefix, before + text.slice(0, end));
    if (rest.length > LINE_CHARS_MAX) this.#printLines(stream, prefix, `${rest}\n`);
    else if (rest !== "") {
      this.#unfinished.set(key, { stream, prefix, pid, text: rest });
      return;
    }
    this.#unfinished.delete(key);
  }

  /** The process has ended: what it has begun stays as it is. */
  processGone(pid: number): void {
    this.#finish((unfinished) => unfinished.pid === pid);
  }

  end(): void {
    this.#finish(() => true);
  }

  #finish(isMeant: (unfinished: Unfinished) => boolean): void {
    for (const [key, unfinished] of this.#unfinished) {
      if (!isMeant(unfinished)) continue;
      this.#unfinished.delete(key);
      this.#printLines(unfinished.stream, unfinished.prefix, `${unfinished.text}\n`);
    }
  }

  /** Precondition: `lines` ends with a line break. */
  #printLines(stream: Stream, prefix: string, lines: string): void {
    const text = lines.slice(0, -1).replaceAll("\n", () => `\n${prefix}`);
    this.#print(stream, `${prefix}${text}\n`);
  }
}
