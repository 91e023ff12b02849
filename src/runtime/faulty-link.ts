/** Links with faults, on this process's clock. */

import type { Clock } from "../base/clock.ts";
import type { Faults } from "../base/faults.ts";
import { FaultyTransport } from "../wire/faulty-transport.ts";
import type { Transport } from "../wire/transport.ts";

/** `canCut`: the link is to another worker or the driver, and both sides survive its end. */
export function faultyLink(
  transport: Transport,
  faults: Faults,
  clock: Clock,
  canCut: boolean,
): Transport {
  const later = (job: () => void, delayMs: number): void => {
    clock.setTimeout(job, delayMs).unref();
  };
  return new FaultyTransport(transport, { faults, later, canCut });
}
