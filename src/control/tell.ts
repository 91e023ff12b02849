import type { Change, OnChange } from "./control-plane.ts";

/**
 * Calls a watcher. What it throws is a fault of the program, and surfaces as one: it must reach
 * neither who made the change, nor the link that brought it, nor keep it from other watchers.
 */
export function tell(onChange: OnChange, change: Change): void {
  try {
    onChange(change);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
