import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import {
  type Conflict,
  type Fetch,
  MemoryStorage,
  type Store,
  type StoreOptions,
  SynclineError,
} from "../src/index.js";
import { fileStorage } from "../src/node.js";
import { eventually } from "./eventually.js";
import { TestServer } from "./server.js";
import { openStore } from "./stores.js";

let server: TestServer;
let users = 0;

before(async () => {
  server = await TestServer.start();
});

after(() => server.remove());

describe("two devices", () => {
  it("converge by themselves", async () => {
    const [phone, laptop] = await devices();
    await phone.collection("notes").set("a", { title: "from the phone" });
    await laptop.collection("notes").set("b", { title: "from the laptop" });
    await eventually(
      async () => (await keys(phone)).length === 2 && (await keys(laptop)).length === 2,
      "both have both",
    );
    assert.deepEqual(await laptop.collection("notes").get("a"), { title: "from the phone" });
    await phone.collection("notes").delete("a");
    await eventually(async () => (await keys(laptop)).join() === "b", "the deletion arrives");
    assert.equal(await phone.unsent(), 0);
  });

  it("merge what both edited, and hear of conflicts with both values", async () => {
    const [phone, laptop] = await devices({ pollInterval: Infinity, fetch: withoutPokes });
    const [here, there] = [phone.collection("notes"), laptop.collection("notes")];
    await here.set("a", { title: "x", done: false, text: "one\ntwo\n" });
    await phone.sync();
    await laptop.sync();
    const conflicts: Conflict[] = [];
    laptop.on("conflict", ({ conflict }) => conflicts.push(conflict));
    await here.update("a", { done: true, title: "phone", text: "zero\none\ntwo\n" });
    await phone.sync();
    await there.update("a", { title: "laptop", text: "one\ntwo\nthree\n" });
    await laptop.sync();
    await phone.sync();
    const expected = { title: "laptop", done: true, text: "zero\none\ntwo\nthree\n" };
    assert.deepEqual([await here.get("a"), await there.get("a")], [expected, expected]);
    const title = conflicts.find(({ field }) => field === "title")!;
    assert.deepEqual([title.localValue, title.remoteValue, title.winner], ["laptop", "phone", "local"]);
    assert.equal(conflicts.find(({ field }) => field === "text")!.winner, "auto-merged");
  });
});

describe("live pokes", () => {
  it("bring what another device pushes, without waiting for the next pull", async () => {
    const [phone, laptop] = await devices({ pollInterval: Infinity });
    // After the first it is certain that both listen: nothing else brings the others.
    for (const key of ["a", "b", "c"]) {
      await phone.collection("notes").set(key, { key });
      await eventually(async () => (await keys(laptop)).includes(key), `${key} arrives`);
    }
    await laptop.collection("notes").delete("a");
    await eventually(async () => (await keys(phone)).join() === "b,c", "the deletion arrives");
  });

  it("bring what others share, and the documents of organisations", async () => {
    const [admin, member] = [newUser(), newUser()];
    const org = await found("Poked", admin, member);
    const options = { pollInterval: Infinity };
    const there = await open({ token: server.token(admin), ...options });
    const here = await open({ token: server.token(member), ...options });
    const notes = here.collection("notes", { org });
    for (const key of ["a", "b"]) {
      await there.collection("notes", { org }).set(key, { key });
      await eventually(async () => (await notes.get(key)) !== undefined, `${key} arrives`);
    }
  });
});

describe("an outage", () => {
  it("loses nothing, and ends by itself", async () => {
    const [phone, laptop] = await devices();
    await phone.collection("notes").set("a", { n: 1 });
    await phone.sync();
    await server.stop();
    await phone.collection("notes").set("b", { n: 2 });
    await assert.rejects(phone.sync(), { code: "network" });
    assert.equal(phone.status.state, "waiting");
    assert.equal(await phone.unsent(), 1);
    await server.restart();
    await eventually(async () => (await phone.unsent()) === 0, "the edit is pushed");
    await eventually(async () => (await keys(laptop)).join() === "a,b", "it arrives");
  });

  it("repeats a push whose answer was lost, without doubling a line", async () => {
    let isCut = false;
    const cut: Fetch = async (url, init) => {
      const response = await fetch(url, init);
      if (isCut) throw new TypeError("cut off");
      return response;
    };
    const [phone] = await devices({ pollInterval: Infinity, fetch: cut });
    const notes = phone.collection("notes");
    await notes.set("a", { text: "one\n" });
    await phone.sync();
    isCut = true;
    await notes.set("a", { text: "one\ntwo\n" });
    await assert.rejects(phone.sync(), { code: "network" });
    await notes.set("a", { text: "one\ntwo\nthree\n" });
    isCut = false;
    await phone.sync();
    assert.deepEqual(await notes.get("a"), { text: "one\ntwo\nthree\n" });
    assert.equal(await phone.unsent(), 0);
  });
});

