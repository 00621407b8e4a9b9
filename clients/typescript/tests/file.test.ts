import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";

import { fileStorage } from "../src/node.js";
import { StoredReplica } from "../src/store/replica.js";
import type { Storage } from "../src/storage/storage.js";

let folder: string;
let path: string;
let storage: Storage | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "syncline-file-"));
  path = join(folder, "notes.jsonl");
});

afterEach(async () => {
  await storage?.close();
  storage = undefined;
  rmSync(folder, { recursive: true });
});

describe("a storage in a file", () => {
  it("holds all changes before the one that a crash cut off", async () => {
    const notes = await open();
    const lengths: number[] = [];
    for (let n = 0; n < 3; n++) {
      await notes.edit(`note-${n}`, { text: `ü${n}` });
      lengths.push(statSync(path).size);
    }
    await storage!.close();
    const whole = readFileSync(path);
    for (let length = 0; length <= whole.length; length += 41) {
      writeFileSync(path, whole.subarray(0, length));
      const reopened = await open();
      const expected = lengths.filter((end) => end <= length).map((_, n) => `note-${n}`);
      assert.deepEqual(await reopened.waiting(), expected, `cut off after ${length} bytes`);
      await reopened.edit("after", { n: 1 });
      await storage!.close();
      assert.deepEqual(await (await open()).waiting(), [...expected, "after"]);
      await storage!.close();
    }
  });

  it("does not grow without bound", async () => {
    const notes = await open();
    for (let n = 0; n < 1500; n++) await notes.edit("a", { n });
    assert.ok(statSync(path).size < 600_000, `${statSync(path).size} bytes`);
    await storage!.close();
    const reopened = await open();
    assert.deepEqual((await reopened.entries(["a"])).get("a")!.pending!.fields["n"]!.value, 1499);
    assert.ok(statSync(path).size < 2_000, `${statSync(path).size} bytes`);
  });

  it("is for its owner's eyes alone", async () => {
    await open();
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it("is not held by a process that has ended", async () => {
    writeFileSync(`${path}.lock`, "999999999");
    await (await open()).edit("a", { n: 1 });
  });

  it("says why it cannot be opened", async () => {
    writeFileSync(join(folder, "file"), "");
    await assert.rejects(fileStorage(join(folder, "file", "notes.jsonl"))(), { code: "storage" });
  });
});

async function open(): Promise<StoredReplica> {
  storage = await fileStorage(path)();
  return new StoredReplica(storage, { collection: "notes" });
}
