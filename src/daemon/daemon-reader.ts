/** Reads the parts of messages to the daemon; see `wire/messages.ts`. */

import type { MsgpackReader } from "../base/msgpack.ts";
import type { Wish } from "../core/leases.ts";
import { demandOf, UNITS_PER_ONE } from "../core/resources.ts";

export function readWish(submitterId: number, body: MsgpackReader): Wish {
  const classId = body.number();
  const amounts: Record<string, number> = {};
  for (let left = body.arrayHeader(); left > 0; left--) {
    body.arrayHeader();
    amounts[body.string()] = body.number() / UNITS_PER_ONE;
  }
  const environment = body.string();
  const priority = body.number();
  const isLong = body.boolean();
  const wanted = body.number();
  const isDedicated = body.boolean();
  const isRetriable = body.boolean();
  const kind = { priority, isLong, isDedicated, isRetriable };
  return { submitterId, classId, demand: demandOf(amounts), environment, ...kind, wanted };
}

export function readVariables(body: MsgpackReader): Record<string, string> {
  const variables: Record<string, string> = {};
  for (let left = body.mapHeader(); left > 0; left--) variables[body.string()] = body.string();
  return variables;
}