describe("a long time offline", () => {
  it("is pushed as a whole, in as many requests as it takes", async () => {
    let requests = 0;
    const counting: Fetch = (url, init) => {
      requests++;
      return fetch(url, init);
    };
    const storage = new MemoryStorage();
    const token = server.token(newUser());
    const given = { token, storage: () => Promise.resolve(storage), pollInterval: Infinity };
    const offline = await open({ ...given, fetch: () => Promise.reject(new TypeError("offline")) });
    for (let n = 0; n < 600; n++) await offline.collection("notes").set(`note-${n}`, { n });
    await offline.close();
    const online = await open({ ...given, fetch: counting });
    await online.sync();
    assert.equal(await online.unsent(), 0);
    assert.ok(requests < 10, `${requests} requests`);
  });
});

describe("documents that the server does not store", () => {
  it("are kept with the reason, and block no other", async () => {
    const [phone, laptop] = await devices({ app: "todo" });
    const tasks = phone.collection<{ title: string | number }>("tasks");
    const rejected: unknown[] = [];
    phone.on("rejected", ({ documents }) => rejected.push(...documents));
    await tasks.set("bad", { title: 1 });
    await tasks.set("good", { title: "Buy milk" });
    await phone.sync();
    assert.deepEqual(rejected, [{ key: "bad" }]);
    const [found] = await tasks.rejected();
    assert.deepEqual([found!.key, found!.rejection.code], ["bad", "schema_validation_failed"]);
    assert.deepEqual(await tasks.get("bad"), { title: 1 });
    assert.equal(await phone.unsent(), 1);
    laptop.collection("tasks");
    await laptop.sync();
    assert.deepEqual(await keys(laptop, "tasks"), ["good"]);
    await tasks.update("bad", { title: "mended" });
    await phone.sync();
    assert.deepEqual([await tasks.rejected(), await phone.unsent()], [[], 0]);
  });

  it("do not block others when they make the server refuse the whole request", async () => {
    const [phone] = await devices({ pollInterval: Infinity });
    const notes = phone.collection("notes");
    await notes.set("huge", { text: "x".repeat(300_000) });
    await notes.set("small", { n: 1 });
    await phone.sync();
    assert.deepEqual(
      (await notes.rejected()).map(({ key, rejection }) => [key, rejection.code]),
      [["huge", "payload_too_large"]],
    );
    assert.equal(await phone.unsent(), 1);
  });
});

describe("a device with a wrong clock", () => {
  it("is corrected, and stamps its edits anew", async () => {
    const [phone, laptop] = await devices({ pollInterval: Infinity });
    const now = Date.now;
    try {
      Date.now = () => now() + 3_600_000;
      await phone.collection("notes").set("a", { n: 1 });
      await phone.sync();
      assert.deepEqual(await phone.collection("notes").rejected(), []);
    } finally {
      Date.now = now;
    }
    laptop.collection("notes");
    await laptop.sync();
    assert.deepEqual(await laptop.collection("notes").get("a"), { n: 1 });
  });
});

describe("clocks", () => {
  it("can be looked at", async () => {
    const [phone] = await devices({ pollInterval: Infinity });
    const notes = phone.collection("notes");
    const { node, serverClock } = await notes.clocks();
    assert.equal(serverClock, undefined);
    await notes.set("a", { n: 1, m: { o: 2 } });
    await phone.sync();
    const later = await notes.clocks();
    assert.deepEqual([later.node, later.serverClock?.includes("server~")], [node, true]);
    const revisions = await notes.revisions("a");
    assert.deepEqual(Object.keys(revisions).sort(), ["m.o", "n"]);
    assert.ok(
      Object.values(revisions).every((revision) => revision.endsWith(node) && revision < later.clock),
    );
  });
});

