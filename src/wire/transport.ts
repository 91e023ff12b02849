/** A two-way byte stream between two processes; the links are built on it. */
export interface Transport {
  /**
   * Sends `bytes` in order. Returns true when the bytes have left and the caller may write over
   * them; false when the transport keeps them until they are sent.
   */
  write(bytes: Buffer): boolean;
  /** Called once, before any event can come. */
  start(events: TransportEvents): void;
  /** Ends the stream after what was written. Calls `closed` once, later. */
  close(): void;
  /**
   * Nothing more is written. What the other side has written is still read; then it closes, and
   * `closed` is called.
   */
  endWriting(): void;
  /** Whether the stream keeps its process alive. */
  setReferenced(referenced: boolean): void;
}

export interface TransportEvents {
  /** `chunk` is the receiver's own from now on. */
  readonly data: (chunk: Buffer) => void;
  /** The stream is over, for whatever reason; nothing follows. */
  readonly closed: (cause: Error | undefined) => void;
}
