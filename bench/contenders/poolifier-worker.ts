import { ThreadWorker } from "poolifier";
import burn from "../jobs/burn.ts";
import echo from "../jobs/echo.ts";

/** Poolifier may pass no data; the bench always does. */
export default new ThreadWorker<number, number>({
  echo: (input) => echo(input as number),
  burn: (input) => burn(input as number),
});
