/** What is left in a runtime in which nothing is under way any more, and nothing is held. */

import type { ResourcesAnswer } from "../runtime/daemon-link.ts";
import { objectName } from "../runtime/object-record.ts";
import type { Inhabitant } from "./simulated-backend.ts";
import type { SimulatedFiles } from "./simulated-files.ts";

export function findLeaks(
  inhabitants: Iterable<Inhabitant>,
  files: SimulatedFiles,
  { total, available }: ResourcesAnswer,
): string[] {
  const leaks: string[] = [];
  for (const { process, runtime } of inhabitants) {
    if (process.isDead || runtime === undefined) continue;
    const { calls, submitter, objects, segments } = runtime;
    const counts = {
      calls: calls.pending,
      tasks: submitter.tasks.pending,
      ...objects.ownership.counts(),
      segments: [...segments.all()].length,
    };
    for (const key of objects.ownership.ownedKeys()) {
      const borrowers = objects.ownership.borrowersOf(key).join(" and ");
      leaks.push(`object ${objectName(key)} of ${process.name} is lent to ${borrowers}`);
    }
    for (const [what, count] of Object.entries(counts)) {
      if (count !== 0) leaks.push(`${count} ${what} in ${process.name}`);
    }
  }
  for (const name of files.names()) leaks.push(`file ${name}`);
  for (const [resource, amount] of Object.entries(total)) {
    if (available[resource] !== amount) {
      leaks.push(`${amount - (available[resource] ?? 0)} of ${amount} ${resource} leased`);
    }
  }
  return leaks;
}
