/** What shipped code may use of this folder, known by name in every process. */

import { ActorPool } from "./actor-pool.ts";
import { Queue } from "./queue.ts";
import { QueueActor } from "./queue-actor.ts";

export const utilities = { ActorPool, Queue, QueueActor };
