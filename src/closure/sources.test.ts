import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { referenceCode } from "./code.ts";
import { checkFile, sourceOf } from "./sources.ts";

const url = import.meta.resolve("apache-arrow");
const manifest = fileURLToPath(new URL("package.json", url));
const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };

test("a module of an installed package goes with its name and version", () => {
  assert.equal(sourceOf(url).package, `apache-arrow ${version}`);
  assert.equal(sourceOf(import.meta.url).package, "");
});

test("another version at the receiver is refused, with both named", () => {
  const path = ["Table"];
  checkFile(referenceCode("import", url, { path, ...sourceOf(url) }));
  const source = { path, package: "apache-arrow 1.2.3" };
  assert.throws(() => checkFile(referenceCode("import", url, source)), {
    name: "SerializationError",
    message:
      `Cannot load Table: the sender has apache-arrow 1.2.3, and ${url} is of ` +
      `apache-arrow ${version}; install the same version on both sides`,
  });
});

test("another text of the same version, or of no package, is refused by its file", () => {
  for (const specifier of [url, import.meta.url]) {
    const source = { ...sourceOf(specifier), sourceHash: "another" };
    assert.throws(() => checkFile(referenceCode("import", specifier, source)), {
      message: new RegExp(`its source in ${specifier} differs from the sender's; restart`),
    });
  }
});
