import workerpool from "workerpool";
import burn from "../jobs/burn.ts";
import echo from "../jobs/echo.ts";

workerpool.worker({ echo, burn });
