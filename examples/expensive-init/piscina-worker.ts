/** The worker file: what a pool's function loads is gone when it returns. */
import { loadAndClassify } from "./classifier.ts";

export default loadAndClassify;
