import type { Extended } from "../values/encode.ts";
import type { Incoming } from "./incoming.ts";
import type { Outgoing } from "./outgoing.ts";

export class Instances {
  constructor(_outgoing: Outgoing, _incoming: Incoming) {}
  extend(_value: object): Extended | undefined {
    return undefined;
  }
  create(_head: unknown): object {
    return {};
  }
  fill(_created: object, _body: unknown): void {}
}
