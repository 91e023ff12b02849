/** Functions on actors: `kill`. */

import { clientFor } from "./actor-handle.ts";
import type { AnyActorHandle } from "./actor-types.ts";

/**
 * Ends an actor at once, whatever it is doing, and does not restart it: its pending calls fail
 * with ActorDiedError. Resolves when its process is gone. To let it finish, dispose of its handle.
 */
export function kill(actor: AnyActorHandle): Promise<void> {
  const client = clientFor(actor, "kill");
  return client.runtime.actors.kill(client);
}
