/** Tells the test of `event`, one word or line, before it returns. */
export function announce(path: string, event: string | number): void;
/** Blocks the process until the test gives a permit. */
export function takePermitSync(path: string): void;
/** Waits until the test gives a permit; the event loop goes on. */
export function takePermit(path: string): Promise<void>;
