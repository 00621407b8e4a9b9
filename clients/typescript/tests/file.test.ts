import assert from "node:assert/strict";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  rmdirSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { type FileHandle, open as openFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it, mock } from "node:test";
import { Worker } from "node:worker_threads";

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

  it("holds all of the scopes that are dropped at once, or none, after a crash", async () => {
    await open();
    const scopes = ["notes", "tasks", "lists"];
    for (const collection of scopes) await new StoredReplica(storage!, { collection }).touch();
    const { size } = statSync(path);
    await storage!.drop(["notes", "tasks"]);
    await storage!.close();
    const whole = readFileSync(path);
    for (let length = size; length <= whole.length; length++) {
      writeFileSync(path, whole.subarray(0, length));
      await open();
      const left = length < whole.length ? scopes : ["lists"];
      assert.deepEqual(await storage!.scopes(), left, `cut off after ${length} bytes`);
      await storage!.close();
    }
  });

  it("is wiped in one step, where there is no room for another as well", async () => {
    await (await open()).edit("a", { n: 1 });
    mkdirSync(`${path}.new`);
    await storage!.wipe();
    assert.equal(statSync(path).size, 0);
    await assert.rejects(new StoredReplica(storage!, { collection: "notes" }).touch(), { code: "closed" });
    await storage!.close();
    await open();
    assert.deepEqual(await storage!.scopes(), []);
  });

  it("takes nothing after it was wiped, though the disk fails to confirm that", async () => {
    await (await open()).edit("a", { n: 1 });
    const file = await openFile(path);
    const sync = mock.method(Object.getPrototypeOf(file) as FileHandle, "sync", () =>
      Promise.reject(new Error("the disk does not answer")),
    );
    await assert.rejects(storage!.wipe(), { code: "storage" }).finally(() => sync.mock.restore());
    await file.close();
    await assert.rejects(new StoredReplica(storage!, { collection: "notes" }).edit("b", { n: 1 }), {
      code: "closed",
    });
    await storage!.close();
    await open();
    assert.deepEqual(await storage!.scopes(), []);
  });

  it("is read as an earlier version wrote it", async () => {
    await open();
    for (const collection of ["notes", "tasks"]) await new StoredReplica(storage!, { collection }).touch();
    await storage!.close();
    appendFileSync(path, `${JSON.stringify({ scope: "notes" })}\n`);
    await open();
    assert.deepEqual(await storage!.scopes(), ["tasks"]);
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

  it("does not grow without bound in bytes either", async () => {
    const notes = await open();
    const text = "ü\u2028".repeat(100_000);
    for (let n = 0; n < 40; n++) await notes.edit("a", { n, text });
    assert.ok(statSync(path).size < 7_000_000, `${statSync(path).size} bytes`);
    await storage!.close();
    const { fields } = (await (await open()).entries(["a"])).get("a")!.pending!;
    assert.deepEqual([fields["n"]!.value, fields["text"]!.value], [39, text]);
  });

  it("holds more than a line can", async () => {
    const notes = await open();
    const text = "x".repeat(400_000);
    for (let n = 0; n < 7; n++) await notes.edit(`note-${n}`, { n, text });
    await storage!.close();
    await open();
    assert.equal(readFileSync(path, "utf8").split("\n").length - 1, 3);
    await storage!.close();
    assert.equal((await (await open()).waiting()).length, 7);
  });

  it("is for its owner's eyes alone", async () => {
    await open();
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it("is held by one user, until it is closed", async () => {
    await open();
    await assert.rejects(fileStorage(path)(), { code: "blocked" });
    await storage!.close();
    await open();
    assert.equal(claims().length, 1);
    await storage!.close();
    assert.deepEqual(readdirSync(folder), ["notes.jsonl"]);
  });

  it("is not held by a process that has ended, whoever has its number now", async () => {
    const [prefix, pid, started, place] = (await claimOfMine()).split("-");
    for (const [other, began] of [
      [999999999, started],
      [pid, "1"],
      [process.ppid, "1"],
    ]) {
      writeFileSync(join(folder, [prefix, other, began, place, "left"].join("-")), "");
    }
    await (await open()).edit("a", { n: 1 });
    assert.equal(claims().length, 1);
  });

  it("is held by a process of another container as long as that says so", async () => {
    const claim = join(folder, `notes.jsonl.lock-${process.pid}-1-elsewhere-0`);
    writeFileSync(claim, "");
    await assert.rejects(fileStorage(path)(), { code: "blocked" });
    const before = new Date(Date.now() - 31_000);
    utimesSync(claim, before, before);
    await open();
    assert.equal(claims().length, 1);
  });

  it("has one user of many that come at once and find what another left behind", async () => {
    const barrier = new Int32Array(new SharedArrayBuffer(8));
    const ended = (await claimOfMine()).replace(String(process.pid), "999999999");
    for (let round = 0; round < 3; round++) {
      barrier.fill(0);
      writeFileSync(join(folder, ended), "");
      const workers = Array.from({ length: 4 }, () => holder({ path, barrier, of: 4 }));
      const held = await Promise.all(workers);
      assert.equal(held.filter(Boolean).length, 1);
      await holder({ path, barrier, of: 0 });
    }
  });

  it("is left alone by whoever has closed it", async () => {
    const notes = await open();
    const closed = storage!;
    for (let n = 0; n < 1100; n++) await notes.edit("a", { n });
    await closed.close();
    await (await open()).edit("b", { n: 1 });
    await assert.rejects(notes.edit("a", { n: 1100 }), { code: "closed" });
    await assert.rejects(closed.wipe(), { code: "closed" });
    await closed.close();
    await assert.rejects(fileStorage(path)(), { code: "blocked" });
    await storage!.close();
    const kept = await open();
    assert.deepEqual(await kept.waiting(), ["a", "b"]);
    assert.equal((await kept.entries(["a"])).get("a")!.pending!.fields["n"]!.value, 1099);
  });

  it("grows where there is no room for another, until there is", async () => {
    const notes = await open();
    // Nothing can be written there.
    mkdirSync(`${path}.new`);
    for (let n = 0; n < 1500; n++) await notes.edit("a", { n });
    rmdirSync(`${path}.new`);
    const { size } = statSync(path);
    for (let n = 1500; n < 3500; n++) await notes.edit("a", { n });
    assert.ok(statSync(path).size < size, `${statSync(path).size} bytes`);
    await storage!.close();
    const reopened = await open();
    assert.equal((await reopened.entries(["a"])).get("a")!.pending!.fields["n"]!.value, 3499);
  });

  it("says why it cannot be opened", async () => {
    writeFileSync(join(folder, "file"), "");
    await assert.rejects(fileStorage(join(folder, "file", "notes.jsonl"))(), { code: "storage" });
  });
});

/** The claims of those who use the file. */
function claims(): string[] {
  return readdirSync(folder).filter((name) => name.startsWith("notes.jsonl.lock-"));
}

/** How a claim of this process looks. */
async function claimOfMine(): Promise<string> {
  await open();
  const [claim] = claims();
  await storage!.close();
  return claim!;
}

/** Tries to hold the file in a thread of its own until all have tried. Returns whether that one did. */
async function holder(workerData: { path: string; barrier: Int32Array; of: number }): Promise<boolean> {
  const worker = new Worker(new URL("holder.js", import.meta.url), { workerData });
  return new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
}

async function open(): Promise<StoredReplica> {
  storage = await fileStorage(path)();
  return new StoredReplica(storage, { collection: "notes" });
}
