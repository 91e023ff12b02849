/** Who a process is within its runtime. */
export interface Identity {
  /** Unique within the runtime, never used again; the driver that started it is 1. */
  readonly processId: number;
  readonly role: "driver" | "worker";
  readonly sessionId: string;
  /** Proves to peers that this process belongs to the session. */
  readonly token: string;
  readonly pid: number;
}

/** The process that started the runtime. */
export const DRIVER_ID = 1;
/** Decides its own faults under this number; it has no objects and submits nothing. */
export const DAEMON_ID = 0;
