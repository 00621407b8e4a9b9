import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";

import { type Conflict, SyncClient, type SyncRequest } from "../src/index.js";
import { eventually } from "./eventually.js";
import { Script, clock } from "./script.js";
import { TestServer } from "./server.js";
import { openStore } from "./stores.js";

const guide = readFileSync(new URL("../../../../docs/client-integration.md", import.meta.url), "utf8");

let server: TestServer;

before(async () => {
  server = await TestServer.start();
});

after(() => server.remove());

describe("the guide", () => {
  it("has a loop for the core alone that works as it is written", async () => {
    const [, code] = /^import [^\n]*\n(.*)$/s.exec(sampleWith("async function sync()"))!;
    const run = new Function(
      "SyncClient",
      "load",
      "save",
      "url",
      "token",
      "fetch",
      `${code}; return sync().then(() => client);`,
    ) as (...given: unknown[]) => Promise<SyncClient>;
    const kept: unknown[] = [];
    const save = (snapshot: unknown) => kept.push(JSON.parse(JSON.stringify(snapshot)));
    const token = server.token("ada");
    const send: typeof fetch = (url, request) => {
      const { changes } = JSON.parse(request!.body as string) as SyncRequest;
      const restored = SyncClient.fromSnapshot(kept.at(-1) as never)!;
      assert.deepEqual(restored.getRequest("tasks").changes, changes, "what is sent was saved before");
      return fetch(url, request);
    };
    const client = await run(SyncClient, () => null, save, server.url, token, send);
    assert.deepEqual([client.pending(), client.rejected()], [[], []]);
    const other = await run(SyncClient, () => kept.at(-1), save, server.url, token, send);
    assert.deepEqual(other.get("task-1"), { title: "Buy milk", done: false });
    assert.equal(other.nodeId, client.nodeId);
  });

  it("leads from a conflict and a rejection to the document, also to one of an organisation and of others", async () => {
    const script = new Script();
    const store = await openStore({
      url: "http://sync.example",
      app: "todo",
      token: "",
      user: "ada",
      pollInterval: Infinity,
      fetch: script.fetch,
    });
    const told: unknown[][] = [];
    const tell = (...given: unknown[]) => void told.push(given);
    new Function("store", "offerToRestore", sampleWith('store.on("conflict"'))(store, tell);
    new Function("store", "showProblem", sampleWith('store.on("rejected"'))(store, tell);
    const document = { key: "task-1", owner: "grace" };
    const conflict = {
      ...document,
      field: "title",
      winner: "local",
      localValue: "June",
      remoteValue: "July",
    };
    script.answers.push(
      { accepted: [{ ...document, rev: clock(900) }], conflicts: [conflict as Conflict] },
      { rejected: [{ ...document, code: "bad_request", error: "No." }] },
    );
    const tasks = store.collection("tasks", { org: "acme" });
    await tasks.set(document, { title: "June" });
    await store.sync();
    await tasks.set(document, { title: "May" });
    await store.sync();
    await eventually(() => told.length === 2, "both are told");
    const [[collection, ...restored], mended] = told as [unknown[], unknown[]];
    assert.equal(collection, tasks);
    assert.deepEqual(restored, [document, "title", "July"]);
    assert.deepEqual(mended, [document, "No.", undefined]);
  });
});

/** The guide's sample that has `part` in it. */
function sampleWith(part: string): string {
  const samples = guide.split("```").filter((block) => block.startsWith("js\n"));
  return samples.find((sample) => sample.includes(part))!.slice("js\n".length);
}
