/** A Next.js server, built for production: a route handler calls the functions. */

import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Ending } from "../closure/programs.ts";
import { link } from "./nodes.ts";
import { succeed } from "../support/succeed.ts";

export const nextEnding: Ending = {
  head:
    'import * as mobula from "mobula";\n' +
    'import { markEntry, run } from "./kit.mjs";\nmarkEntry();\n',
  use: "  await run(subjects, mobula);\n",
  call: "export { main };\n",
};

/** `main`: the program. */
export const nextFiles = (main: string): Record<string, string> => ({
  // The packages it uses lie elsewhere, behind links.
  "next.config.mjs":
    'const turbopack = { root: "/" };\n' +
    'export default { serverExternalPackages: ["mobula"], turbopack };\n',
  "app/grid/route.js":
    `import { main } from "../../${main}";\nexport const dynamic = "force-dynamic";\n` +
    'export async function GET() {\n  await main();\n  return new Response("done");\n}\n',
  "serve.mjs":
    'import { createServer } from "node:http";\nimport next from "next";\n' +
    "const app = next({ dev: false, dir: import.meta.dirname });\nawait app.prepare();\n" +
    "const server = createServer(app.getRequestHandler());\n" +
    'await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));\n' +
    "const response = await fetch(`http://127.0.0.1:${server.address().port}/grid`);\n" +
    "process.exit(response.ok ? 0 : 1);\n",
});

/** Gives what serves the program and asks for it once. */
export function buildNext(major: number): (entry: string) => Promise<string> {
  return async (entry) => {
    const folder = dirname(entry);
    await link(folder, `next-${major}`, [`next@${major}`, "react@19", "react-dom@19"]);
    const bin = join(folder, "node_modules/next/dist/bin/next");
    writeFileSync(join(folder, "package-lock.json"), "{}");
    await succeed(process.execPath, [bin, "build", folder], folder);
    return join(folder, "serve.mjs");
  };
}
