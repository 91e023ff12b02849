/** Writes the daemon's messages; see `wire/messages.ts`. */

import type { Lease } from "../core/leases.ts";
import type { MemoryShortage } from "../core/memory-watch.ts";
import type { Shortage } from "../core/resources.ts";
import type { Link } from "../wire/link.ts";
import { writePlain } from "../values/plain-data.ts";
import { Kind } from "../wire/messages.ts";
import type { WorkerExit, WorkerHandle } from "./worker-handle.ts";

export class DaemonWriter {
  welcome(link: Link): void {
    link.begin(Kind.welcome).arrayHeader(0);
    link.end();
  }

  grant(link: Link, lease: Lease): void {
    const body = link.begin(Kind.grant);
    body.arrayHeader(3);
    body.integer(lease.leaseId);
    body.integer(lease.workerId);
    body.integer(lease.classId);
    link.end();
  }

  reject(link: Link, classId: number, message: string, shortage: Shortage | undefined): void {
    const body = link.begin(Kind.reject);
    body.arrayHeader(shortage === undefined ? 3 : 5);
    body.integer(classId);
    body.string(message.toWellFormed());
    if (shortage === undefined) body.nil();
    else {
      body.string(shortage.resource);
      body.number(shortage.requested);
      body.number(shortage.total);
    }
    link.end();
  }

  reclaim(link: Link, leaseId: number): void {
    const body = link.begin(Kind.reclaim);
    body.arrayHeader(1);
    body.integer(leaseId);
    link.end();
  }

  spill(link: Link): void {
    link.begin(Kind.spill).arrayHeader(0);
    link.end();
  }

  retire(link: Link): void {
    link.begin(Kind.retire).arrayHeader(0);
    link.end();
  }

  breakCircle(link: Link, callId: number, names: readonly string[]): void {
    const body = link.begin(Kind.breakCircle);
    body.arrayHeader(2);
    body.integer(callId);
    body.arrayHeader(names.length);
    for (const name of names) body.string(name.toWellFormed());
    link.end();
  }

  notice(link: Link, text: string): void {
    const body = link.begin(Kind.notice);
    body.arrayHeader(1);
    body.string(text);
    link.end();
  }

  workerStarted(link: Link, pid: number): void {
    const body = link.begin(Kind.workerStarted);
    body.arrayHeader(1);
    body.integer(pid);
    link.end();
  }

  output(link: Link, stream: 1 | 2, name: string, pid: number, text: string): void {
    const body = link.begin(Kind.output);
    body.arrayHeader(4);
    body.integer(stream);
    body.string(name);
    body.integer(pid);
    body.string(text.toWellFormed());
    link.end();
  }

  exited(
    link: Link,
    worker: {
      readonly workerId: number;
      readonly handle: WorkerHandle;
      readonly reason: string | undefined;
      readonly shortage: MemoryShortage | undefined;
    },
    exit: WorkerExit,
  ): void {
    const body = link.begin(Kind.exited);
    body.arrayHeader(8);
    body.integer(worker.workerId);
    body.integer(worker.handle.pid);
    if (exit.exitCode === undefined) body.nil();
    else body.integer(exit.exitCode);
    if (exit.signal === undefined) body.nil();
    else body.string(exit.signal);
    if (exit.residentBytes === undefined) body.nil();
    else body.integer(exit.residentBytes);
    body.arrayHeader(exit.stderrTail.length);
    for (const line of exit.stderrTail) body.string(line.toWellFormed());
    if (worker.reason === undefined) body.nil();
    else body.string(worker.reason);
    if (worker.shortage === undefined) body.nil();
    else writePlain(body, worker.shortage, "shortage");
    link.end();
  }

  resources(
    link: Link,
    requestId: number,
    total: Readonly<Record<string, number>>,
    available: Readonly<Record<string, number>>,
  ): void {
    const body = link.begin(Kind.resources);
    body.arrayHeader(3);
    body.integer(requestId);
    for (const amounts of [total, available]) {
      const entries = Object.entries(amounts);
      body.mapHeader(entries.length);
      for (const [resource, amount] of entries) {
        body.string(resource);
        body.number(amount);
      }
    }
    link.end();
  }
}
