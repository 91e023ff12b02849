/** A Next.js server, built for production: a route handler calls the functions. */

import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Ending } from "../closure/programs.ts";
import { provide } from "./nodes.ts";
import { succeed } from "./project.ts";

const PACKAGES = ["next@15", "react@19", "react-dom@19"];

export const nextEnding: Ending = {
  head:
    'import * as mobula from "mobula";\n' +
    'import { markEntry, run } from "./kit.mjs";\nmarkEntry();\n',
  use: "  await run(subjects, mobula);\n",
  call: "export { main };\n",
};

export const nextFiles = {
  "next.config.mjs": 'export default { serverExternalPackages: ["mobula"] };\n',
  "app/grid/route.js":
    'import { main } from "../../main.mjs";\nexport const dynamic = "force-dynamic";\n' +
    'export async function GET() {\n  await main();\n  return new Response("done");\n}\n',
  "serve.mjs":
    'import { createServer } from "node:http";\nimport next from "next";\n' +
    "const app = next({ dev: false, dir: import.meta.dirname });\nawait app.prepare();\n" +
    "const server = createServer(app.getRequestHandler());\n" +
    'await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));\n' +
    "const response = await fetch(`http://127.0.0.1:${server.address().port}/grid`);\n" +
    "process.exit(response.ok ? 0 : 1);\n",
};

/** Gives what serves the program and asks for it once. */
export async function buildNext(entry: string): Promise<string> {
  const folder = dirname(entry);
  const installed = join(await provide("next", PACKAGES), "node_modules");
  mkdirSync(join(folder, "node_modules"));
  for (const name of ["next", "react", "react-dom"]) {
    symlinkSync(join(installed, name), join(folder, "node_modules", name));
  }
  const bin = join(installed, "next/dist/bin/next");
  writeFileSync(join(folder, "package-lock.json"), "{}");
  await succeed(process.execPath, [bin, "build", folder], folder);
  return join(folder, "serve.mjs");
}