describe("a long first pull", () => {
  it("comes in pages, with progress", async () => {
    const [phone] = await devices();
    const notes = phone.collection("notes");
    for (let n = 0; n < 30; n++) await notes.set(`note-${n}`, { n });
    await phone.sync();
    const laptop = await open({ pageSize: 7, token: server.token(phone.user) });
    const progress: number[] = [];
    laptop.on("progress", ({ received, isComplete }) => progress.push(isComplete ? -received : received));
    laptop.collection("notes");
    await eventually(() => progress.at(-1) === -30, "the pull is complete");
    assert.deepEqual(progress, [7, 14, 21, 28, -30]);
    assert.equal((await keys(laptop)).length, 30);
  });
});

describe("an organisation", () => {
  it("shares its documents with its members alone, beside their own", async () => {
    const [ada, grace, eve] = [await open({}), await open({}), await open({})];
    const org = await found("Acme", ada.user, grace.user);
    await ada.collection("notes").set("a", { n: 1 });
    await ada.collection("notes", { org }).set("a", { n: 2 });
    const shared = grace.collection("notes", { org });
    await eventually(async () => (await shared.query()).length === 1, "it arrives");
    assert.deepEqual(await shared.get("a"), { n: 2 });
    assert.equal(await grace.collection("notes").get("a"), undefined);
    await shared.update("a", { m: 3 });
    await grace.sync();
    await ada.sync();
    assert.deepEqual(await ada.collection("notes", { org }).get("a"), { n: 2, m: 3 });
    assert.deepEqual(await ada.collection("notes").get("a"), { n: 1 });
    eve.collection("notes", { org });
    await assert.rejects(eve.sync(), { code: "refused", status: 403 });
  });
});

describe("a store in a file", () => {
  it("has every edit after a restart, also one that was never pushed", async () => {
    const folder = mkdtempSync(join(tmpdir(), "syncline-file-"));
    const storage = fileStorage(join(folder, "notes.jsonl"));
    const offline: Fetch = () => Promise.reject(new TypeError("offline"));
    const token = server.token(newUser());
    const first = await open({ storage, token, fetch: offline });
    await first.collection("notes").set("a", { n: 1 });
    await assert.rejects(storage(), { code: "blocked" }, "one process uses it at a time");
    await first.close();
    const second = await open({ storage, token });
    assert.deepEqual(await second.collection("notes").get("a"), { n: 1 });
    await second.sync();
    assert.equal(await second.unsent(), 0);
    rmSync(folder, { recursive: true });
  });
});

describe("sessions", () => {
  it("asks for a new token when the server no longer accepts the old one", async () => {
    const user = newUser();
    const bad = `${server.token(user).slice(0, -4)}AAAA`;
    const tokens: string[] = [];
    const store = await open({ token: bad, getToken: () => server.token(user) });
    store.on("token", (token) => tokens.push(token));
    await store.collection("notes").set("a", { n: 1 });
    await store.sync();
    assert.equal(await store.unsent(), 0);
  });

  it("says that the session is not accepted, and goes on with a new token", async () => {
    const user = newUser();
    const store = await open({ token: `${server.token(user).slice(0, -4)}AAAA` });
    await store.collection("notes").set("a", { n: 1 });
    await assert.rejects(store.sync(), { code: "unauthorized", status: 401 });
    store.setToken(server.token(user));
    await store.sync();
    assert.equal(await store.unsent(), 0);
    assert.throws(() => store.setToken(server.token("somebody else")), { code: "options" });
  });

  it("takes a token that the server renews", async () => {
    const renewing: Fetch = async (url, init) => {
      const response = await fetch(url, init);
      return new Response(response.body, {
        status: response.status,
        headers: { "X-Auth-Token": "next.token.x" },
      });
    };
    const tokens: string[] = [];
    const store = await open({ fetch: renewing });
    store.on("token", (token) => tokens.push(token));
    store.collection("notes");
    await eventually(() => tokens.length > 0, "the new token");
    assert.equal(tokens[0], "next.token.x");
  });

  it("wipes when the user signs out, but not what was never stored", async () => {
    const storage = new MemoryStorage();
    const [phone] = await devices({ storage: () => Promise.resolve(storage), app: "todo" });
    await phone.collection("tasks").set("bad", { title: 1 });
    await phone.sync();
    await assert.rejects(phone.signOut(), { code: "unsent" });
    let isSignedOut = false;
    phone.on("signedOut", () => (isSignedOut = true));
    await phone.signOut({ discardUnsent: true });
    assert.ok(isSignedOut);
    assert.deepEqual(await storage.scopes(), []);
    await assert.rejects(phone.sync(), { code: "closed" });
  });
});

