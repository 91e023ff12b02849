/** What the daemon does about actors: those whose owner's process has ended are dead. */

import type { EmbeddedControl } from "../control/embedded.ts";
import { endFor } from "../runtime/actor-end.ts";
import { ACTORS_PREFIX, nameEntryKey, type ActorRecord } from "../runtime/actor-record.ts";

export function endActorsOf(ownerId: number, control: EmbeddedControl): void {
  for (const { key, revision, value } of control.entries(ACTORS_PREFIX)) {
    const record = value as ActorRecord;
    if (record.ownerId !== ownerId || record.state === "dead") continue;
    const end = endFor("the process that created it has ended");
    control.set(key, revision, { ...record, state: "dead", workerId: undefined, end });
    if (record.name !== undefined) freeName(record, control);
  }
}

/** Unless somebody else has it by now. */
function freeName({ key, namespace, name }: ActorRecord, control: EmbeddedControl): void {
  const entry = control.find(nameEntryKey(namespace, name!));
  if (entry !== undefined && entry.value === key) control.set(entry.key, entry.revision, undefined);
}
