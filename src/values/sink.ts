import type { MsgpackWriter } from "../base/msgpack.ts";
import type { Views } from "./views.ts";

/** Where the leaves of a value are written. */
export interface Sink {
  readonly writer: MsgpackWriter;
  /** Made when it is first asked for; a value with `views` has a prelude. */
  readonly views: Views;
}
