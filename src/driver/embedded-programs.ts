/**
 * The daemon and the worker as texts, for programs that a bundler has put into one file, with no
 * package beside it. The build fills them in: each is a module of its own, compressed.
 */

/** In base64, compressed by `zlib.brotliCompress`; `undefined` where the package's files are. */
export type EmbeddedPrograms = Readonly<Record<"daemon" | "worker", string>> | undefined;

export const embeddedPrograms = undefined as EmbeddedPrograms;
