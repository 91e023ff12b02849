export interface DecodeContext {
  /** The large binary parts, in order. Decoded typed arrays may look at them in place. */
  readonly buffers: readonly Buffer[];
  /** Builds the object of an extension of `type` from its head. */
  readonly create: (type: number, head: unknown) => object;
  /** Completes what `create` gave. The body may point back at it. */
  readonly fill: (type: number, created: object, body: unknown) => void;
}
