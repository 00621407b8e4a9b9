import assert from "node:assert/strict";
import { after, before, it } from "node:test";

import { TestServer } from "./server.js";
import { soak } from "./soak.js";

let server: TestServer;

before(async () => {
  server = await TestServer.start();
});

after(() => server.remove());

it("three devices end equal to the server after outages, lost answers and restarts", async () => {
  const seed = Date.now() % 1_000_000;
  const report = await soak(server, { seconds: 5, seed });
  assert.ok(report.edits > 20 && report.documents > 0, `seed ${seed}: ${JSON.stringify(report)}`);
});
