import assert from "node:assert/strict";
import { describe, it } from "node:test";

import type { Entry } from "../src/core/replica.js";
import { MemoryStorage } from "../src/index.js";
import { type Kept, StoredReplica } from "../src/store/replica.js";
import { View } from "../src/store/view.js";

describe("a view", () => {
  it("takes over what was written, without reading it", async () => {
    const [view, replica] = await opened();
    await replica.edit("a", { n: 1 });
    const kept = await keptOf(replica);
    replica.storage.read = () => Promise.reject(new Error("it was read"));
    await view.take(kept);
    assert.deepEqual(await contents(view), { a: { n: 1 } });
  });

  it("takes over that a document is gone", async () => {
    const [view, replica] = await opened();
    await replica.edit("a", { n: 1 });
    await view.take(await keptOf(replica));
    await view.take(new Map([["a", undefined]]));
    assert.deepEqual(await contents(view), {});
  });

  it("reads it if it has heard of changes that may be later", async () => {
    const [view, replica] = await opened();
    await replica.edit("a", { n: 1 });
    const old = await keptOf(replica);
    await replica.edit("a", { n: 2 });
    const heard = view.refresh(["a"]);
    await Promise.all([heard, view.take(old)]);
    assert.deepEqual(await contents(view), { a: { n: 2 } });
  });

  it("hears of later changes after it", async () => {
    const [view, replica] = await opened();
    await replica.edit("a", { n: 1 });
    const old = await keptOf(replica);
    await replica.edit("a", { n: 2 });
    const taken = view.take(old);
    await Promise.all([taken, view.refresh(["a"])]);
    assert.deepEqual(await contents(view), { a: { n: 2 } });
  });

  it("takes nothing over that it has read as a whole since", async () => {
    const [view, replica] = await opened();
    await replica.edit("a", { n: 1 });
    const old = await keptOf(replica);
    await replica.edit("a", { n: 2 });
    const taken = view.take(old);
    view.forget();
    const read = contents(view);
    await taken;
    assert.deepEqual([await read, await contents(view)], [{ a: { n: 2 } }, { a: { n: 2 } }]);
  });

  it("shows nothing that was written before it forgot and told of after that", async () => {
    const [view, replica] = await opened();
    await replica.edit("a", { n: 1 });
    const old = await keptOf(replica);
    await replica.storage.drop(["notes"]);
    view.forget();
    await view.documents();
    await view.take(old);
    assert.deepEqual(await contents(view), {});
  });

  it("shows all documents to whoever asked for them before they are read again", async () => {
    const [, replica] = await opened();
    const many = 501;
    for (let n = 0; n < many; n++) await replica.edit(`a${n}`, { n });
    const view = new View(replica);
    const { storage } = replica;
    const page = storage.page.bind(storage);
    storage.page = (scope, after, limit) => {
      if (after === undefined) return page(scope, after, limit);
      storage.page = () => new Promise(() => undefined);
      view.forget();
      void view.documents();
      return page(scope, after, limit);
    };
    assert.equal((await view.documents()).size, many);
  });

  it("shows nothing that it was reading before it read everything again", async () => {
    const [view, replica] = await opened();
    await replica.edit("a", { n: 1 });
    const old = await replica.entries(["a"]);
    let end: (entries: Map<string, Entry>) => void = () => undefined;
    replica.entries = () => new Promise((resolve) => (end = resolve));
    const refreshed = view.refresh(["a"]);
    await new Promise(setImmediate);
    await replica.edit("a", { n: 2 });
    view.forget();
    await view.documents();
    end(old);
    await refreshed;
    assert.deepEqual(await contents(view), { a: { n: 2 } });
  });
});

/** A view that has read everything, and what it shows. */
async function opened(): Promise<[View, StoredReplica]> {
  const replica = new StoredReplica(new MemoryStorage(), { collection: "notes" });
  const view = new View(replica);
  await view.documents();
  return [view, replica];
}

function keptOf(replica: StoredReplica): Promise<Kept> {
  return replica.entries(["a"]);
}

async function contents(view: View): Promise<Record<string, unknown>> {
  return Object.fromEntries([...(await view.documents())].map(([id, { doc }]) => [id, doc]));
}