describe("collections", () => {
  it("query, and tell subscribers what changed", async () => {
    const store = await open({ fetch: () => Promise.reject(new TypeError("offline")) });
    const tasks = store.collection<{ n: number; done?: boolean }>("tasks");
    const seen: string[] = [];
    const stop = tasks.subscribe({ where: { done: true } }, (found) =>
      seen.push(found.map(({ key }) => key).join()),
    );
    await tasks.set("a", { n: 3, done: true });
    await tasks.set("b", { n: 1 });
    await tasks.set("c", { n: 2, done: true });
    await tasks.update("a", { done: undefined });
    await eventually(() => seen.at(-1) === "c", "the last change is told");
    stop();
    await tasks.delete("c");
    assert.deepEqual(seen, ["", "a", "a,c", "c"]);
    const byNumber = await tasks.query({ order: (left, right) => left.n - right.n, limit: 2 });
    assert.deepEqual(
      byNumber.map(({ key }) => key),
      ["b", "a"],
    );
    const found = await tasks.query({ where: ({ n }) => n > 1 });
    assert.deepEqual(found[0], { key: "a", doc: { n: 3 }, isUnsent: true });
    assert.ok(Object.isFrozen(found[0]!.doc));
  });

  it("refuse what no server would store, and keep what was there", async () => {
    const store = await open({ fetch: () => Promise.reject(new TypeError("offline")) });
    const notes = store.collection<Record<string, unknown>>("notes");
    await notes.set("a", { n: 1 });
    await assert.rejects(notes.set("a", { n: NaN }), { code: "document" });
    await assert.rejects(
      notes.update("a", () => ({ _rev: 1 })),
      SynclineError,
    );
    assert.deepEqual(await notes.get("a"), { n: 1 });
    assert.deepEqual(await notes.update("a", (doc) => void (doc["m"] = 2)), { n: 1, m: 2 });
    assert.equal(await notes.update("none", { n: 2 }), undefined);
    assert.equal(await notes.delete("none"), false);
    assert.throws(() => store.collection(""), { code: "document" });
  });
});

async function devices(options: Partial<StoreOptions> = {}): Promise<[Store, Store]> {
  const token = server.token(newUser());
  return [await open({ token, ...options }), await open({ token, ...options })];
}

function open(options: Partial<StoreOptions>): Promise<Store> {
  const token = options.token ?? server.token(newUser());
  return openStore({ url: server.url, app: "notes", pollInterval: 200, ...options, token });
}

/** Nothing but a sync of its own brings a device what others push. */
const withoutPokes: Fetch = (url, init) =>
  url.endsWith("/events") ? Promise.resolve(new Response(null, { status: 404 })) : fetch(url, init);

async function keys(store: Store, collection = "notes"): Promise<string[]> {
  return (await store.collection(collection).query()).map(({ key }) => key);
}

/** Founds an organisation of two. Returns its id. */
async function found(name: string, admin: string, member: string): Promise<string> {
  const post = async (path: string, body: object) => {
    const headers = { "Content-Type": "application/json", Authorization: `Bearer ${server.token(admin)}` };
    const response = await fetch(`${server.url}${path}`, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    assert.equal(response.status, 201);
    return (await response.json()) as { orgId: string };
  };
  const { orgId } = await post("/orgs", { name });
  await post(`/orgs/${orgId}/members`, { userId: member });
  return orgId;
}

function newUser(): string {
  return `user-${++users}`;
}
