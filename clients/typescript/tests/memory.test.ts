import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { MemoryStorage } from "../src/index.js";
import { StoredReplica } from "../src/store/replica.js";

describe("a storage in memory", () => {
  it("gives pages in the order of the ids, whatever comes and goes between them", async () => {
    const [storage, notes] = await withNotes(["d", "b", "a", "e"]);
    assert.deepEqual(await idsOf(storage, undefined, 2), ["a", "b"]);
    await notes.edit("c", { n: 1 });
    await notes.delete("d");
    assert.deepEqual(await idsOf(storage, "b", 2), ["c", "e"]);
    assert.deepEqual(await idsOf(storage, "e", 2), []);
    assert.deepEqual(await idsOf(storage, "bb", 1), ["c"]);
  });
});

async function withNotes(ids: readonly string[]): Promise<[MemoryStorage, StoredReplica]> {
  const storage = new MemoryStorage();
  const notes = new StoredReplica(storage, { collection: "notes" });
  for (const id of ids) await notes.edit(id, { n: 1 });
  return [storage, notes];
}

async function idsOf(storage: MemoryStorage, after: string | undefined, limit: number): Promise<string[]> {
  return (await storage.page("notes", after, limit)).map(([id]) => id);
}
