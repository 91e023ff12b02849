/** A session's memory as text for people. Pure. */

import type { Holder } from "./memory-holders.ts";
import type { ObjectReport, ProcessReport, SessionReport, Sums } from "./memory-report.ts";
import { inWords } from "./process-name.ts";
import { counted, table } from "./table.ts";

export function formatSession(report: SessionReport, rowsMax: number): string {
  const { sessionId, driverPid, processes, totals, limitBytes } = report;
  const workers = processes.length - 1;
  const used = `${inBytes(totals.usedBytes)} of ${inBytes(limitBytes)}`;
  return [
    `Session ${sessionId}: driver ${driverPid}, ${counted(workers, "worker")}`,
    `Memory of the store in use: ${used}`,
    "",
    ...objectLines(report, rowsMax),
    ...processLines(report),
    "",
  ].join("\n");
}

function objectLines({ objects, omitted }: SessionReport, rowsMax: number): string[] {
  const shown = objects.slice(0, rowsMax);
  const hidden = objects.slice(rowsMax);
  const hiddenBytes = hidden.reduce((sum, { sizeBytes }) => sum + sizeBytes, omitted.sizeBytes);
  const hiddenCount = hidden.length + omitted.objects;
  const lines: string[] = [];
  if (shown.length > 0) lines.push(objectTable(shown));
  if (hiddenCount > 0) {
    lines.push(`${counted(hiddenCount, "object")} not shown, ${inBytes(hiddenBytes)}`);
  }
  return lines.length === 0 ? ["No objects", ""] : [...lines, ""];
}

function objectTable(objects: readonly ObjectReport[]): string {
  const hasSites = objects.some(({ site }) => site !== null);
  return table(
    ["Object", "Size", "Where", "Owner", "Held by", ...(hasSites ? ["Made at"] : [])],
    objects.map((object) => [
      object.id,
      isSizeKnown(object) ? inBytes(object.sizeBytes) : "",
      whereOf(object),
      inWords(object.owner),
      heldBy(object),
      ...(hasSites ? [object.site ?? ""] : []),
    ]),
  );
}

function isSizeKnown({ state, place, sizeBytes }: ObjectReport): boolean {
  return state !== "pending" && (place !== null || sizeBytes > 0);
}

function whereOf({ state, place, kind }: ObjectReport): string {
  if (state === "pending") return "pending";
  const where = place === "process" ? "in process" : (place ?? "unknown");
  return kind === "value" ? where : `${where} (${kind})`;
}

function heldBy({ holders, state }: ObjectReport): string {
  if (holders.length > 0) return holders.map(holderInWords).join("\n");
  return state === "pending" ? "its task" : "nobody; not collected yet";
}

function holderInWords(holder: Holder): string {
  const process = inWords(holder.process);
  switch (holder.how) {
    case "ref":
      return `${counted(holder.count, "ref")} in ${process}`;
    case "view":
      return `${counted(holder.count, "view")} in ${process}`;
    case "task":
      return holder.worker === null
        ? `task ${holder.task} of ${process}, waiting`
        : `task ${holder.task} on ${inWords(holder.worker)}`;
    case "nested":
      return `inside ${holder.object}`;
    case "function":
      return `function ${holder.function} in ${process}`;
    case "borrowed":
      return `borrowed by ${process}`;
  }
}

function processLines({ processes, totals }: SessionReport): string[] {
  const heads = ["Owner", "Objects", "Memory", "Disk", "In process", "Kept for reuse"];
  const rows = processes.map((process) => [inWords(process), ...sums(process), note(process)]);
  const lines = [table([...heads, ""], [...rows, ["Total", ...sums(totals), ""]])];
  if (processes.some(({ isHeard }) => !isHeard)) {
    lines.push("", "What busy processes alone know is missing; ask again when they are not");
  }
  return lines;
}

function note({ isHeard, usedBytes }: ProcessReport): string {
  return isHeard ? "" : `busy, not heard; holds ${inBytes(usedBytes)}`;
}

function sums({ objects, memoryBytes, diskBytes, processBytes, freeBytes }: Sums): string[] {
  return [String(objects), ...[memoryBytes, diskBytes, processBytes, freeBytes].map(inBytes)];
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** "7.6 MiB" */
export function inBytes(sizeBytes: number): string {
  let [amount, unit] = [sizeBytes, 0];
  while (amount >= 1024 && unit < UNITS.length - 1) {
    amount /= 1024;
    unit++;
  }
  return `${unit === 0 ? amount : amount.toFixed(1)} ${UNITS[unit]}`;
}
