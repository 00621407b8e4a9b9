// A walk through the server with the client that openapi-typescript and openapi-fetch make from openapi.json.
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";

import createClient from "openapi-fetch";

import type { components, paths } from "./schema.js";

const baseUrl = process.env["SYNCLINE_URL"] ?? "http://127.0.0.1:8080";

/** What was answered; an error ends the walk. */
function answered<T>({ data, error }: { data?: T; error?: unknown }): T {
  ok(data !== undefined, `an error was answered: ${JSON.stringify(error)}`);
  return data;
}

async function signIn(name: string) {
  const open = createClient<paths>({ baseUrl });
  const { token } = answered(await open.POST("/auth/dev", { body: { name } }));
  return createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });
}

/** A clock of this device. */
function clock(sequence: number): string {
  const millis = Date.now().toString(16).padStart(13, "0");
  return `${millis}-${sequence.toString(16).padStart(6, "0")}-typescript`;
}

const ada = await signIn("ada of TypeScript");
const bob = await signIn("bob of TypeScript");
const bobsId = answered(await bob.GET("/auth/me")).userId;
const application = { path: { application: "todo" } };
const entry = { path: { application: "todo", key: "walk" } };

const edit: components["schemas"]["Edit"] = {
  key: "walk",
  doc: { title: "Walk the TypeScript dog" },
  fieldRevs: { title: clock(0) },
};
const pushed = answered(
  await ada.POST("/{application}/sync", {
    params: application,
    body: { collection: "tasks", protocol: 2, changes: [edit] },
  }),
);
strictEqual(pushed.serverChanges[0]?.["title"], "Walk the TypeScript dog");

const again = answered(
  await ada.POST("/{application}/sync", {
    params: application,
    body: { collection: "tasks", protocol: 2, clientClock: pushed.serverClock },
  }),
);
deepStrictEqual(again.serverChanges, []);

const shared = answered(
  await ada.PATCH("/docIndex/{application}/{key}", {
    params: entry,
    body: { sharedWith: [{ userId: bobsId, access: "write" }] },
  }),
);
strictEqual(shared.visibility, "shared");

const link = answered(await ada.POST("/docIndex/{application}/{key}/shareToken", { params: entry }));
const linked = answered(await bob.GET("/share/{token}", { params: { path: { token: link.shareToken } } }));
strictEqual(linked._key, "walk");

const found = answered(
  await bob.POST("/{application}/search", {
    params: application,
    body: {
      collection: "tasks",
      filter: { type: "filter", field: "title", op: "contains", value: "TypeScript" },
      total: true,
    },
  }),
);
strictEqual(found.total, 1);
strictEqual(found.results[0]?._access, "write");

const exported = answered(await ada.GET("/account/export"));
ok("docs" in Object(exported), "the export is read as JSON");
const { docs, docIndex } = exported as components["schemas"]["AccountExport"];
strictEqual(docs["todo"]?.["tasks"]?.[0]?._key, "walk");
strictEqual(docIndex[0]?.sharedWith[0]?.userId, bobsId);

const refused = await bob.GET("/docIndex/{application}/{key}", { params: entry });
strictEqual(refused.error?.code, "not_found");
strictEqual((await ada.DELETE("/account")).response.status, 204);
