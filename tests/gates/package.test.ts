import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Fixture } from "./fixture.ts";

let fixture: Fixture;
before(async () => {
  fixture = new Fixture();
  fixture.copy("tests/package");
  fixture.copy("tests/support");
  await fixture.assertPasses("build");
});
after(() => fixture[Symbol.dispose]());

/** The manifest with some fields replaced. */
function manifest(changes: object): Record<string, string> {
  const own = JSON.parse(readFileSync(join(fixture.path, "package.json"), "utf8"));
  return { "package.json": JSON.stringify({ ...own, ...changes }) };
}

test("package finds what is missing, and what keeps programs from loading it", async () => {
  fixture.write({ "src/index.ts": `export { remote } from "./api/remote.ts";\nawait 0;\n` });
  await fixture.assertPasses("build");
  const rootExport = { default: "./dist/index.js", types: "./dist/index.d.ts" };
  const files = manifest({ files: ["dist/**/*.js"], exports: { ".": rootExport } });
  const output = await fixture.assertFinds(
    "package",
    files,
    /✖ the tarball holds [^]*missing: \[[^\]]*'dist\/index.d.ts'/,
    /✖ publint has nothing to say [^]*exports\["."\].types should be the first/,
    /✖ every resolution mode finds the types [^]*does not contain types/,
    /✖ a CommonJS program runs, by require [^]*ERR_REQUIRE_ASYNC_MODULE/,
    /✖ typescript-5.5 reads the types with module resolution NodeNext [^]*error TS7016/,
    /✖ typescript-7 reads the types with module resolution Bundler [^]*error TS7016/,
  );
  assert.match(output, /✔ an ECMAScript module runs/);
});
