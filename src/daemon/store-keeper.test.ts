import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { storeFilesIn } from "./store-files.ts";
import { StoreKeeper } from "./store-keeper.ts";

test("a process that ends while it moves an object to disk leaves no part of it", () => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "mobula-keeper-"));
  try {
    const keeper = new StoreKeeper(
      storeFilesIn({ memoryDirectory: directory, diskDirectory: directory }),
      1,
    );
    keeper.takeSlot(2);
    for (const name of ["2-00ff", "2-00ff.part", "2-aa.part", "1-00ff.part"]) {
      fs.writeFileSync(path.join(directory, name), "");
    }
    keeper.taken("2-aa", 1, 1);
    keeper.processGone(2, []);
    // What the driver has taken, and is moving, stays.
    assert.deepEqual(fs.readdirSync(directory).sort(), ["1-00ff.part", "2-aa.part", "usage"]);
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
});
