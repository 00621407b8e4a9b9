import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";

import { SyncClient, type SyncRequest } from "../src/index.js";
import { TestServer } from "./server.js";

const guide = readFileSync(new URL("../../../../docs/client-integration.md", import.meta.url), "utf8");

let server: TestServer;

before(async () => {
  server = await TestServer.start();
});

after(() => server.remove());

describe("the guide", () => {
  it("has a loop for the core alone that works as it is written", async () => {
    const blocks = guide.split("```").filter((block) => block.startsWith("js\n"));
    const [, code] = /^js\nimport [^\n]*\n(.*)$/s.exec(
      blocks.find((block) => block.includes("async function sync()"))!,
    )!;
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
});
