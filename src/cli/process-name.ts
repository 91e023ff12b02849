/** A process of a session as people know it. Pure. */

import { DRIVER_ID } from "../runtime/identity.ts";
